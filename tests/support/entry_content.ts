/** Looking at entries of root file systems. */

import type { RootEntry } from "../../src/rootfs/root_tree.ts";

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
