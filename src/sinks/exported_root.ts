/**
 * The root file system of an image, out of the image alone.
 * @module
 */

import { mergeLayers, type MergeOptions } from "../base/merged_root.ts";
import type { Image } from "../image/image.ts";
import { rootArchive, type RootArchiveOptions } from "./root_archive.ts";

/** A root file system as a tar archive (pax), which is made when it is read. */
export interface ExportedRoot {
  /** Of the archive, in bytes. */
  readonly size: number;
  /**
   * The archive: a readable byte stream. It fails with what a layer fails with, at its end if its
   * digest is another one.
   */
  open(options?: RootArchiveOptions): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * The root file system of an image: its layers one on top of the other, as a container shows them.
 * All layers are read now, for their metadata, and those that files come from once more when the
 * archive is.
 *
 * @throws {ImageError} if a layer is damaged, has members that lead out of the root or can not be, or
 * if there are more of them than memory should be spent on.
 */
export async function exportRoot(
  { layers }: Pick<Image, "layers">,
  options: MergeOptions = {},
): Promise<ExportedRoot> {
  return rootArchive(await mergeLayers(layers, options), layers);
}
