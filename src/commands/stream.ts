/**
 * `nix-image stream SPEC`.
 * @module
 */

import { resolve } from "node:path";
import type { BaseImage } from "../base/base_image.ts";
import { LazyWorkDirectory } from "../disk/lazy_work_directory.ts";
import { UsageError } from "../errors.ts";
import { FORMAT_VERSION } from "../layer/format_version.ts";
import type { Image } from "../image/image.ts";
import { imageOf } from "../image/planned_image.ts";
import { readingFrom } from "../store/files.ts";
import { placeInStore } from "../store/store_links.ts";
import { enclosingStorePath } from "../store/store_path.ts";
import { isCaptured } from "../terminal/captured.ts";
import { print, writeToStdout } from "../terminal/output.ts";
import {
  type ArchiveOptions,
  type LeftOut,
  type PlannedWithBase,
  writeArchive,
} from "./archiving.ts";
import { isStreamerConf } from "../spec/streamer_conf.ts";
import { checkOneStdin } from "./json_input.ts";
import { storeFlagIn } from "./spec_or_image.ts";
import { checkRepoTag, planFromFile, type PlanningOptions, readInput } from "./planning.ts";
import { type Report, reportNotices, reportTo } from "./report.ts";
import { storesInUse } from "./stores.ts";
import { type FrozenPlan, writeStreamScript } from "./stream_script.ts";

/** Options of {@linkcode streamCommand}. */
export interface StreamOptions extends PlanningOptions, ArchiveOptions {
  readonly tar?: boolean;
  readonly script?: boolean;
  readonly plan?: string;
  /** What `docker image inspect` printed of the images that are where this one goes. */
  readonly have?: readonly string[];
}

/**
 * Writes an image to standard output; or, where a shell captures that, the path of a script that
 * does.
 *
 * @param readStdin gives the spec where that is "-", in the place of standard input
 */
export async function streamCommand(
  spec: string | undefined,
  options: StreamOptions,
  readStdin?: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  if (Deno.stdout.isTerminal() && !options.script) {
    throw new UsageError(
      "Standard output is a terminal; send the image somewhere:\n" +
        "  nix-image stream spec.json | docker load\n" +
        "  nix-image stream spec.json > image.tar",
    );
  }
  checkOneStdin({
    "the spec": spec,
    "--closure": options.closure,
    "--previous": options.previous,
    "--have": options.have?.find((file) => file === "-"),
  }, options.history);
  if (options.repoTag !== undefined) checkRepoTag(options.repoTag);
  const document = options.plan === undefined
    ? await readInput(specOf(spec), readStdin)
    : undefined;
  if (document && isStreamerConf(document.value)) {
    refuseOptionsOfSpecs(options);
    const { streamConf } = await import("./stream_conf.ts");
    return await streamConf(document, options);
  }
  using report = reportTo(options);
  const capturing = options.script || !options.tar && isCaptured();
  await using planned = options.plan === undefined
    ? await planFromFile(specOf(spec), options, report, document)
    : await readPlan(options.plan, options.repoTag, report);
  const { plan, base, elsewhere } = planned;
  if (await capturing) {
    if (options.have) {
      throw new UsageError("--have is for an archive that is written now: add --tar, or a pipe");
    }
    // The script tells what was noticed, when it runs; to fail then is too late.
    if (options.strict) {
      const image = await imageOf(plan, new Date(), base, elsewhere);
      reportNotices(image, true, reportTo({ quiet: true }));
    }
    await print(await writeStreamScript(frozenPlan(planned, options), options));
    return;
  }
  const { have } = options;
  const leaveOut = have && ((image: Image) => leftOut(image, have));
  const { summary } = await writeArchive(planned, options, report, writeToStdout, leaveOut);
  report.say?.(summary);
}

async function leftOut({ layers }: Image, have: readonly string[]): Promise<LeftOut> {
  const [{ KeptDigests }, { inspectedLayers }] = await Promise.all([
    import("./kept_digests.ts"),
    import("./inspected_layers.ts"),
  ]);
  const [kept, held] = [await KeptDigests.of(layers), await inspectedLayers(have)];
  return {
    kept: kept.byIdentity,
    omitted: held(kept.diffIds),
    keep: (diffIds, sizes) => kept.keep(diffIds, sizes),
    forget: (error) => kept.forget(error),
  };
}

/** A conf.json leaves nothing of these open. */
function refuseOptionsOfSpecs(options: StreamOptions): void {
  const given = ([
    "have",
    "script",
    "closure",
    "strict",
    "dockerV1",
    "strategy",
    "previous",
    "history",
    "target",
  ] as const).find((name) => options[name] !== undefined);
  const flag = given === undefined
    ? storeFlagIn(options)
    : `--${given === "dockerV1" ? "docker-v1" : given}`;
  if (flag === undefined) return;
  throw new UsageError(`${flag} is for a spec, and this is a conf.json of nixpkgs`);
}

function specOf(spec: string | undefined): string {
  if (spec === undefined) throw new UsageError("Missing the spec: a JSON file, or -");
  return spec;
}

/** The plan with what another run needs for paths that are elsewhere. */
function frozenPlan(
  { plan, base, elsewhere }: PlannedWithBase,
  options: StreamOptions,
): FrozenPlan {
  if (elsewhere === undefined) return plan;
  const { netrcFile, cacheTokenFile } = options;
  const place = base?.storePath;
  const storePath = place && enclosingStorePath(place);
  const isElsewhere = storePath && elsewhere.nars(storePath) !== undefined;
  return {
    ...plan,
    ...isElsewhere && plan.base ? { base: { ...plan.base, path: place } } : {},
    remote: {
      options: {
        store: elsewhere.urls,
        ...netrcFile === undefined ? {} : { netrcFile: resolve(netrcFile) },
        ...cacheTokenFile === undefined ? {} : { cacheTokenFile: resolve(cacheTokenFile) },
      },
      paths: [...elsewhere.stores.infos()],
      ...isElsewhere ? { base: place } : {},
    },
  };
}

async function readPlan(
  file: string,
  repoTag: string | undefined,
  report: Report,
): Promise<PlannedWithBase & AsyncDisposable> {
  const { remote, ...plan }: FrozenPlan = JSON.parse(
    readingFrom(file, () => Deno.readTextFileSync(file)),
  );
  if (plan.formatVersion !== FORMAT_VERSION) {
    throw new UsageError(`${file} was planned by another version of nix-image; plan it again`);
  }
  await using opened = new AsyncDisposableStack();
  const work = opened.use(new LazyWorkDirectory());
  const elsewhere = remote && opened.use(
    storesInUse(remote.options, {
      named: [],
      storeRoot: plan.storeRoot,
      report,
      workDirectory: work.path,
      decided: new Map(remote.paths),
    }),
  );
  let base: BaseImage | undefined;
  if (plan.base !== null) {
    const { reopenBaseImage } = await import("../base/base_image.ts");
    const path = remote?.base && elsewhere
      ? await placeInStore(remote.base, elsewhere.files)
      : plan.base.path;
    base = opened.use(await reopenBaseImage(path, plan.base.configDigest));
  }
  const inUse = opened.move();
  return {
    plan: { ...plan, repoTag: repoTag ?? plan.repoTag },
    base,
    elsewhere,
    [Symbol.asyncDispose]: () => inUse.disposeAsync(),
  };
}
