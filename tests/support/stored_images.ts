/**
 * Images that Python wrote as other programs do, and what is in them.
 * @module
 */

import { readLayer } from "../../src/layer/layer.ts";
import type { StoredFormat } from "../../src/base/stored_image.ts";
import { askPython } from "./python.ts";

/** An image as tests/support/make_images.py says it is. */
export interface ExpectedImage {
  readonly names: readonly string[];
  readonly config: string;
  readonly manifest: string | null;
  readonly platform: readonly [os: string, architecture: string, variant: string | null];
  readonly diffIds: readonly string[];
  /** Of the layers, in base64. */
  readonly contents: readonly string[];
  /** The config, in base64. */
  readonly document: string;
}

/** An archive or a layout of images. */
export interface StoredCase {
  readonly name: string;
  readonly path: string;
  readonly format: StoredFormat;
  readonly images: readonly ExpectedImage[];
}

/** Writes images in all forms to a directory. */
export async function makeImages(directory: string): Promise<readonly StoredCase[]> {
  return await askPython<StoredCase[]>("make_images.py", { directory });
}

/** All bytes of a layer or of what it is stored as. */
export async function bytesOf(
  source: { open(): ReadableStream<Uint8Array<ArrayBuffer>> },
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  await readLayer(source, (chunk) => parts.push(chunk.slice()));
  return await new Blob(parts).bytes();
}
