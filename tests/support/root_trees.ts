/** Trees of the top layer, as directories. */

import type { RootEntry, RootTree } from "../../src/rootfs/root_tree.ts";

/** Writes a tree's directories, files and symlinks below `directory`, with their modes. */
export async function writeTree(tree: RootTree, directory: string): Promise<void> {
  for (const { path, type, mode, size, target, open } of tree.values()) {
    const place = `${directory}/${path}`;
    Deno.mkdirSync(place.slice(0, place.lastIndexOf("/")), { recursive: true });
    if (type === "directory") Deno.mkdirSync(place, { recursive: true });
    else if (type === "symlink") Deno.symlinkSync(target, place);
    else if (type === "file" && open) Deno.writeFileSync(place, await contentOf(open, size));
    else throw new Error(`${path} is a ${type}`);
    if (type !== "symlink") Deno.chmodSync(place, mode);
  }
}

/** All that a file of a tree holds; fails if that is not `size` bytes. */
export async function contentOf(
  open: NonNullable<RootEntry["open"]>,
  size: number,
): Promise<Uint8Array> {
  const content = await open();
  try {
    const bytes = new Uint8Array(size + 1);
    let length = 0;
    for (let read = -1; read !== 0; length += read) {
      read = await content.read(bytes.subarray(length));
    }
    if (length !== size) throw new Error(`${length} bytes, not ${size}`);
    return bytes.subarray(0, size);
  } finally {
    content.close();
  }
}
