/**
 * The content of an EROFS file system's directories: blocks, each with numbers and then names.
 * @module
 */

import { compareBytes, encodeName } from "../../tar/name.ts";
import type { FileType } from "../../tar/tar_header.ts";
import { BLOCK_SIZE, type Node } from "./node.ts";

const TYPES: Readonly<Record<FileType, number>> = {
  file: 1,
  directory: 2,
  character: 3,
  block: 4,
  fifo: 5,
  symlink: 7,
};

/** An entry without its name, in bytes. */
const ENTRY = 12;

interface Entry {
  readonly name: Uint8Array;
  readonly node: Node;
}

/** All that is in `directory`, whose nodes have their places. */
export function directoryContent(directory: Node, parent: Node): Uint8Array<ArrayBuffer> {
  const all = [[".", directory], ["..", parent], ...directory.children ?? []] as const;
  const sorted = [...all].sort(([a], [b]) => compareBytes(a, b));
  const blocks: Entry[][] = [];
  let size = BLOCK_SIZE;
  for (const [name, node] of sorted) {
    const entry = { name: encodeName(name), node };
    const length = ENTRY + entry.name.length;
    if (size + length > BLOCK_SIZE) {
      blocks.push([]);
      size = 0;
    }
    blocks.at(-1)!.push(entry);
    size += length;
  }
  const bytes = new Uint8Array((blocks.length - 1) * BLOCK_SIZE + size);
  blocks.forEach((block, index) => writeBlock(block, bytes.subarray(index * BLOCK_SIZE)));
  return bytes;
}

function writeBlock(entries: readonly Entry[], into: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  let nameAt = entries.length * ENTRY;
  entries.forEach(({ name, node }, index) => {
    const at = index * ENTRY;
    view.setBigUint64(at, BigInt(node.nid), true);
    view.setUint16(at + 8, nameAt, true);
    view.setUint8(at + 10, TYPES[node.type]);
    into.set(name, nameAt);
    nameAt += name.length;
  });
}
