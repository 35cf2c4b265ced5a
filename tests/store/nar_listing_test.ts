import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageError } from "../../src/errors.ts";
import { formatNarListing, parseNarListing } from "../../src/store/nar_listing.ts";
import { comparePaths } from "../../src/store/nar_entries.ts";
import { storePath } from "../support/store_paths.ts";

const PATH = storePath("tool");
const parse = (document: unknown) =>
  parseNarListing(typeof document === "string" ? document : JSON.stringify(document), PATH, "x.ls");
const withRoot = (root: unknown) => parse({ version: 1, root });
const FILE = { type: "regular", size: 1, narOffset: 400 };

Deno.test("parseNarListing() gives the files in the order of a layer", () => {
  // As Nix 2.8 writes it.
  const text = `{"root":{"entries":{"bin":{"entries":{"tool":{"executable":true,"narOffset":400,` +
    `"size":10,"type":"regular"},"alias":{"target":"tool","type":"symlink"}},"type":"directory"},` +
    `"a.b":{"narOffset":1000,"size":0,"type":"regular"},"a":{"entries":{},"type":"directory"},` +
    `"😀":{"size":5,"type":"regular"},"\ue000":{"size":6,"type":"regular"}},` +
    `"type":"directory"},"version":1}`;
  const file = (path: string, mode: number, size: number) => ({
    path,
    type: "file",
    mode,
    size,
    target: "",
  });
  const directory = (path: string) => ({
    path,
    type: "directory",
    mode: 0o555,
    size: 0,
    target: "",
  });
  assert.deepEqual(parse(text), [
    directory(PATH),
    directory(`${PATH}/a`),
    file(`${PATH}/a.b`, 0o444, 0),
    directory(`${PATH}/bin`),
    { path: `${PATH}/bin/alias`, type: "symlink", mode: 0o777, size: 0, target: "tool" },
    file(`${PATH}/bin/tool`, 0o555, 10),
    file(`${PATH}/\ue000`, 0o444, 6),
    file(`${PATH}/😀`, 0o444, 5),
  ]);
  assert.deepEqual(withRoot(FILE), [file(PATH, 0o444, 1)]);
});

Deno.test("parseNarListing() refuses what is no listing, or of no NAR", () => {
  const inside = (name: string, value: unknown = FILE) =>
    `{"version":1,"root":{"type":"directory","entries":{${JSON.stringify(name)}:${
      JSON.stringify(value)
    }}}}`;
  const cases: Record<string, unknown> = {
    "it is no JSON object": ["", "x", "[]", "null", '"x"'],
    "its version is not 1": [{}, { version: 2, root: FILE }, { version: "1", root: FILE }],
    'it does not say what "" is': [{ version: 1 }, { version: 1, root: null }, {
      version: 1,
      root: { type: "fifo" },
    }],
    'it says no size of ""': [-1, 0.5, "1", 2 ** 53, null, undefined].map((size) => ({
      version: 1,
      root: { type: "regular", size },
    })),
    'it says no target of ""': ["", 1, "a\0b", "t".repeat(4096)].map((target) => ({
      version: 1,
      root: { type: "symlink", target },
    })),
    'it says nothing of what is in ""': [[], 1, null, undefined].map((entries) => ({
      version: 1,
      root: { type: "directory", entries },
    })),
    'it does not say what "/__proto__" is': [inside("__proto__", {})],
    ...Object.fromEntries(["", ".", "..", "a/b", "a\0b"].map((name) => [
      `a file in it is called ${JSON.stringify(name)}`,
      [inside(name)],
    ])),
  };
  for (const [why, documents] of Object.entries(cases)) {
    for (const document of documents as unknown[]) {
      assert.throws(() => parse(document), {
        name: "ImageError",
        message: `x.ls is no listing of a NAR: ${why}`,
      });
    }
  }
});

Deno.test("parseNarListing() takes depth without end for what it is", () => {
  const deep = (depth: number) =>
    '{"version":1,"root":' + '{"type":"directory","entries":{"d":'.repeat(depth) +
    JSON.stringify(FILE) +
    "}}".repeat(depth) + "}";
  assert.equal(parse(deep(2000)).length, 2001);
  for (const depth of [3000, 500_000]) {
    assert.throws(() => parse(deep(depth)), (error) => {
      assert.ok(error instanceof ImageError, String(error));
      return true;
    });
  }
});

Deno.test("parseNarListing() gives files or an ImageError whatever the JSON is", () => {
  const node = fc.letrec((tie) => ({
    node: fc.record({
      type: fc.constantFrom("regular", "symlink", "directory", "x", null),
      size: fc.oneof(fc.nat(), fc.jsonValue()),
      target: fc.oneof(fc.string({ minLength: 1 }), fc.jsonValue()),
      executable: fc.jsonValue(),
      entries: fc.oneof(
        { depthSize: "small" },
        fc.dictionary(fc.string(), tie("node")),
        fc.jsonValue(),
      ),
    }, { requiredKeys: [] }),
  })).node;
  fc.assert(
    fc.property(node, (root) => {
      try {
        const entries = withRoot(root);
        assert.equal(entries[0]?.path, PATH);
        for (const { path, size } of entries) assert.ok(path.startsWith(PATH) && size >= 0);
      } catch (error) {
        assert.ok(error instanceof ImageError, String(error));
      }
    }),
    { seed: 20240607, numRuns: 1000 },
  );
});

Deno.test("formatNarListing() writes what Nix does, but for the places in the NAR", () => {
  // As Nix 2.8 writes it.
  const text = `{"root":{"entries":{"bin":{"entries":{"tool":{"executable":true,"narOffset":400,` +
    `"size":10,"type":"regular"},"alias":{"target":"tool","type":"symlink"}},"type":"directory"},` +
    `"a.b":{"narOffset":1000,"size":0,"type":"regular"},"a":{"entries":{},"type":"directory"}},` +
    `"type":"directory"},"version":1}`;
  const { narOffset: _, ...file } = FILE;
  for (
    const [listing, expected] of [
      [text, text.replace(/"narOffset":\d+,/g, "")],
      [JSON.stringify({ version: 1, root: FILE }), JSON.stringify({ version: 1, root: file })],
    ] as const
  ) {
    const written = formatNarListing(PATH, parse(listing));
    assert.deepEqual(JSON.parse(written), JSON.parse(expected));
  }
});

Deno.test("formatNarListing() is read again, whatever names are, however deep", () => {
  const names = ["__proto__", "constructor", "10", "9", "caf\udce9", 'a"\n', "é", "\udcc3x", "😀"];
  const directory = { path: PATH, type: "directory", mode: 0o555, size: 0, target: "" } as const;
  const deep = Array.from({ length: 2047 }, (_, n) => ({
    ...directory,
    path: `${PATH}/d${"/d".repeat(n)}`,
  }));
  const files = names.flatMap((name) => [
    { ...directory, path: `${PATH}/${name}` },
    { ...directory, path: `${PATH}/${name}/x`, type: "file", mode: 0o444, size: 7 } as const,
    {
      ...directory,
      path: `${PATH}/${name}/y`,
      type: "symlink",
      mode: 0o777,
      target: "../é\udcff",
    } as const,
  ]);
  const entries = [directory, ...deep, ...files];
  // Whatever the order of directories.
  for (const given of [entries, [directory, ...files, ...deep]]) {
    const read = parse(formatNarListing(PATH, given));
    assert.deepEqual(read, given.toSorted(comparePaths));
  }
});
