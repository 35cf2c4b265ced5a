/**
 * What all commands that read a spec have in common: a spec file to a plan, and what to tell of it.
 * @module
 */

import { join, resolve } from "node:path";
import type { BaseImage } from "../base/base_image.ts";
import { ImageError, UsageError } from "../errors.ts";
import type { ImagePlan } from "../image/image_plan.ts";
import type { EarlierPlan } from "../image/earlier_plan.ts";
import { planImage } from "../image/plan.ts";
import type { LayeringOptions } from "../layering/layering.ts";
import type { LayerTarget } from "../layering/targets.ts";
import { LazyWorkDirectory } from "../disk/lazy_work_directory.ts";
import { readDocument, type SpecDocument } from "../spec/document.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../spec/image_name.ts";
import { findProgram } from "../process/find_program.ts";
import type { Compressor, ImageSpec } from "../spec/image_spec.ts";
import { specOf } from "../spec/load.ts";
import type { Closure } from "../store/closure.ts";
import { readingFrom } from "../store/files.ts";
import { closuresWithin, graphIn } from "../store/graph_file.ts";
import { storeDatabase } from "../store/nix_store.ts";
import { STORE_DIR } from "../store/store_path.ts";
import type { SharedListings } from "../stores/shared_listings.ts";
import { openBase } from "./base.ts";
import { checkOneStdin, nameOfInput, readJson } from "./json_input.ts";
import { checkStrategy, type EarlierOptions, layeringWishes } from "./layering_wishes.ts";
import { closureLine, layersLine } from "./planned_lines.ts";
import type { Report } from "./report.ts";
import { type RemoteStoreOptions, type StoresInUse, storesInUse } from "./stores.ts";
import { cacheDirectory } from "./cache_directory.ts";

/** Options that decide what a spec becomes. */
export interface PlanningOptions extends EarlierOptions, RemoteStoreOptions {
  readonly repoTag?: string;
  readonly storeRoot?: string;
  readonly closure?: string;
  /** Where the image goes, which limits how many layers it has. */
  readonly target?: LayerTarget;
  /** Whether it is an error that two sources have the same path. */
  readonly strict?: boolean;
  /** How the machine for `runAsRoot` is run. */
  readonly accel?: "auto" | "kvm" | "tcg";
  /** Seconds of silence after which that machine counts as hanging. */
  readonly vmTimeout?: number;
  /** That machine's kernel, and the directory of its modules. */
  readonly kernel?: string;
  readonly modules?: string;
  /** Listings of NARs that hosts share. */
  readonly sharedListings?: SharedListings | undefined;
}

/**
 * Checks what names an image.
 *
 * @throws {UsageError} if it is not NAME:TAG.
 */
export function checkRepoTag(repoTag: string): void {
  const colon = repoTag.lastIndexOf(":");
  const [name, tag] = [repoTag.slice(0, Math.max(colon, 0)), repoTag.slice(colon + 1)];
  if (IMAGE_NAME.test(name) && name === name.toLowerCase() && IMAGE_TAG.test(tag)) return;
  throw new UsageError(
    `--repo-tag: expected NAME:TAG, the name in lower case, found ${JSON.stringify(repoTag)}`,
  );
}

/**
 * The root as a prefix of store paths; nix-store would create one that is not there.
 *
 * @throws {UsageError} if there is no store in it.
 */
export function checkStoreRoot(directory: string): string {
  const root = resolve(directory) === "/" ? "" : resolve(directory);
  const store = root + STORE_DIR;
  try {
    if (readingFrom(store, () => Deno.statSync(store)).isDirectory) return root;
  } catch (error) {
    const missing = error instanceof ImageError && error.cause instanceof Deno.errors.NotFound;
    if (!missing) throw error;
  }
  throw new UsageError(`--store-root: no store there: ${store} is not a directory`);
}

/** A plan and what it refers to: temporary files and open ones, which go when this is disposed of. */
export interface PlannedSpec extends AsyncDisposable {
  readonly plan: ImagePlan;
  /** The store paths of its layers. */
  readonly closure: Closure;
  /** How they were grouped; undefined if there are no layers of store paths alone. */
  readonly layering: LayeringOptions | undefined;
  /** The version that its layers were planned after. */
  readonly previous: EarlierPlan | undefined;
  /** The base image that it names. */
  readonly base: BaseImage | undefined;
  /** What is not on this host's disk; undefined where all has to be. */
  readonly elsewhere: StoresInUse | undefined;
  /** How the spec wants the archive compressed. */
  readonly compressor: Compressor;
}

