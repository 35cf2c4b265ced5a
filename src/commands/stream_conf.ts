/**
 * `nix-image stream conf.json`: nixpkgs' streamLayeredImage from here on.
 * @module
 */

import { type CopiedImage, openCopiedImage } from "../base/copied_image.ts";
import { finishedLayer } from "../base/finished_layer.ts";
import { ImageError, UsageError } from "../errors.ts";
import { mtimeOf, type StreamerImage, streamerImage } from "../image/streamer_image.ts";
import { streamerArchive } from "../sinks/streamer_archive.ts";
import type { SpecDocument } from "../spec/document.ts";
import { formatJsonPath } from "../spec/problem.ts";
import { type StreamerConf, streamerConfOf } from "../spec/streamer_conf.ts";
import { readingFrom } from "../store/files.ts";
import { storeDatabase } from "../store/nix_store.ts";
import type { StorePath } from "../store/store_path.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { writeToStdout } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { KeptDigests } from "./kept_digests.ts";
import { checkStoreRoot } from "./planning.ts";
import { type Report, reportTo } from "./report.ts";

/** Options of {@linkcode streamConf}. */
export interface StreamConfOptions {
  readonly repoTag?: string;
  readonly storeRoot?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/**
 * Writes the archive of a conf.json to standard output.
 *
 * @throws {UsageError} if it is wrong.
 * @throws {ImageError} if what it refers to is not there, or can not be read.
 */
export async function streamConf(
  document: SpecDocument,
  { repoTag, storeRoot, quiet = false, verbose }: StreamConfOptions,
): Promise<void> {
  const { conf, warnings } = streamerConfOf(document);
  using report = reportTo({ quiet, verbose });
  for (const warning of warnings) report.warn(warning);
  const root = storeRoot === undefined ? "" : checkStoreRoot(storeRoot);
  checkStorePaths(document.file, conf, root);
  const now = new Date();
  const customisation = at(
    document.file,
    ["customisation_layer"],
    () => finishedLayer(within(root, conf.customisationLayer), mtimeOf(conf, now)),
  );
  using base = await openBase(document.file, conf, root);
  const narHashes = await narHashesOf(conf, root);
  const named = repoTag === undefined ? conf : { ...conf, repoTag };
  const parts = { base, customisation, storeRoot: root, narHashes, now };
  report.phase?.("layers");
  await write(streamerImage(named, parts), quiet, report);
}

async function write(image: StreamerImage, quiet: boolean, report: Report): Promise<void> {
  const layers = image.layers.flatMap((layer) => "paths" in layer ? [layer.layer] : []);
  const kept = await KeptDigests.of(layers);
  const first = image.layers.findIndex((layer) => "paths" in layer);
  const progress = new Progress(stderrOutput, { quiet, colour: !Deno.noColor });
  progress.start(
    image.layers.map((layer) =>
      "paths" in layer
        ? { label: layer.layer.label, paths: layer.paths.length }
        : { label: layer.label, paths: 0, size: layer.header.size }
    ),
  );
  const sizes = new Map<number, number>();
  let imageId = "", diffIds: readonly string[] = [], count = 0;
  const archive = streamerArchive(image, {
    kept: kept.byIdentity,
    onLayer(index, size) {
      sizes.set(index - first, size);
      progress.layer(index);
    },
    onConfig(digest, ids) {
      imageId = digest;
      diffIds = ids.slice(first, first + layers.length);
    },
  });
  try {
    await writeToStdout(archive, (more) => {
      count += more;
      progress.bytes(more);
    });
  } catch (error) {
    await kept.forget(error);
    throw error;
  } finally {
    progress.finish();
  }
  await kept.keep(diffIds, sizes);
  const facts = [formatCount(image.layers.length, "layer"), formatBytes(count), imageId];
  report.say?.(`${image.repoTag}: ${facts.join(", ")}`);
}

async function openBase(
  file: string,
  { fromImage }: StreamerConf,
  root: string,
): Promise<CopiedImage | undefined> {
  if (fromImage === null) return undefined;
  try {
    return await openCopiedImage(within(root, fromImage));
  } catch (error) {
    throw located(file, ["from_image"], error);
  }
}

/** All of them, before anything goes out. */
function checkStorePaths(file: string, { storeLayers }: StreamerConf, root: string): void {
  for (const [layer, paths] of storeLayers.entries()) {
    for (const [index, path] of paths.entries()) {
      at(
        file,
        ["store_layers", layer, index],
        () => readingFrom(root + path, () => Deno.lstatSync(root + path)),
      );
    }
  }
}

/**
 * Hashes of the store paths, under which digests of layers are kept: without a store's database, as
 * in a build of Nix, none are.
 */
async function narHashesOf(
  { storeLayers }: StreamerConf,
  root: string,
): Promise<ReadonlyMap<StorePath, string> | undefined> {
  const paths = storeLayers.flat();
  try {
    // nix-store would make a database where there is none.
    if (root !== "") Deno.statSync(`${root}/nix/var/nix/db`);
    const closure = await storeDatabase(root).closureOf(paths);
    const hashes = new Map<StorePath, string>();
    for (const path of paths) {
      const hash = closure.get(path)?.narHash;
      if (hash === undefined) return undefined;
      hashes.set(path, hash);
    }
    return hashes;
  } catch {
    return undefined;
  }
}

/** Where a path of the store is on this host. */
function within(root: string, path: string): string {
  return path.startsWith("/nix/store/") ? root + path : path;
}

/** Runs `read`; its errors tell where in the file it is that what it reads is named. */
function at<T>(file: string, path: readonly PropertyKey[], read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw located(file, path, error);
  }
}

function located(file: string, path: readonly PropertyKey[], error: unknown): unknown {
  if (!(error instanceof ImageError) || error instanceof UsageError) return error;
  const message = `${file}: ${formatJsonPath(path)}: ${error.message}`;
  return new ImageError(message, { cause: error });
}
