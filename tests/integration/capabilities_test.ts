/**
 * File capabilities against setcap and the kernel.
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCapabilities } from "../../src/spec/capabilities.ts";
import { askPython } from "../support/python.ts";
import { samples, SEED } from "../support/samples.ts";
import { Scratch } from "../support/scratch.ts";

const NAMES = [
  "cap_chown",
  "cap_net_raw",
  "cap_setfcap",
  "cap_mac_override",
  "CAP_AUDIT_READ",
  "cap_checkpoint_restore",
  "all",
];

const flags = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("e", "i", "p", "ep", "pie", "ei") },
  { weight: 1, arbitrary: fc.constantFrom("", "pp", "P", "x") },
);

const clause = fc.tuple(
  fc.array(fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...NAMES) }, fc.constant("cap_none")), {
    maxLength: 2,
  }).map((names) => names.join(",")),
  fc.oneof({ weight: 3, arbitrary: fc.constant("=") }, fc.constantFrom("+", "-", "=+", "")),
  flags,
  fc.array(fc.tuple(fc.constantFrom("+", "-"), flags).map((action) => action.join("")), {
    maxLength: 2,
  }),
).map(([names, operator, first, more]) => names + operator + first + more.join(""));

// A few of random characters, as most of these mean nothing.
const text = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.array(clause, { minLength: 1, maxLength: 3 }).map((c) => c.join(" ")),
  },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(..."all=+-eip, \t_") }) },
);

Deno.test("parseCapabilities() takes what setcap takes and gives what it writes", async () => {
  await using scratch = new Scratch();
  // Without a clause, setcap writes an empty set; for options it has a dash in front.
  const texts = samples(text, 400).filter((text) => /^\s*[^-\s]/.test(text));
  const expected = await askPython<(string | null)[]>("setcap.py", texts, [`${scratch.path}/file`]);
  assert.ok(expected.filter((value) => value !== null).length > 30, "too few texts mean something");
  for (const [index, text] of texts.entries()) {
    const about = `seed ${SEED}: ${JSON.stringify(text)}`;
    const value = expected[index] ?? null;
    if (value === null) assert.throws(() => parseCapabilities(text), { name: "Error" }, about);
    else assert.equal(parseCapabilities(text).toHex(), value, about);
  }
});
