import assert from "node:assert/strict";
import fc from "fast-check";
import { pythonList } from "../../src/layer/python_list.ts";
import { askPython } from "../support/python.ts";
import { samples, SEED } from "../support/samples.ts";

/** Blocks in which no character was new in the last versions of Unicode. */
const BLOCKS = [
  [0, 0x17f],
  [0x2000, 0x206f],
  [0x3000, 0x3010],
  [0x4e00, 0x4e10],
  [0xdc00, 0xe010],
  [0xfdd0, 0xfdd1],
  [0x1f600, 0x1f610],
  [0xe0000, 0xe0002],
  [0x10fff0, 0x10ffff],
] as const;

const characters = fc.oneof(
  fc.constantFrom("'", '"', "\\", " ", "/"),
  ...BLOCKS.map(([min, max]) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code))),
);

Deno.test("pythonList() shows lists as Python does", async () => {
  const text = fc.array(characters, { maxLength: 6 }).map((parts) => parts.join(""));
  const cases = samples(fc.array(text, { maxLength: 3 }), 2000);
  const expected = await askPython<string[]>("repr_lists.py", cases);
  for (const [index, texts] of cases.entries()) {
    assert.equal(pythonList(texts), expected[index], `seed ${SEED}`);
  }
});
