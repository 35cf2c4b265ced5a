/**
 * Binary caches that tell of store paths: a few files, quickly written. NARs are added where a test
 * reads them.
 * @module
 */

import { createHash } from "node:crypto";
import { hashPart, type StorePath } from "../../src/store/store_path.ts";
import { narsOf } from "./nars.ts";

/** What is said of each path's NAR: its SHA-256 in hexadecimal digits, and its size in bytes. */
interface ToldNar {
  readonly narHash: string;
  readonly narSize: number;
}

const NO_NAR: ToldNar = { narHash: "0".repeat(64), narSize: 100 };

/** Makes the directory of a cache that says of each path, unsigned, what it refers to. */
export function writeToldPaths(
  directory: string,
  references: Readonly<Record<string, readonly StorePath[]>>,
  nar?: ToldNar,
): void {
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeTextFileSync(`${directory}/nix-cache-info`, "StoreDir: /nix/store\n");
  for (const [path, others] of Object.entries(references)) {
    const file = `${directory}/${hashPart(path as StorePath)}.narinfo`;
    Deno.writeTextFileSync(file, toldNarinfo(path, others, nar));
  }
}

/** Makes the directory of a cache that has these paths, each a file with this text. */
export async function writeToldFiles(
  directory: string,
  paths: readonly StorePath[],
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  Deno.mkdirSync(`${directory}/nar`, { recursive: true });
  Deno.writeTextFileSync(`${directory}/file`, text);
  const [nar = new Uint8Array()] = await narsOf([`${directory}/file`]);
  Deno.writeFileSync(`${directory}/nar/x.nar`, nar);
  const narHash = createHash("sha256").update(nar).digest("hex");
  const references = Object.fromEntries(paths.map((path) => [path, []]));
  writeToldPaths(directory, references, { narHash, narSize: nar.length });
  return nar;
}

/** What such a cache says of a path. */
export function toldNarinfo(
  path: string,
  references: readonly string[],
  { narHash, narSize } = NO_NAR,
): string {
  const names = references.map((path) => path.slice("/nix/store/".length)).join(" ");
  return `StorePath: ${path}\nURL: nar/x.nar\nCompression: none\n` +
    `NarHash: sha256:${narHash}\nNarSize: ${narSize}\nReferences: ${names}\n`;
}
