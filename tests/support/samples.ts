/** Random cases for oracles that are started once for all of them. */

import fc from "fast-check";

/** Set the variable `SEED` to what a failure shows to get the same cases again. */
export const SEED = Number(Deno.env.get("SEED") ?? Date.now() % 0x7fffffff);

/** So many values of `arbitrary`. */
export function samples<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: count });
}

/** Strings with what is hard about them: lone surrogates, what is beyond U+FFFF, what is before. */
export const unevenStrings: fc.Arbitrary<string> = fc.array(
  fc.oneof(
    fc.constantFrom("a", "b", "é", "\ud7ff", "\ue000", "\uffff", "😀", "\u{10ffff}"),
    fc.constantFrom("\ud83d", "\udbff", "\udc00", "\udcff", "\udfff"),
    fc.string({ unit: "binary", maxLength: 3 }),
  ),
  { maxLength: 6 },
).map((parts) => parts.join(""));
