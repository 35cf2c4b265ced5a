/** Reading files of root file systems. */

import type { RootEntry, RootTree } from "../../src/rootfs/root_tree.ts";

/** All that a file of a tree holds; fails if that is not as much as the tree says. */
export async function contentOf({ open, size, origin }: RootEntry): Promise<Uint8Array> {
  const content = await open?.();
  if (content === undefined) throw new Error(`${origin} has no content`);
  try {
    const bytes = new Uint8Array(size + 1);
    let length = 0;
    for (let read = -1; read !== 0; length += read) {
      read = await content.read(bytes.subarray(length));
    }
    if (length !== size) throw new Error(`${origin} has ${length} bytes, not ${size}`);
    return bytes.subarray(0, size);
  } finally {
    content.close();
  }
}

/** The same as text. */
export async function textOf(entry: RootEntry): Promise<string> {
  return new TextDecoder().decode(await contentOf(entry));
}

/** Entries as text by path: type, mode, owner, and target or content. */
export async function described(tree: RootTree): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [path, entry] of tree) {
    const { type, mode, uid, gid, target, device } = entry;
    const what = type === "file"
      ? ` ${await textOf(entry)}`
      : device
      ? ` ${device.major}:${device.minor}`
      : target && ` -> ${target}`;
    texts[path] = `${type} ${mode.toString(8)} ${uid}:${gid}${what}`;
  }
  return texts;
}
