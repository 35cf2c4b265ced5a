/**
 * What all commands that read a spec have in common: a spec file to a plan, and what to tell of it.
 * @module
 */

import { join, resolve } from "node:path";
import type { BaseImage } from "../base/base_image.ts";
import { ImageError, UsageError } from "../errors.ts";
import type { ImagePlan } from "../image/image_plan.ts";
import { planImage } from "../image/plan.ts";
import { WorkDirectory } from "../disk/work_directory.ts";
import { readDocument, type SpecDocument } from "../spec/document.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../spec/image_name.ts";
import type { Compressor } from "../spec/image_spec.ts";
import { specOf } from "../spec/load.ts";
import { readingFrom } from "../store/files.ts";
import { closuresWithin, readGraphFile } from "../store/graph_file.ts";
import { storeDatabase } from "../store/nix_store.ts";
import { STORE_DIR } from "../store/store_path.ts";
import { openBase } from "./base.ts";
import type { Report } from "./report.ts";
import { cacheDirectory } from "./cache_directory.ts";

/** Options that decide what a spec becomes. */
export interface PlanningOptions {
  readonly repoTag?: string;
  readonly storeRoot?: string;
  readonly closure?: string;
  /** Whether it is an error that two sources have the same path. */
  readonly strict?: boolean;
  /** How the machine for `runAsRoot` is run. */
  readonly accel?: "auto" | "kvm" | "tcg";
  /** Seconds of silence after which that machine counts as hanging. */
  readonly vmTimeout?: number;
  /** That machine's kernel, and the directory of its modules. */
  readonly kernel?: string;
  readonly modules?: string;
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
 * @throws {UsageError} if there is no store.
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
  /** The base image that it names. */
  readonly base: BaseImage | undefined;
  /** How the spec wants the archive compressed. */
  readonly compressor: Compressor;
}

/** The document in a file, or on standard input: see {@linkcode readDocument}. */
export function readInput(source: string): Promise<SpecDocument> {
  return readDocument({
    source,
    readStdin: () => new Response(Deno.stdin.readable).bytes(),
  });
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
  const { repoTag } = options;
  if (repoTag !== undefined) checkRepoTag(repoTag);
  const { spec, warnings } = await specOf(document ?? await readInput(source), {
    source,
    sourceDateEpoch: Deno.env.get("SOURCE_DATE_EPOCH"),
  });
  for (const warning of warnings) report.warn(warning);
  const storeRoot = options.storeRoot === undefined ? "" : checkStoreRoot(options.storeRoot);
  let work: WorkDirectory | undefined;
  let base: BaseImage | undefined;
  const dispose = async () => {
    await base?.[Symbol.asyncDispose]();
    await work?.[Symbol.asyncDispose]();
  };
  try {
    base = await openBase(spec, { storeRoot, specFile: source, report });
    const plan = await planImage(spec, {
      source: options.closure
        ? closuresWithin(readGraphFile(options.closure))
        : storeDatabase(storeRoot),
      storeRoot,
      searchPath: Deno.env.get("PATH") ?? "",
      workDirectory: async () => (work = await WorkDirectory.create()).path,
      onOutput: report.output,
      base,
      machine: {
        accel: options.accel,
        silence: options.vmTimeout,
        kernel: options.kernel,
        modules: options.modules,
        verdictFile: join(cacheDirectory("machine"), "kvm.json"),
      },
      ...(repoTag === undefined ? {} : { repoTag }),
    });
    const { compressor } = spec;
    return { plan, compressor, base, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
