/** Root file systems as plain lists, for tests. */

import type { RootEntry, RootTree } from "../../src/rootfs/root_tree.ts";
import { contentOfBytes } from "../../src/tar/stream.ts";
import { contentOf } from "./entry_content.ts";
import { askPython } from "./python.ts";

/** A file, directory or link: path, type, mode, target and content (one byte a character). */
export type Listed = [path: string, type: string, mode: number, target: string, content: string];

/** What Python finds below a directory, sorted by path. */
export async function listWithPython(directory: string): Promise<Listed[]> {
  return await askPython("list_directory.py", null, [directory]);
}

/** What is in a tree, read from where it comes from, sorted as Python does. */
export async function listTree(tree: RootTree): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const entry of tree.values()) {
    const { path, type, mode, target } = entry;
    const content = entry.open ? await contentOf(entry) : [];
    const bytes = Array.from(content, (byte) => String.fromCharCode(byte));
    listed.push([path, type, mode, target, bytes.join("")]);
  }
  return sorted(listed);
}

/** Sorted by the code points of the path. */
export function sorted(listed: readonly Listed[]): Listed[] {
  const key = ([path]: Listed) => [...path].map((c) => c.codePointAt(0) ?? 0);
  const compare = (a: number[], b: number[]): number => {
    const at = a.findIndex((code, index) => code !== b[index]);
    return at === -1 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
  };
  return [...listed].sort((a, b) => compare(key(a), key(b)));
}

/** A tree of what is listed. */
export function treeOf(listed: readonly Listed[]): RootTree {
  return new Map(listed.map(([path, type, mode, target, content]): [string, RootEntry] => {
    const bytes = Uint8Array.from(content, (c) => c.charCodeAt(0));
    return [path, {
      path,
      type: type as RootEntry["type"],
      mode,
      uid: 0,
      gid: 0,
      size: bytes.length,
      target,
      origin: `/origin/${path}`,
      open: type === "file" ? () => contentOfBytes(bytes) : undefined,
    }];
  }));
}
