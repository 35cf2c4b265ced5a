/**
 * Checking tar archives: that they are whole, and that what layers have in them can be unpacked.
 * @module
 */

import { Buffer } from "node:buffer";
import { normalize } from "node:path/posix";
import type { ByteSource } from "../tar/byte_source.ts";
import { type ArchiveMember, readTar } from "../tar/read.ts";
import { quoted } from "../visible.ts";
import type { Findings } from "./check_findings.ts";

/** Names are remembered up to so many of them and of their characters: of no layer are there more. */
const MAX_NAMES = 1_000_000, MAX_CHARACTERS = 64 << 20;

/**
 * The members of an archive that is read as far as it can be; then what is behind its end.
 *
 * @throws what `source` throws.
 */
export async function* checkedMembers(
  source: ByteSource,
  name: string,
  findings: Findings,
): AsyncGenerator<ArchiveMember> {
  const watched = new WatchedBytes(source);
  try {
    for await (const member of readTar(watched, name)) yield member;
  } catch (error) {
    if (watched.failed) throw error;
    findings.failure(name, error);
    await endsInZeros(source);
    return;
  }
  if (watched.ended) findings.remark(name, "lacks the zeros that end a tar archive");
  else if (!await endsInZeros(source)) {
    findings.problem(name, "there is something behind the end of the tar archive");
  }
}

/** Says whether bytes came to their end before the archive's, and whether reading them failed. */
class WatchedBytes implements ByteSource {
  ended = false;
  failed = false;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  read(into: Uint8Array): Promise<number> {
    return this.#watch(async () => {
      const length = await this.#source.read(into);
      if (length === 0 && into.length > 0) this.ended = true;
      return length;
    });
  }

  skip(length: number): Promise<boolean> {
    return this.#watch(async () => await this.#source.skip(length));
  }

  async #watch<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }
}

/** Reads all that is left, and says whether it is zeros alone. */
async function endsInZeros(source: ByteSource): Promise<boolean> {
  const buffer = Buffer.alloc(1 << 18), zeros = Buffer.alloc(buffer.length);
  for (let found = true;;) {
    const length = await source.read(buffer);
    if (length === 0) return found;
    found &&= buffer.subarray(0, length).equals(zeros.subarray(0, length));
  }
}

/**
 * Checks the tar of a layer, all of which is read.
 *
 * @param name of its file
 * @throws what `source` throws.
 */
export async function checkLayerTar(
  source: ByteSource,
  name: string,
  findings: Findings,
): Promise<void> {
  const members = new MemberChecker(name, findings);
  for await (const member of checkedMembers(source, name, findings)) members.check(member);
}

/** No system takes longer names of files. */
const MAX_NAME = 4096;

class MemberChecker {
  readonly #layer: string;
  readonly #findings: Findings;
  readonly #names = new Set<string>();
  #characters = 0;
  #isFull = false;

  constructor(layer: string, findings: Findings) {
    this.#layer = layer;
    this.#findings = findings;
  }

  check(member: ArchiveMember): void {
    const { name, type, linkname } = member;
    if (Math.max(name.length, linkname.length) > MAX_NAME) {
      return this.#problem(name, `has a name or a target of more than ${MAX_NAME} characters`);
    }
    const own = nameWithin(name);
    if (own === undefined) return this.#problem(name, "leads out of the layer");
    const wrong = wrongWhiteout(own, member);
    if (wrong !== undefined) this.#problem(name, wrong);
    if (type === "link") this.#checkTarget(name, linkname);
    // Directories may come again to have other permissions.
    if (type !== "directory" && this.#names.has(own)) {
      this.#findings.remark(`${this.#layer}: ${name}`, "is there twice; the later one counts");
    }
    this.#remember(own);
  }

  #checkTarget(name: string, linkname: string): void {
    const target = nameWithin(linkname);
    if (target === undefined) {
      this.#problem(name, `is a hard link to ${quoted(linkname)}, which leads out of the layer`);
    } else if (!this.#names.has(target) && !this.#isFull) {
      // Layers below don't count, though some programs take that: Docker unpacks each for itself.
      this.#problem(
        name,
        `is a hard link to ${quoted(linkname)}, which its layer has not before it`,
      );
    }
  }

  #remember(name: string): void {
    this.#characters += name.length;
    if (this.#names.size < MAX_NAMES && this.#characters <= MAX_CHARACTERS) {
      this.#names.add(name);
    } else if (!this.#isFull) {
      this.#isFull = true;
      const what = "has too many members to find all double ones and wrong hard links";
      this.#findings.remark(this.#layer, what);
    }
  }

  #problem(name: string, what: string): void {
    this.#findings.problem(`${this.#layer}: ${name}`, what);
  }
}

/** The name without what it can be spelt with; undefined if it leads out of the root. */
function nameWithin(name: string): string | undefined {
  const own = normalize(name.replace(/^\/+/, "")).replace(/\/$/, "");
  return own === ".." || own.startsWith("../") ? undefined : own;
}

const WHITEOUT = ".wh.";

/** AUFS' own files, of which OCI knows `.wh..wh..opq`: engines pass over the others. */
const RESERVED = `${WHITEOUT}${WHITEOUT}`;

/** What is wrong with a whiteout (OCI image spec, layer, "Whiteouts"). */
function wrongWhiteout(own: string, { type, size }: ArchiveMember): string | undefined {
  const base = own.slice(own.lastIndexOf("/") + 1);
  if (!base.startsWith(WHITEOUT) || base.startsWith(RESERVED)) return undefined;
  if ([WHITEOUT, `${WHITEOUT}.`, `${WHITEOUT}..`].includes(base)) {
    return "is a whiteout that names nothing";
  }
  // AUFS made them links to an empty file.
  const isEmpty = type === "link" || type === "file" && size === 0;
  return isEmpty ? undefined : "is a whiteout, and should be an empty file";
}
