/**
 * Docker's checksum of a tar archive, which does not depend on the order of its members nor on
 * their times (moby, pkg/tarsum). Layers in the older image format have it.
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { compareBytes, encodeName } from "../tar/name.ts";
import { type ArchiveVisitor, HeaderReader, type RawHeader } from "../tar/read_headers.ts";

interface MemberSum {
  readonly name: string;
  /** Hexadecimal. */
  readonly sum: string;
}

/** Takes an archive in parts; in the end it has the checksum. */
export class Tarsum implements ArchiveVisitor {
  readonly #reader = new HeaderReader(this);
  readonly #sums: MemberSum[] = [];
  #current: { readonly name: string; readonly hash: Hash } | undefined;

  /**
   * Reads the next part of the archive.
   *
   * @throws {ImageError} if it is none.
   */
  update(chunk: Uint8Array): void {
    this.#reader.update(chunk);
  }

  /**
   * The checksum of what was read: `tarsum.v1+sha256:` and 64 hexadecimal digits.
   *
   * @throws {ImageError} if the archive is cut off.
   */
  digest(): string {
    this.#reader.finish();
    this.#endMember();
    const hash = createHash("sha256");
    for (const { sum } of sorted(this.#sums)) hash.update(sum);
    return `tarsum.v1+sha256:${hash.digest("hex")}`;
  }

  /** See {@linkcode ArchiveVisitor.member}. */
  member(header: RawHeader): void {
    this.#endMember();
    const hash = createHash("sha256");
    for (const part of headerParts(header)) hash.update(part);
    this.#current = { name: join("/", header.name), hash };
  }

  /** See {@linkcode ArchiveVisitor.content}. */
  content(bytes: Uint8Array): void {
    this.#current?.hash.update(bytes);
  }

  #endMember(): void {
    if (!this.#current) return;
    const { name, hash } = this.#current;
    this.#sums.push({ name, sum: hash.digest("hex") });
    this.#current = undefined;
  }
}

/** Names and values one behind the other; but of owners' names, Docker takes the keys alone. */
function headerParts(header: RawHeader): Uint8Array[] {
  const { name, mode, uid, gid, size, type, linkname, devmajor, devminor, xattrs } = header;
  const fields = `name${name}mode${mode}uid${uid}gid${gid}size${size}typeflag${type}` +
    `linkname${linkname}unamegnamedevmajor${devmajor}devminor${devminor}`;
  const extended = [...xattrs].sort(([a], [b]) => compareBytes(a, b))
    .flatMap(([key, value]) => [encodeName(key), value]);
  return [encodeName(fields), ...extended];
}

/** By sum; but members with the same name stay in their order, as the last one counts. */
function sorted(sums: readonly MemberSum[]): MemberSum[] {
  const result = sums.toSorted((a, b) => a.sum < b.sum ? -1 : a.sum > b.sum ? 1 : 0);
  const inOrder = Map.groupBy(sums, ({ name }) => name);
  return result.map((member) => inOrder.get(member.name)?.shift() ?? member);
}
