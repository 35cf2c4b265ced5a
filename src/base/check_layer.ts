/**
 * Checking the layers of images: each file is read once, however many images have it.
 * @module
 */

import { createHash } from "node:crypto";
import { StreamBytes } from "../tar/byte_source.ts";
import { type Compression, compressionOf, MAGIC_LENGTH } from "../tar/compression.ts";
import { decompress } from "../tar/decompress.ts";
import type { Findings } from "./check_findings.ts";
import { checkLayerTar } from "./check_tar.ts";
import type { ImageFile } from "./image_files.ts";

/** What the bytes of a layer's file are. */
export interface LayerFacts {
  /** Of the file as it is, `sha256:` and 64 hexadecimal digits; undefined if it can't be read. */
  readonly digest: string | undefined;
  /** Undefined if it can't be decompressed. */
  readonly diffId: string | undefined;
  /** Undefined if it is not compressed. */
  readonly compression: Compression | undefined;
}

/** How much of a file is read at a time, in bytes. */
const CHUNK = 1 << 18;

/** Reads layers; what is wrong with their own bytes is found once. */
export class LayerChecker {
  readonly #findings: Findings;
  readonly #known = new Map<string, LayerFacts>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Reads the layer in a file, unless it was read before. */
  async check(file: ImageFile): Promise<LayerFacts> {
    const known = this.#known.get(file.name);
    if (known !== undefined) return known;
    let facts: LayerFacts = { digest: undefined, diffId: undefined, compression: undefined };
    try {
      facts = await this.#read(file);
    } catch (error) {
      this.#findings.failure(file.name, error);
    }
    this.#known.set(file.name, facts);
    return facts;
  }

  async #read(file: ImageFile): Promise<LayerFacts> {
    const compression = await compressionIn(file);
    if (compression === undefined) {
      const digest = await this.#readTar(file, chunksOf(file));
      return { digest, diffId: digest, compression };
    }
    const hash = createHash("sha256");
    let isWhole = false;
    const compressed = (async function* () {
      for await (const chunk of chunksOf(file)) {
        hash.update(chunk);
        yield chunk;
      }
      isWhole = true;
    })();
    let diffId: string | undefined;
    try {
      const plain = decompress(compressed, compression, file.size, file.name);
      diffId = await this.#readTar(file, plain);
    } catch (error) {
      this.#findings.failure(file.name, error);
    }
    // Decompressors don't read on where something is broken, or behind what is whole.
    const digest = isWhole ? `sha256:${hash.digest("hex")}` : await digestOf(file);
    return { digest, diffId, compression };
  }

  /** Reads a tar to its end, and gives its digest. */
  async #readTar(file: ImageFile, chunks: AsyncIterable<Uint8Array>): Promise<string> {
    const hash = createHash("sha256");
    const hashed = (async function* () {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    })();
    const bytes = new StreamBytes(ReadableStream.from(hashed));
    await checkLayerTar(bytes, file.name, this.#findings);
    return `sha256:${hash.digest("hex")}`;
  }
}

/** The digest of a file. */
export async function digestOf(file: ImageFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunksOf(file)) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

async function compressionIn(file: ImageFile): Promise<Compression | undefined> {
  const start = new Uint8Array(MAGIC_LENGTH);
  const content = file.open();
  try {
    await content.read(start);
  } finally {
    content.close();
  }
  return compressionOf(start);
}

async function* chunksOf(file: ImageFile): AsyncGenerator<Uint8Array> {
  const content = file.open();
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK);
      const length = await content.read(chunk);
      if (length === 0) return;
      yield chunk.subarray(0, length);
    }
  } finally {
    content.close();
  }
}
