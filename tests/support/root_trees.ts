/** Trees of the top layer, as directories. */

import type { RootTree } from "../../src/rootfs/root_tree.ts";
import { contentOf } from "./entry_content.ts";

/** Writes a tree's directories, files and symlinks below `directory`, with their modes. */
export async function writeTree(tree: RootTree, directory: string): Promise<void> {
  for (const entry of tree.values()) {
    const { path, type, mode, target } = entry;
    const place = `${directory}/${path}`;
    Deno.mkdirSync(place.slice(0, place.lastIndexOf("/")), { recursive: true });
    if (type === "directory") Deno.mkdirSync(place, { recursive: true });
    else if (type === "symlink") Deno.symlinkSync(target, place);
    else if (type === "file") Deno.writeFileSync(place, await contentOf(entry));
    else throw new Error(`${path} is a ${type}`);
    if (type !== "symlink") Deno.chmodSync(place, mode);
  }
}
