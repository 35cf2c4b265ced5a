import assert from "node:assert/strict";
import fc from "fast-check";
import { formatJson } from "../../src/image/json.ts";
import { parseOrdered } from "../../src/spec/ordered_json.ts";
import { askPython } from "../support/python.ts";
import { samples, SEED } from "../support/samples.ts";

const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String);
const numbers = fc.oneof(
  digits,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(digits, fc.stringMatching(/^(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/)).map((parts) =>
    parts.join("")
  ),
  fc.constantFrom("0", "-0", "-0.0", "1.0", "1e16", "1e15", "1E-4", "0.00001", "5e-324", "1e999"),
);
const strings = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", "10", "9", "__proto__", '"', "\\", '\\"', "{[,:]}", "\ud800", "\u2028"),
).map((text) => JSON.stringify(text));
const blanks = fc.constantFrom("", " ", "\n\t", "\r\n");

/** Texts of JSON, with numbers, keys and blanks that `JSON.stringify` does not write. */
const { texts } = fc.letrec<{ texts: string }>((tie) => ({
  texts: fc.tuple(
    blanks,
    fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("null", "true", "false", "{}", "[ ]"),
      numbers,
      strings,
      fc.array(tie("texts"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
      fc.array(fc.tuple(strings, blanks, tie("texts")), { maxLength: 5 })
        .map((fields) => `{${fields.map(([key, blank, item]) => `${key}${blank}:${item}`)}}`),
    ),
    blanks,
  ).map((parts) => parts.join("")),
}));

Deno.test("parseOrdered() keeps what Python's json.loads and json.dumps keep", async () => {
  const cases = samples(texts, 2000);
  const expected = await askPython<string[]>("dump_texts.py", cases);
  for (const [index, text] of cases.entries()) {
    assert.equal(formatJson(parseOrdered(text)), expected[index], `seed ${SEED}: ${text}`);
  }
});
