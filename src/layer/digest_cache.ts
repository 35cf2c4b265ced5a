/**
 * Digests of layers, kept from run to run by what determines their bytes
 * ({@linkcode Layer.contentKey}), so that they are known before the bytes are made.
 *
 * Each is a file of its own with one line: digest, size, the diff_id of what is compressed, and a
 * checksum of these and of what they are kept for. A file that says anything else, as one that is damaged or another layer's, counts
 * as missing. Files are replaced as a whole, so programs may share the directory.
 *
 * Whoever can write there can say what an image is made of: bytes that are sent are compared with what
 * was kept ({@linkcode checkKept}), but of a layer that is left out, what was kept is believed.
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path/posix";
import { ImageError } from "../errors.ts";
import type { Layer } from "./layer.ts";

/** What was made of a layer. */
export interface LayerDigest {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** Of the tar, where this is something else. */
  readonly diffId?: string;
}

/** A form of a layer: its tar, which has the diff_id as its digest, or what a codec makes of that. */
export type LayerForm = "tar" | `${string}-${string}`;

/** See above. It does not matter if the directory can not be read or written: all is missing then. */
export class DigestCache {
  readonly #directory: string;

  /**
   * The digests in a directory that nobody else can write.
   *
   * @param directory may not be there yet
   */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What was kept for a layer in this form. */
  async get(contentKey: string, form: LayerForm = "tar"): Promise<LayerDigest | undefined> {
    try {
      const text = await Deno.readTextFile(this.#fileOf(contentKey, form));
      const [, digest = "", size, diffId] = LINE.exec(text) ?? [];
      const found = { digest, size: Number(size), ...diffId === undefined ? {} : { diffId } };
      return text === lineOf(contentKey, form, found) ? found : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps what a layer has become in this form. */
  async put(contentKey: string, found: LayerDigest, form: LayerForm = "tar"): Promise<void> {
    const file = this.#fileOf(contentKey, form);
    const temporary = `${file}.${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(temporary, lineOf(contentKey, form, found), {
        createNew: true,
        mode: 0o600,
      });
      await Deno.rename(temporary, file);
    } catch {
      await Deno.remove(temporary).catch(() => {});
    }
  }

  /** Forgets what turned out to be wrong. */
  async remove(contentKey: string, form: LayerForm = "tar"): Promise<void> {
    await Deno.remove(this.#fileOf(contentKey, form)).catch(() => {});
  }

  #fileOf(contentKey: string, form: LayerForm): string {
    return join(this.#directory, `${contentKey}.${form}`);
  }
}

/** A layer has another digest than the one that was kept for it. */
export class KeptDigestError extends ImageError {
  /** An error for the layer, whose kept digest is to be dropped ({@linkcode DigestCache.remove}). */
  constructor(
    /** Which one. */
    readonly layer: Layer,
  ) {
    super(
      `The digest that was kept is not that of the layer's bytes: ${layer.label}\n` +
        "It is forgotten now; run the command again. If that happens again, a store path is damaged: " +
        "nix-store --verify-path PATH",
    );
  }
}

/**
 * Compares the digest of a layer's tar with the one that was kept for it, if one was.
 *
 * @param kept by {@linkcode Layer.identity}
 * @throws {KeptDigestError} if it is another one.
 */
export function checkKept(
  layer: Layer,
  digest: string,
  kept: ReadonlyMap<string, string> | undefined,
): void {
  if ((kept?.get(layer.identity) ?? digest) !== digest) throw new KeptDigestError(layer);
}

const LINE = /^(sha256:[0-9a-f]{64}) (\d{1,15}) (?:(sha256:[0-9a-f]{64}) )?/;

function lineOf(
  contentKey: string,
  form: LayerForm,
  { digest, size, diffId }: LayerDigest,
): string {
  const facts = [digest, size, ...diffId === undefined ? [] : [diffId]].join(" ");
  const check = createHash("sha256").update(`${contentKey} ${form} ${facts}`);
  return `${facts} ${check.digest("hex")}\n`;
}