/** Whatever else needs no Nix: a database is made by Nix itself, and nothing is done in vain. */
function checkDatabase({ includeNixDB }: ImageSpec): void {
  if (!includeNixDB) return;
  if (findProgram("nix-store", (Deno.env.get("PATH") ?? "").split(":")) !== undefined) return;
  throw new ImageError(
    "includeNixDB: the database is made by nix-store, which is not there: install Nix (Debian: " +
      "apt-get install nix-bin)",
  );
}

/** The document in a file, or on standard input: see {@linkcode readDocument}. */
export function readInput(
  source: string,
  readStdin = () => new Response(Deno.stdin.readable).bytes(),
): Promise<SpecDocument> {
  return readDocument({ source, readStdin });
}

/**
 * Reads a spec and plans its image.
 *
 * @param report told what to tell the user: warnings, and what the spec's commands print
 * @param document the spec, where it has been read already
 * @throws {UsageError} if the spec is wrong.
 */
export async function planFromFile(
  source: string,
  options: PlanningOptions,
  report: Report,
  document?: SpecDocument,
): Promise<PlannedSpec> {
  const { repoTag, previous, history = [] } = options;
  if (repoTag !== undefined) checkRepoTag(repoTag);
  const storeRoot = options.storeRoot === undefined ? "" : checkStoreRoot(options.storeRoot);
  const strategy = checkStrategy(options.strategy);
  checkOneStdin(
    { "the spec": source, "--closure": options.closure, "--previous": previous },
    history,
  );
  if (options.closure !== undefined && options.store !== undefined) {
    throw new UsageError(
      "--closure tells of store paths that are all on the disk; a store of --store tells itself what " +
        "it has: give one of the two",
    );
  }
  await using opened = new AsyncDisposableStack();
  const work = opened.use(new LazyWorkDirectory());
  let elsewhere: StoresInUse | undefined;
  const openStores = (named: readonly string[]) =>
    elsewhere ??= opened.use(
      storesInUse(options, {
        // All that a closure's file tells of is on the disk.
        named: options.closure === undefined ? named : [],
        storeRoot,
        report,
        workDirectory: work.path,
        sharedListings: options.sharedListings,
      }),
    );
  report.phase?.("spec");
  const { spec, warnings } = await specOf(document ?? await readInput(source), {
    source,
    storeRoot,
    storeFiles: (named) => openStores(named)?.files,
    sourceDateEpoch: Deno.env.get("SOURCE_DATE_EPOCH"),
  });
  for (const warning of warnings) report.warn(warning);
  checkDatabase(spec);
  openStores(spec.store);
  const hasWishes = (strategy ?? previous ?? history[0]) !== undefined;
  if (hasWishes && spec.type === "single") {
    throw new UsageError(
      "--strategy, --previous and --history decide which layers store paths share; an image of " +
        'type "single" has one layer',
    );
  }
  if (hasWishes && spec.layeringPipeline !== null) {
    throw new UsageError(
      "--strategy, --previous and --history: the spec's layeringPipeline decides on layers",
    );
  }
  const wished = await layeringWishes(options, {
    strategy: strategy ?? spec.layering,
    image: { name: spec.name, os: spec.os, architecture: spec.architecture, variant: spec.variant },
    report,
  });
  const graph = options.closure === undefined
    ? undefined
    : graphIn(await readJson(options.closure), nameOfInput(options.closure));
  let closure: Closure = new Map();
  let layering: LayeringOptions | undefined;
  if (spec.fromImage !== null) report.phase?.("base image");
  const base = opened.use(
    await openBase(spec, {
      storeRoot,
      specFile: source,
      report,
      elsewhere,
    }),
  );
  report.phase?.("plan");
  const plan = await planImage(spec, {
    source: graph ? closuresWithin(graph) : elsewhere?.stores ?? storeDatabase(storeRoot),
    files: elsewhere?.files,
    storeRoot,
    searchPath: Deno.env.get("PATH") ?? "",
    workDirectory: work.path,
    onOutput: report.output,
    onWarning: report.warn,
    base,
    layering: wished.wishes,
    onClosure(grouped, how) {
      [closure, layering] = [grouped, how];
      report.detail?.(closureLine(closure, options, elsewhere));
    },
    target: options.target,
    machine: {
      accel: options.accel,
      silence: options.vmTimeout,
      kernel: options.kernel,
      modules: options.modules,
      onDetail: report.detail,
      verdictFile: join(cacheDirectory("machine"), "kvm.json"),
    },
    ...(repoTag === undefined ? {} : { repoTag }),
  });
  report.detail?.(layersLine(plan, layering));
  const { compressor } = spec;
  const { previous: earlier } = wished;
  const inUse = opened.move();
  return {
    plan,
    closure,
    layering,
    previous: earlier,
    compressor,
    base,
    elsewhere,
    [Symbol.asyncDispose]: () => inUse.disposeAsync(),
  };
}
