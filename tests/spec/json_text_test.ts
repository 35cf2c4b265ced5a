import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonTextError, parseJson } from "../../src/spec/json_text.ts";

/** Each text has a mark where it is wrong; the mark itself is taken out. */
const WRONG: [text: string, message: string][] = [
  ["‸", "line 1, column 1: expected a value, found the end of the text"],
  ["\n \t‸", "line 2, column 3: expected a value, found the end of the text"],
  ['{"a": 1,‸}', 'line 1, column 9: expected a field name in double quotes, found "}"'],
  ['{\n  "a": 1,\n‸}', 'line 3, column 1: expected a field name in double quotes, found "}"'],
  ["{\r\n  ‸a: 1}", 'line 2, column 3: expected a field name in double quotes, found "a"'],
  ["{‸'a': 1}", 'line 1, column 2: expected a field name in double quotes, found "\'"'],
  ["{‸", "line 1, column 2: expected a field name in double quotes, found the end of the text"],
  ['{"a"‸ 1}', 'line 1, column 6: expected ":", found "1"'],
  ['{"a": ‸tru}', 'line 1, column 7: expected a value, found "tru"'],
  ['{"a": 1‸ "b": 2}', 'line 1, column 9: expected "," or "}", found "\\""'],
  ["[1,‸]", 'line 1, column 4: expected a value, found "]"'],
  ["[1,\n\n 2‸ 3]", 'line 3, column 4: expected "," or "]", found "3"'],
  ['{"a": [1, {"b": 2‸]}', 'line 1, column 18: expected "," or "}", found "]"'],
  ["[[], {}, [{}‸}", 'line 1, column 13: expected "," or "]", found "}"'],
  ["‸// comment\n{}", 'line 1, column 1: expected a value, found "/"'],
  ["{} ‸{}", 'line 1, column 4: expected the end of the text, found "{"'],
  ["0‸1", 'line 1, column 2: expected the end of the text, found "1"'],
  ["[‸-]", 'line 1, column 2: expected a value, found "-"'],
  ["[‸NaN]", 'line 1, column 2: expected a value, found "NaN"'],
  ['"abc‸', "line 1, column 5: expected the rest of the string, found the end of the text"],
  ['["a‸\nb"]', 'line 1, column 4: expected the rest of the string, found "\\n"'],
  ['"‸\\x"', 'line 1, column 2: expected a JSON escape sequence, found "\\\\"'],
  ['"\\u00e9‸\\u12"', 'line 1, column 8: expected a JSON escape sequence, found "\\\\"'],
  ['{"é😀": ‸oops}', 'line 1, column 8: expected a value, found "oops"'],
];

Deno.test("parseJson() tells where the text stops being JSON", () => {
  for (const [marked, message] of WRONG) {
    const text = marked.replace("‸", "");
    assert.throws(() => parseJson(text), (error) => {
      assert.ok(error instanceof JsonTextError);
      assert.equal(error.message, message, marked);
      return true;
    });
  }
});

Deno.test("parseJson() reads what JSON.stringify writes", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 4), (value, indent) => {
    const text = JSON.stringify(value, null, indent);
    assert.deepEqual(parseJson(text), JSON.parse(text));
  }));
});

Deno.test("parseJson() finds the first wrong character, and where a text was cut", () => {
  // Tokens of which every beginning is right: no escapes, signs or words.
  const { document } = fc.letrec((tie) => {
    const text = fc.stringMatching(/^[a-z ]*$/);
    return {
      document: fc.array(tie("value")),
      value: fc.oneof({ maxDepth: 3 }, text, fc.nat(), tie("document"), tie("object")),
      object: fc.dictionary(text, tie("value")),
    };
  });
  fc.assert(fc.property(document, fc.nat(), (value, seed) => {
    const text = JSON.stringify(value);
    const at = seed % text.length;
    for (
      const [wrong, found] of [
        [text.slice(0, at) + "\u0001" + text.slice(at), '"\\u0001"'],
        [text.slice(0, at), "the end of the text"],
      ] as const
    ) {
      assert.throws(() => parseJson(wrong), (error) => {
        assert.ok(error instanceof JsonTextError);
        assert.ok(error.message.startsWith(`line 1, column ${at + 1}: expected `), error.message);
        assert.ok(error.message.endsWith(`, found ${found}`), error.message);
        return true;
      });
    }
  }));
});

Deno.test("parseJson() refuses what is nested too deep for programs that recurse", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  assert.ok(Array.isArray(parseJson(nested(200))));
  for (const levels of [202, 100_000]) {
    assert.throws(() => parseJson(nested(levels)), {
      name: "JsonTextError",
      message: "nested more than 200 levels deep",
    });
  }
});
