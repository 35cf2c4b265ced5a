/** Looking at entries of root file systems. */

import type { RootEntry, RootTree } from "../../src/rootfs/root_tree.ts";

/** The content of a file as text. */
export async function contentOf({ open, origin }: RootEntry): Promise<string> {
  const content = await open?.();
  if (content === undefined) throw new Error(`${origin} has no content`);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  try {
    for (;;) {
      const chunk = new Uint8Array(1000);
      const length = await content.read(chunk);
      if (length === 0) return await new Blob(chunks).text();
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    content.close();
  }
}

/** Entries as text by path: type, mode, owner, and target or content. */
export async function described(tree: RootTree): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [path, entry] of tree) {
    const { type, mode, uid, gid, target, device } = entry;
    const what = type === "file"
      ? ` ${await contentOf(entry)}`
      : device
      ? ` ${device.major}:${device.minor}`
      : target && ` -> ${target}`;
    texts[path] = `${type} ${mode.toString(8)} ${uid}:${gid}${what}`;
  }
  return texts;
}
