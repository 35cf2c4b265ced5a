/**
 * Checking the blobs of an OCI layout, whose names are their digests.
 * @module
 */

import type { ImageChecker } from "./check_images.ts";
import { digestOf } from "./check_layer.ts";
import type { Descriptor } from "./documents.ts";
import type { ImageFile } from "./image_files.ts";
import { blobName } from "./oci_images.ts";

const BLOBS = "blobs/sha256";

/** Finds blobs, and knows which ones something leads to. */
export class BlobChecker {
  readonly #checker: ImageChecker;
  readonly #referenced = new Set<string>();
  /** Blobs that were read for their digests alone. */
  readonly #read = new Set<string>();

  constructor(checker: ImageChecker) {
    this.#checker = checker;
  }

  /**
   * The file of a blob, whose size is compared.
   *
   * @param where the descriptor is
   * @param onAbsent called if there is none; without it, that is a problem
   */
  find(
    { digest, size }: Descriptor,
    where: string,
    onAbsent?: () => void,
  ): ImageFile | undefined {
    const { findings } = this.#checker;
    const name = blobName(digest);
    const { found: file, failed } = this.#checker.find(name, where);
    if (file === undefined) {
      if (failed) return undefined;
      if (onAbsent) onAbsent();
      else findings.problem(where, `names the blob ${digest}, which is not there`);
      return undefined;
    }
    this.#referenced.add(name);
    if (file.size !== size) {
      findings.problem(`${where}.size`, `is ${size}, and ${name} has ${file.size} bytes`);
    }
    return file;
  }

  /** Compares the digest that a blob has with the one that it should have. */
  compare({ name }: ImageFile, found: string, expected: string): void {
    if (found === expected) return;
    this.#checker.findings.problem(name, `has the digest ${found}, not ${expected}`);
  }

  /** Reads a blob of which nothing is known but its digest. */
  async read(file: ImageFile, expected: string): Promise<void> {
    if (this.#read.has(`${file.name} ${expected}`)) return;
    this.#read.add(`${file.name} ${expected}`);
    try {
      this.compare(file, await digestOf(file), expected);
    } catch (error) {
      this.#checker.findings.failure(file.name, error);
    }
  }

  /** Tells of blobs that nothing leads to, and reads them. */
  async readOthers(): Promise<void> {
    const { files, findings } = this.#checker;
    for (const name of findings.attempt(BLOBS, () => files.filesIn(BLOBS)) ?? []) {
      if (this.#referenced.has(name)) continue;
      findings.remark(name, "nothing leads to this blob");
      const { found } = this.#checker.find(name, name);
      if (found) await this.read(found, `sha256:${name.slice(BLOBS.length + 1)}`);
    }
  }
}
