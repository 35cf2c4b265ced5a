/**
 * Which store paths the top layer mentions.
 * @module
 */

import { ReferenceScan } from "../store/reference_scan.ts";
import type { StorePath } from "../store/store_path.ts";
import { encodeName } from "../tar/name.ts";
import type { Content } from "../tar/stream.ts";
import type { RootTree } from "./root_tree.ts";

/** What {@linkcode scanTree} finds. */
export interface TreeMentions {
  /** The candidates that the tree mentions anywhere. */
  readonly found: ReadonlySet<StorePath>;
  /** Store paths that are no candidates, with the first path of the tree that mentions each. */
  readonly strangers: ReadonlyMap<string, string>;
}

/**
 * Scans all that a tree's archive will hold: names, contents and targets of symlinks.
 *
 * @throws {ImageError} if a file can not be read.
 */
export async function scanTree(
  tree: RootTree,
  candidates: Iterable<StorePath>,
): Promise<TreeMentions> {
  const scan = new ReferenceScan(candidates);
  const buffer = new Uint8Array(1 << 18);
  const strangers = new Map<string, string>();
  for (const { path, target, size, open } of tree.values()) {
    for (const text of [path, target]) {
      scan.feed(encodeName(text));
      scan.end();
    }
    if (size > 0 && open) {
      const opening = open();
      // Most files are opened at once, and then cost no turn of the event loop.
      const content = opening instanceof Promise ? await opening : opening;
      await feedContent(content, buffer, scan);
    }
    if (scan.strangers.size === strangers.size) continue;
    for (const stranger of scan.strangers) {
      if (!strangers.has(stranger)) strangers.set(stranger, path);
    }
  }
  return { found: scan.found, strangers };
}

async function feedContent(
  content: Content,
  buffer: Uint8Array,
  scan: ReferenceScan,
): Promise<void> {
  try {
    for (;;) {
      const reading = content.read(buffer);
      const length = typeof reading === "number" ? reading : await reading;
      if (length === 0) break;
      scan.feed(buffer.subarray(0, length));
    }
  } finally {
    content.close();
    scan.end();
  }
}
