/**
 * Listings of layers by diff_id, kept from run to run: to make one takes a pass over the layer. What
 * is kept was read from bytes that had the diff_id, so it holds for all layers that have it.
 * @module
 */

import { join } from "node:path/posix";
import { z } from "zod";
import type { StorePath } from "../store/store_path.ts";
import { type LayerListing, listLayer } from "./layer_listing.ts";
import type { StoredLayer } from "./stored_image.ts";

/** Raised when listings say more, or something else. */
const VERSION = 2;

const type = z.enum(["file", "directory", "symlink", "character", "block", "fifo"]);
const entry = z.tuple([z.string(), type, z.int(), z.int(), z.int(), z.int(), z.string()]);
const listing = z.strictObject({
  version: z.literal(VERSION),
  tarSize: z.int(),
  entries: z.array(entry),
  storePaths: z.array(z.tuple([z.string(), z.string(), z.int(), z.int()])),
  whiteouts: z.array(z.string()),
  opaque: z.array(z.string()),
});

/**
 * The listing of a layer, kept or new.
 *
 * @param directory where listings are kept; undefined: nowhere. It does not matter if it can not be
 * written to.
 * @throws {ImageError} if the layer has to be read and is damaged.
 */
export async function layerListing(
  layer: StoredLayer,
  directory: string | undefined,
): Promise<LayerListing> {
  if (directory === undefined) return await listLayer(layer);
  const file = join(directory, `${layer.identity}.json`);
  const kept = await readKept(file);
  if (kept !== undefined) return kept;
  const listing = await listLayer(layer);
  await keep(file, directory, listing);
  return listing;
}

async function readKept(file: string): Promise<LayerListing | undefined> {
  let document: unknown;
  try {
    document = JSON.parse(await Deno.readTextFile(file));
  } catch {
    return undefined; // not there, or cut off
  }
  const parsed = listing.safeParse(document);
  if (!parsed.success) return undefined;
  const { entries, storePaths, tarSize, whiteouts, opaque } = parsed.data;
  return {
    tarSize,
    entries: entries.map(([path, type, mode, uid, gid, size, target]) => (
      { path, type, mode, uid, gid, size, target }
    )),
    storePaths: new Map(
      storePaths.map((
        [path, digest, size, files],
      ) => [path as StorePath, { digest, size, files }]),
    ),
    whiteouts,
    opaque,
  };
}

async function keep(file: string, directory: string, listing: LayerListing): Promise<void> {
  const { entries, storePaths, ...rest } = listing;
  const text = JSON.stringify({
    version: VERSION,
    ...rest,
    entries: entries.map((
      { path, type, mode, uid, gid, size, target },
    ) => [path, type, mode, uid, gid, size, target]),
    storePaths: Array.from(
      storePaths,
      ([path, { digest, size, files }]) => [path, digest, size, files],
    ),
  });
  const temporary = `${file}.${crypto.randomUUID()}`;
  try {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: 0o600 });
    await Deno.rename(temporary, file);
  } catch {
    await Deno.remove(temporary).catch(() => {});
  }
}
