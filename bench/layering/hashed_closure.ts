/**
 * Packages to store paths.
 * @module
 */

import { createHash } from "node:crypto";
import type { Closure } from "../../src/store/closure.ts";
import { parseStorePath, type StorePath } from "../../src/store/store_path.ts";
import type { Package } from "./corpus.ts";

/**
 * The closure of packages, and which path a package has. As in Nix, the hash of a path covers what
 * it is and all that it refers to: so a changed package renames all that use it.
 *
 * @throws {TypeError} if packages use one another in a circle, or one that is missing.
 */
export function hashedClosure(
  packages: readonly Package[],
): { closure: Closure; paths: ReadonlyMap<string, StorePath> } {
  const byName = new Map(packages.map((each) => [each.name, each]));
  const paths = new Map<string, StorePath | null>();

  function pathOf(name: string): StorePath {
    const known = paths.get(name);
    if (known) return known;
    const each = byName.get(name);
    if (each === undefined) throw new TypeError(`Missing package: ${name}`);
    if (known === null) throw new TypeError(`Package that uses itself: ${name}`);
    paths.set(name, null);
    const references = each.uses.map(pathOf).sort();
    const label = (each.version === "" ? name : `${name}-${each.version}`)
      .replace(/[^A-Za-z0-9+._?=-]/g, "-");
    const text = JSON.stringify([label, each.size, references]);
    const path = parseStorePath(`/nix/store/${hashPart(text)}-${label}`);
    paths.set(name, path);
    return path;
  }

  const closure: Closure = new Map(
    packages.map(({ name, size, uses }) => [pathOf(name), {
      references: uses.map(pathOf).sort(),
      narSize: size,
    }]),
  );
  return { closure, paths: paths as Map<string, StorePath> };
}

const DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";

/** 160 bits of the text's SHA-256 in Nix's digits. */
function hashPart(text: string): string {
  let bits = BigInt(`0x${createHash("sha256").update(text).digest("hex").slice(0, 40)}`);
  let digits = "";
  for (; digits.length < 32; bits >>= 5n) digits = DIGITS[Number(bits & 31n)] + digits;
  return digits;
}
