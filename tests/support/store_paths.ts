/** Store paths and closures for tests. */

import type { Closure } from "../../src/store/closure.ts";
import { parseStorePath, type StorePath } from "../../src/store/store_path.ts";

/** A store path with this name, and a hash part that starts with the digits in `hash`. */
export function storePath(name: string, hash = ""): StorePath {
  return parseStorePath(`/nix/store/${hash.padEnd(32, "0")}-${name}`);
}

/** A closure: for each path of {@linkcode storePath} the names that it refers to. */
export function closureOfNames(references: Readonly<Record<string, readonly string[]>>): Closure {
  return new Map(
    Object.entries(references).map(([name, names], index) => [
      storePath(name),
      { narSize: 1000 * (index + 1), references: names.map((other) => storePath(other)).sort() },
    ]),
  );
}
