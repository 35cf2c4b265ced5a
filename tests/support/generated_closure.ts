/** Closures like real ones: few paths have most of the bytes, and all lead to a handful. */

import type { Closure, PathInfo } from "../../src/store/closure.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { randomNumbers } from "./seeded.ts";
import { storePath } from "./store_paths.ts";

const WORDS = [
  "glib",
  "perl",
  "python3",
  "gettext",
  "libxml2",
  "cairo",
  "x11-utils",
  "dbus",
  "icu",
];

/** A closure of so many paths, with names that differ. */
export function generatedClosure(seed: number, count: number): Closure {
  const random = randomNumbers(seed);
  const closure = new Map<StorePath, PathInfo>();
  const paths: StorePath[] = [];
  for (let index = 0; index < count; index++) {
    const word = WORDS[Math.floor(random() * WORDS.length)]!;
    const path = storePath(`${word}-${index}-${Math.floor(random() * 9)}.${index % 7}.1`);
    const uses = Array.from(
      { length: index === 0 ? 0 : 1 + Math.floor(random() * 6) },
      () => paths[Math.floor(random() ** 2 * index)]!,
    );
    closure.set(path, {
      narSize: Math.round(Math.exp(9 + 8 * random())),
      references: [...new Set(uses)].sort(),
    });
    paths.push(path);
  }
  return closure;
}
