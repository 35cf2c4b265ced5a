import assert from "node:assert/strict";
import fc from "fast-check";
import { formatJson, sortKeys } from "../../src/image/json.ts";
import type { JsonValue } from "../../src/spec/image_spec.ts";
import { askPython } from "../support/python.ts";
import { samples, SEED, unevenStrings } from "../support/samples.ts";

const strings = fc.oneof(
  unevenStrings,
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", "\0\x01\b\t\n\f\r\x1f\x7f\x80\x9f", "\"\\/'<>&", "\u2028\u2029\ufeff"),
  fc.constantFrom("2", "10", "__proto__", "constructor"),
);

const { values } = fc.letrec<{ values: JsonValue }>((tie) => ({
  values: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, true, false, 0, -1, [], {}),
    fc.maxSafeInteger(),
    strings,
    fc.array(tie("values"), { maxLength: 4 }),
    fc.dictionary(strings, tie("values"), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

/** As they come from JSON, whose objects order some keys by themselves. */
const cases: JsonValue[] = samples(values, 1000).map((value) => JSON.parse(JSON.stringify(value)));

Deno.test("formatJson() formats as Python's json.dumps with an indent of 4", async () => {
  const expected = await askPython<string[]>("dump_json.py", cases);
  for (const [index, value] of cases.entries()) {
    assert.equal(formatJson(value), expected[index], `seed ${SEED}`);
  }
});

Deno.test("sortKeys() orders keys as Python's json.dumps with sort_keys", async () => {
  const expected = await askPython<string[]>("dump_json.py", cases, ["sorted"]);
  for (const [index, value] of cases.entries()) {
    assert.equal(formatJson(sortKeys(value)), expected[index], `seed ${SEED}`);
  }
});

Deno.test("formatJson() keeps the order of maps", () => {
  const map = new Map<string, JsonValue>([["b", 1], ["10", [true]], ["2", {}], ["a", null]]);
  assert.equal(
    formatJson(map),
    '{\n    "b": 1,\n    "10": [\n        true\n    ],\n    "2": {},\n    "a": null\n}',
  );
  assert.equal(formatJson(new Map()), "{}");
});
