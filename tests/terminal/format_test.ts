import assert from "node:assert/strict";
import fc from "fast-check";
import {
  firstOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatTable,
  jsonText,
  printable,
  shorten,
} from "../../src/terminal/format.ts";

for (
  const [bytes, text] of [
    [0, "0 B"],
    [1, "1 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [1234, "1.2 kB"],
    [999_949, "999.9 kB"],
    [999_950, "1.0 MB"],
    [45_100_000, "45.1 MB"],
    [1_500_000_000, "1.5 GB"],
    [2_000_000_000_000, "2.0 TB"],
    [1_234_000_000_000_000, "1234.0 TB"],
  ] as const
) {
  Deno.test(`formatBytes() gives ${text} for ${bytes}`, () => {
    assert.equal(formatBytes(bytes), text);
  });
}

for (
  const [milliseconds, text] of [
    [0, "0.0 s"],
    [420, "0.4 s"],
    [9_940, "9.9 s"],
    [9_960, "10 s"],
    [42_400, "42 s"],
    [59_600, "1 min 0 s"],
    [185_000, "3 min 5 s"],
    [3_599_600, "1 h 0 min"],
    [8_040_000, "2 h 14 min"],
    [100_000_000, "27 h 47 min"],
  ] as const
) {
  Deno.test(`formatDuration() gives ${text} for ${milliseconds} ms`, () => {
    assert.equal(formatDuration(milliseconds), text);
  });
}

Deno.test("printable() leaves printable ASCII alone and replaces all else", () => {
  assert.equal(printable("gcc-12.2.0, ~ 1/2"), "gcc-12.2.0, ~ 1/2");
  assert.equal(printable("a\x1b[31mb\r\n\t\x7f\x9bc"), "a?[31mb?????c");
  assert.equal(printable("é\u202e\u{1f600}\ud800"), "????");
});

Deno.test("formatTable() aligns columns and leaves no space at the end of a line", () => {
  const rows = [
    ["layer", "size", "paths"],
    ["1", "45.1 MB", "glibc-2.36"],
    ["12", "999 B", ""],
  ];
  assert.equal(
    formatTable(rows, { align: ["right", "right"] }),
    "layer     size  paths\n" +
      "    1  45.1 MB  glibc-2.36\n" +
      "   12    999 B\n",
  );
});

Deno.test("formatTable() takes rows of different lengths, and no rows", () => {
  assert.equal(formatTable([["a"], ["bcd", "e"], []]), "a\nbcd  e\n\n");
  assert.equal(formatTable([]), "");
});

Deno.test("formatTable() lets no control character through", () => {
  fc.assert(fc.property(fc.array(fc.array(fc.string({ unit: "binary" }))), (rows) => {
    const text = formatTable(rows);
    assert.match(text, /^[ -~\n]*$/);
    assert.equal(text.split("\n").length, rows.length + 1);
  }));
});

Deno.test("formatCount() has the plural where there is not one", () => {
  assert.deepEqual([0, 1, 2].map((count) => formatCount(count, "layer")), [
    "0 layers",
    "1 layer",
    "2 layers",
  ]);
});

Deno.test("shorten() and firstOf() leave alone what fits, and tell what does not", () => {
  assert.deepEqual(["abcdef", "abcdefg"].map((text) => shorten(text, 6)), ["abcdef", "abc..."]);
  assert.deepEqual(firstOf(["a", "b"], 2), ["a", "b"]);
  assert.deepEqual(firstOf(["a", "b", "c", "d"], 2), ["a", "b", "+2"]);
});

Deno.test("jsonText() lets no control character through, and means the same", () => {
  assert.equal(jsonText({ a: ["é\x9b\x1b"] }), '{\n  "a": [\n    "é\\u009b\\u001b"\n  ]\n}');
  fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
    const text = jsonText(value);
    assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
  }));
});
