import assert from "node:assert/strict";
import { didYouMean } from "../../src/spec/did_you_mean.ts";

const FIELDS = ["name", "tag", "contents", "uid", "gid", "maxLayers", "includeStorePaths"];

Deno.test("didYouMean() finds the nearest candidate", () => {
  const expected: [word: string, candidate: string][] = [
    ["contnets", "contents"], // two neighbours swapped
    ["content", "contents"], // one left out
    ["contentts", "contents"], // one too many
    ["kontents", "contents"], // one replaced
    ["cnotnets", "contents"], // two swaps
    ["NAME", "name"],
    ["max_layers", "maxLayers"],
    ["maxlayers", "maxLayers"],
    ["tags", "tag"],
    ["uod", "uid"],
    ["includestorepath", "includeStorePaths"],
  ];
  for (const [word, candidate] of expected) assert.equal(didYouMean(word, FIELDS), candidate, word);
});

Deno.test("didYouMean() prefers the nearer candidate, then the earlier", () => {
  assert.equal(didYouMean("abcdef", ["abcxyf", "abcxef", "abcdxf"]), "abcxef");
  assert.equal(didYouMean("shell", ["Shelf", "SHELL"]), "SHELL");
});

Deno.test("didYouMean() suggests nothing for a word that is far from all", () => {
  for (const word of ["", "x", "fromImage", "contribution", "ab", "t", "x".repeat(1_000_000)]) {
    assert.equal(didYouMean(word, FIELDS), undefined, word.slice(0, 20));
  }
  assert.equal(didYouMean("name", []), undefined);
});
