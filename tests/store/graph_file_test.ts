import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { closuresWithin, readGraphFile } from "../../src/store/graph_file.ts";
import { closureOfNames, storePath } from "../support/store_paths.ts";

const A = storePath("a"), B = storePath("b"), C = storePath("c");

const EXPECTED = new Map([
  [A, { narSize: 3, narHash: "sha256:aaa", references: [B, C], refersToItself: true }],
  [B, { narSize: 2, references: [] }],
  [C, { narSize: 1, references: [B] }],
]);

/** The records as exportReferencesGraph writes them; A refers to itself too. */
const LIST = [
  { path: A, narSize: 3, narHash: "sha256:aaa", closureSize: 6, references: [C, A, B] },
  { path: B, narSize: 2, references: [] },
  { path: C, narSize: 1, references: [B] },
];

const last = (path: string) => path.split("/").at(-1)!;

const FORMS: Record<string, unknown> = {
  "a list, as of exportReferencesGraph and of nix path-info until 2.18": LIST,
  ".attrs.json with one graph": { name: "image", outputs: { out: "/x" }, list: [1], graph: LIST },
  "an object by path, as of nix path-info since 2.19": Object.fromEntries(
    LIST.map(({ path, ...info }) => [path, info]),
  ),
  "version 2 of nix path-info": {
    version: 2,
    storeDir: "/nix/store",
    info: Object.fromEntries(
      LIST.map(({ path, references, ...info }) => [
        last(path),
        { ...info, references: references.map(last) },
      ]),
    ),
  },
};

async function inFile(content: string, use: (file: string) => void): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, content);
    use(file);
  } finally {
    await Deno.remove(file);
  }
}

for (const [form, json] of Object.entries(FORMS)) {
  Deno.test(`readGraphFile() reads ${form}`, async () => {
    await inFile(JSON.stringify(json), (file) => {
      const closure = readGraphFile(file);
      assert.deepEqual(
        [...closure].sort(([a], [b]) => a < b ? -1 : 1),
        [...EXPECTED],
      );
    });
  });
}

const UNKNOWN_FORM = "not a reference graph; expected what exportReferencesGraph writes with " +
  "__structuredAttrs, or the output of nix path-info --json --recursive";

const REFUSED: [content: string, message: string | RegExp][] = [
  ["{", /^FILE: not JSON: /],
  ["3", `FILE: ${UNKNOWN_FORM}`],
  ["null", `FILE: ${UNKNOWN_FORM}`],
  ['{"name": "image", "list": [1]}', `FILE: ${UNKNOWN_FORM}`],
  [
    JSON.stringify({ one: LIST, two: LIST, name: "x" }),
    "FILE: several graphs (one, two); give one of them",
  ],
  [
    JSON.stringify({ [A]: null }),
    `FILE: ${A}: not in the store that wrote the graph`,
  ],
  [
    JSON.stringify([{ path: "/nix/store/hello", narSize: 1, references: [] }]),
    'FILE: [0]: not a store path: "/nix/store/hello"',
  ],
  [
    JSON.stringify([LIST[1], { narSize: 1, references: [] }]),
    "FILE: [1]: path is missing",
  ],
  [
    JSON.stringify([{ path: A, narSize: "1", references: [] }]),
    "FILE: [0]: narSize is not a number",
  ],
  [
    JSON.stringify({ [A]: { narSize: 1 } }),
    `FILE: ${A}: references is not a list`,
  ],
  [
    JSON.stringify([{ path: A, narSize: 1, references: [7] }]),
    "FILE: [0]: not a store path: 7",
  ],
  [
    JSON.stringify(LIST.slice(0, 2)),
    `FILE: ${A} refers to ${C}, which is not in the graph; with nix path-info, give --recursive`,
  ],
  [
    JSON.stringify([
      { path: C, narSize: 1, references: [A] },
      { path: A, narSize: 1, references: [B] },
      { path: B, narSize: 1, references: [A] },
    ]),
    /^FILE: .*-[abc] refers to itself by way of others: no store has that$/,
  ],
];

for (const [content, message] of REFUSED) {
  Deno.test(`readGraphFile() refuses ${content.slice(0, 60)}`, async () => {
    await inFile(content, (file) => {
      assert.throws(() => readGraphFile(file), (error) => {
        assert.ok(error instanceof UsageError);
        const shown = error.message.replaceAll(file, "FILE");
        if (typeof message === "string") assert.equal(shown, message);
        else assert.match(shown, message);
        return true;
      });
    });
  });
}

Deno.test("readGraphFile() names a file that is not there", () => {
  assert.throws(() => readGraphFile("/nowhere/graph.json"), {
    name: "ImageError",
    message: "/nowhere/graph.json is not there: it was removed, or never made on this host",
  });
});

const GRAPH = closureOfNames({ app: ["lib", "data"], lib: ["libc"], libc: [], data: [], rest: [] });

Deno.test("closuresWithin() gives what the roots reach", async () => {
  const source = closuresWithin(GRAPH);
  const names = async (...roots: string[]) =>
    [...(await source.closureOf(roots.map((name) => storePath(name)))).keys()].sort();
  const paths = (...all: string[]) => all.map((name) => storePath(name)).sort();
  assert.deepEqual(await names(), []);
  assert.deepEqual(await names("libc"), paths("libc"));
  assert.deepEqual(await names("app", "lib"), paths("app", "data", "lib", "libc"));
});

Deno.test("closuresWithin() names the roots that are not known", async () => {
  const source = closuresWithin(GRAPH);
  const roots = [storePath("app"), storePath("x"), storePath("y")];
  assert.deepEqual(await source.missing(roots), roots.slice(1));
  await assert.rejects(source.closureOf(roots), {
    name: "MissingPathsError",
    message: "Not in the graph given with --closure; make the graph of all that the image uses:\n" +
      `  ${roots[1]}\n  ${roots[2]}`,
  });
});
