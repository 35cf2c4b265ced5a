/**
 * Writing EROFS file systems, which Linux mounts as they are: contents come first, as they are
 * read, then directories, then inodes.
 * @module
 */

import { ImageError } from "../../errors.ts";
import type { MemberSource, TarMember } from "../../tar/stream.ts";
import { DiskFile } from "../disks.ts";
import { directoryContent } from "./directory.ts";
import { BLOCK_SIZE, inodeLength, isInline, NID_UNIT, type Node, writeInode } from "./node.ts";
import { BlockWriter } from "./block_writer.ts";
import { Tree } from "./tree.ts";

const SUPERBLOCK = 1024, MAGIC = 0xe0f5e1e2, BLOCK_BITS = 12;

/** Inodes begin at its multiples, so that none is in two blocks. */
const INODE_ALIGNMENT = 64;

/**
 * Makes a disk with a file system.
 *
 * @param members as in a tar archive; parents may be missing
 * @param id tells it from others that are used together, a byte
 * @returns its size in bytes.
 * @throws {ImageError} if the disk can't be written, or what is read is not as it should be.
 */
export async function writeErofs(file: string, members: MemberSource, id: number): Promise<number> {
  using disk = new DiskFile(file);
  const blocks = new BlockWriter(disk);
  // The first one is for the superblock.
  blocks.add(new Uint8Array(BLOCK_SIZE));
  const tree = new Tree();
  try {
    for (;;) {
      const next = members.next();
      const member = next instanceof Promise ? await next : next;
      if (member === undefined) break;
      await addMember(tree, member, blocks);
    }
  } finally {
    await members.close?.();
  }
  const placed = placeInodes(tree.root);
  for (const [directory, parent] of placed.directories) {
    const content = directoryContent(directory, parent);
    directory.size = content.length;
    directory.block = blocks.add(content);
  }
  const metadata = new Uint8Array(placed.size);
  for (const node of placed.nodes) writeInode(node, metadata.subarray(node.nid * NID_UNIT));
  const start = blocks.add(metadata);
  blocks.flush();
  disk.rewind();
  disk.write(superblock({ start, blocks: blocks.count, inodes: placed.nodes.length, id }));
  return blocks.count * BLOCK_SIZE;
}

async function addMember(tree: Tree, member: TarMember, blocks: BlockWriter): Promise<void> {
  const node = tree.add(member);
  if (node === undefined) return;
  if (node.type === "symlink" && !isInline(node)) node.block = blocks.add(node.target);
  if (node.type !== "file" || node.size === 0 || member.open === undefined) return;
  const opened = member.open();
  const content = opened instanceof Promise ? await opened : opened;
  try {
    const { block, size } = await blocks.copy(content, node.size);
    if (size < node.size) throw cutOff(member, size);
    node.block = block;
  } finally {
    content.close();
  }
}

function cutOff({ origin, size }: TarMember, found: number): ImageError {
  return new ImageError(
    `${origin} changed while it was read: expected ${size} bytes, found ${found}`,
  );
}

interface Placed {
  readonly nodes: readonly Node[];
  /** With the directory that each is in. */
  readonly directories: readonly (readonly [directory: Node, parent: Node])[];
  /** In bytes. */
  readonly size: number;
}

/** Gives the inodes their places, and directories the numbers of their links. */
function placeInodes(root: Node): Placed {
  const nodes: Node[] = [], directories: [Node, Node][] = [[root, root]];
  // Whoever lists a directory takes the number 0 for nothing.
  let end = INODE_ALIGNMENT;
  const place = (node: Node) => {
    const length = inodeLength(node);
    let at = Math.ceil(end / INODE_ALIGNMENT) * INODE_ALIGNMENT;
    const rest = BLOCK_SIZE - at % BLOCK_SIZE;
    if (isInline(node) && length > rest) at += rest;
    node.nid = at / NID_UNIT;
    nodes.push(node);
    end = at + length;
  };
  place(root);
  for (const [directory] of directories) {
    directory.links = 2;
    for (const child of directory.children?.values() ?? []) {
      if (child.children !== undefined) {
        directory.links++;
        directories.push([child, directory]);
      }
      if (child.nid === 0) place(child);
    }
  }
  return { nodes, directories, size: end };
}

interface Superblock {
  /** The block that the inodes begin in. */
  readonly start: number;
  readonly blocks: number;
  readonly inodes: number;
  readonly id: number;
}

function superblock({ start, blocks, inodes, id }: Superblock): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BLOCK_SIZE);
  const view = new DataView(bytes.buffer, SUPERBLOCK);
  view.setUint32(0, MAGIC, true);
  view.setUint8(12, BLOCK_BITS);
  view.setUint16(14, INODE_ALIGNMENT / NID_UNIT, true);
  view.setBigUint64(16, BigInt(inodes), true);
  view.setUint32(36, blocks, true);
  view.setUint32(40, start, true);
  // Its UUID, of which the overlay's driver makes something. Not all zeros.
  view.setUint8(48, 0xff);
  view.setUint8(63, id);
  return bytes;
}
