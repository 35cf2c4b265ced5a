/**
 * Binary caches that tell of store paths and have no NARs, for what needs none: a few files, quickly
 * written.
 * @module
 */

import { hashPart, type StorePath } from "../../src/store/store_path.ts";

/** Makes the directory of a cache that says of each path, unsigned, what it refers to. */
export function writeToldPaths(
  directory: string,
  references: Readonly<Record<string, readonly StorePath[]>>,
): void {
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeTextFileSync(`${directory}/nix-cache-info`, "StoreDir: /nix/store\n");
  for (const [path, others] of Object.entries(references)) {
    const file = `${directory}/${hashPart(path as StorePath)}.narinfo`;
    Deno.writeTextFileSync(file, toldNarinfo(path, others));
  }
}

/** What such a cache says of a path. */
export function toldNarinfo(path: string, references: readonly string[]): string {
  const names = references.map((path) => path.slice("/nix/store/".length)).join(" ");
  return `StorePath: ${path}\nURL: nar/x.nar\nCompression: none\n` +
    `NarHash: sha256:${"0".repeat(64)}\nNarSize: 100\nReferences: ${names}\n`;
}
