import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageError } from "../../src/errors.ts";
import { type NarNode, type NarOptions, NarReader } from "../../src/store/nar.ts";
import { TruncatedNarError } from "../../src/store/nar_tokens.ts";
import { encodeName } from "../../src/tar/name.ts";
import { streamOf } from "../support/bytes.ts";
import { mutated, type Mutation, mutation } from "../support/mutations.ts";
import { narsOf } from "../support/nars.ts";
import { askPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";

/** A tree to be written as a NAR; names may hold escaped bytes. */
type Tree =
  | { readonly content: Uint8Array; readonly executable?: boolean }
  | { readonly target: string }
  | { readonly entries: Readonly<Record<string, Tree>> };

/** The format: E. Dolstra, "The Purely Functional Software Deployment Model", figure 5.2. */
function narOf(tree: Tree): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const write = (data: string | Uint8Array) => {
    const raw = typeof data === "string" ? encodeName(data) : data;
    bytes.push(...new Uint8Array(BigUint64Array.of(BigInt(raw.length)).buffer), ...raw);
    while (bytes.length % 8 !== 0) bytes.push(0);
  };
  const writeTree = (node: Tree) => {
    write("(");
    write("type");
    if ("target" in node) ["symlink", "target", node.target].forEach(write);
    else if ("entries" in node) {
      write("directory");
      for (const [name, entry] of Object.entries(node.entries)) {
        ["entry", "(", "name", name, "node"].forEach(write);
        writeTree(entry);
        write(")");
      }
    } else {
      write("regular");
      if (node.executable) ["executable", ""].forEach(write);
      write("contents");
      write(node.content);
    }
    write(")");
  };
  write("nix-archive-1");
  writeTree(tree);
  return Uint8Array.from(bytes);
}

const text = (content: string) => new TextEncoder().encode(content);

const TREE: Tree = {
  entries: {
    "bin": {
      entries: {
        "tool": { content: text("#!/bin/sh\n"), executable: true },
        "tool-alias": { target: "tool" },
      },
    },
    "empty": { entries: {} },
    "file-0": { content: text("") },
    "file-7": { content: text("1234567") },
    "file-8": { content: text("12345678") },
    "file-9": { content: text("123456789") },
  },
};

async function readContent(reader: NarReader, room: number): Promise<string> {
  let content = "";
  const buffer = new Uint8Array(room);
  for (let length = 1; length > 0;) {
    length = await reader.read(buffer);
    content += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return content;
}

async function allNodes(
  stream: ReadableStream<Uint8Array>,
  options: NarOptions = {},
): Promise<NarNode[]> {
  const reader = new NarReader(stream, options);
  const nodes: NarNode[] = [];
  for (let node = await reader.next(); node; node = await reader.next()) nodes.push(node);
  return nodes;
}

const node = (path: string, fields: Partial<NarNode>): NarNode => ({
  path,
  type: "file",
  executable: false,
  size: 0,
  target: "",
  ...fields,
});

Deno.test("NarReader gives the nodes in their order and passes over contents", async () => {
  const expected = [
    node("", { type: "directory" }),
    node("/bin", { type: "directory" }),
    node("/bin/tool", { executable: true, size: 10 }),
    node("/bin/tool-alias", { type: "symlink", target: "tool" }),
    node("/empty", { type: "directory" }),
    node("/file-0", { size: 0 }),
    node("/file-7", { size: 7 }),
    node("/file-8", { size: 8 }),
    node("/file-9", { size: 9 }),
  ];
  for (const size of [1, 3, 8, 10_000]) {
    assert.deepEqual(await allNodes(streamOf(narOf(TREE), size)), expected);
  }
});

Deno.test("NarReader gives the contents of files, in part or whole", async () => {
  for (const [chunk, room] of [[1, 1], [3, 100], [10_000, 4], [10_000, 100]] as const) {
    const reader: NarReader = new NarReader(streamOf(narOf(TREE), chunk));
    const contents: Record<string, string> = {};
    for (let node = await reader.next(); node; node = await reader.next()) {
      // The rest of this one is passed over.
      if (node.path === "/file-7") assert.equal(await reader.read(new Uint8Array(1)), 1);
      else contents[node.path] = await readContent(reader, room);
    }
    assert.deepEqual(contents, {
      "": "",
      "/bin": "",
      "/bin/tool": "#!/bin/sh\n",
      "/bin/tool-alias": "",
      "/empty": "",
      "/file-0": "",
      "/file-8": "12345678",
      "/file-9": "123456789",
    });
  }
});

Deno.test("NarReader reads a file or a symlink that stands alone", async () => {
  assert.deepEqual(await allNodes(streamOf(narOf({ content: text("abc") }))), [
    node("", { size: 3 }),
  ]);
  assert.deepEqual(await allNodes(streamOf(narOf({ target: "/nix/store/x" }))), [
    node("", { type: "symlink", target: "/nix/store/x" }),
  ]);
});

Deno.test("NarReader keeps names and targets that are not UTF-8", async () => {
  const tree = { entries: { "caf\udce9": { target: "\udcff" }, "文": { content: text("x") } } };
  assert.deepEqual((await allNodes(streamOf(narOf(tree)))).slice(1), [
    node("/caf\udce9", { type: "symlink", target: "\udcff" }),
    node("/文", { size: 1 }),
  ]);
});

Deno.test("NarReader fails with TruncatedNarError wherever a NAR is cut off", async () => {
  const nar = narOf(TREE);
  for (let length = 0; length < nar.length; length++) {
    await assert.rejects(
      allNodes(streamOf(nar.slice(0, length))),
      TruncatedNarError,
      `${length} bytes`,
    );
  }
});

Deno.test("NarReader fails with TruncatedNarError within a content that is read", async () => {
  const nar = narOf({ content: text("0123456789") });
  const end = new TextDecoder().decode(nar).indexOf("0123456789") + 5;
  const reader = new NarReader(streamOf(nar.slice(0, end)));
  await reader.next();
  await assert.rejects(readContent(reader, 3), TruncatedNarError);
});

Deno.test("NarReader fails with ImageError for what is no NAR", async () => {
  await assert.rejects(
    allNodes(streamOf(text("#!/bin/sh\necho this is no NAR\n"))),
    { name: "ImageError", message: "The NAR is none, or broken: a tag is too long" },
  );
  const other = narOf({ content: text("x") });
  other.set(text("nix-archive-2"), 8);
  await assert.rejects(
    allNodes(streamOf(other)),
    {
      name: "ImageError",
      message: 'The NAR is none, or broken: "nix-archive-2" is where "nix-archive-1" should be',
    },
  );
});

/** Strings as a NAR has them, one behind the other; numbers are a content of so many zeros. */
function strings(...parts: (string | Uint8Array | number)[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const part of parts) {
    const raw = typeof part === "string"
      ? encodeName(part)
      : typeof part === "number"
      ? new Uint8Array(part)
      : part;
    bytes.push(...new Uint8Array(BigUint64Array.of(BigInt(raw.length)).buffer), ...raw);
    while (bytes.length % 8 !== 0) bytes.push(0);
  }
  return Uint8Array.from(bytes);
}

const MAGIC = "nix-archive-1";
const FILE = ["(", "type", "regular", "contents", "x", ")"];
const directory = (...entries: string[][]) => [
  MAGIC,
  ...["(", "type", "directory"],
  ...entries.flatMap(([name = "", ...node]) => ["entry", "(", "name", name, "node", ...node, ")"]),
  ")",
];

async function failsWith(message: RegExp, bytes: Uint8Array, about = ""): Promise<void> {
  for (const size of [1, 7, 100_000]) {
    await assert.rejects(allNodes(streamOf(bytes, size)), (error) => {
      assert.ok(error instanceof ImageError, `${about}: ${error}`);
      assert.match(error.message, message, about);
      assert.doesNotMatch(error.message, /\p{Cc}/u);
      return true;
    }, about);
  }
}

Deno.test("NarReader refuses names that lead elsewhere, and such as Linux does not have", async () => {
  for (const name of ["", ".", "..", "a/b", "/", "a\0b", "\0"]) {
    const message = /^The NAR is none, or broken: a file of it is called "/;
    await failsWith(message, strings(...directory([name, ...FILE])), JSON.stringify(name));
  }
  await failsWith(/a name is too long$/, strings(...directory(["n".repeat(256), ...FILE])));
  // Names of the bytes of Nix's "case hack" are names like others.
  const names = ["...", ".a", "~nix~case~hack~1", "n".repeat(255)];
  const nodes = await allNodes(streamOf(strings(...directory(
    ...names.map((name) => [name, ...FILE])
      .sort(([a], [b]) => a! < b! ? -1 : 1),
  ))));
  assert.deepEqual(nodes.length, 1 + names.length);
});

Deno.test("NarReader refuses names that are not in order, or come twice", async () => {
  const wrong = [["b", "a"], ["a", "a"], ["ab", "a"], ["\udcff", "\udc80"], ["\udc80", "z"], [
    "é",
    "~",
  ]];
  for (const names of wrong) {
    await failsWith(
      /its names are not in order, or come twice, at "/,
      strings(...directory(...names.map((name) => [name, ...FILE]))),
      JSON.stringify(names),
    );
  }
  // Bytes from 0x80 on come before those of valid characters, of which the first byte is larger.
  for (const names of [["\udc80", "é"], ["a", "a-", "aa"], ["z", "\udc80", "\udcff"]]) {
    assert.equal(
      (await allNodes(streamOf(strings(...directory(...names.map((name) => [name, ...FILE]))))))
        .length,
      1 + names.length,
    );
  }
});

Deno.test("NarReader refuses what no NAR has in its place", async () => {
  const file = (...inside: string[]) => [MAGIC, "(", "type", "regular", ...inside];
  const cases: Record<string, string[]> = {
    "a second type": [MAGIC, "(", "type", "regular", "type", "regular", "contents", "x", ")"],
    "an unknown type": [MAGIC, "(", "type", "fifo", ")"],
    "no contents": file(")"),
    "a value of executable": file("executable", "x", "contents", "x", ")"),
    "executable twice": file("executable", "", "executable", "", "contents", "x", ")"),
    "executable behind the contents": file("contents", "x", "executable", "", ")"),
    "contents twice": file("contents", "x", "contents", "x", ")"),
    "a target of a file": file("contents", "x", "target", "x", ")"),
    "an executable symlink": [MAGIC, "(", "type", "symlink", "executable", "", "target", "x", ")"],
    "no target": [MAGIC, "(", "type", "symlink", ")"],
    "two targets": [MAGIC, "(", "type", "symlink", "target", "x", "target", "x", ")"],
    "an executable directory": [MAGIC, "(", "type", "directory", "executable", "", ")"],
    "contents of a directory": [MAGIC, "(", "type", "directory", "contents", "x", ")"],
    "an entry without a name": [
      MAGIC,
      "(",
      "type",
      "directory",
      "entry",
      "(",
      "node",
      ...FILE,
      ")",
      ")",
    ],
    "an entry with two names": [
      ...[MAGIC, "(", "type", "directory", "entry", "(", "name", "a", "name", "b", "node", ...FILE],
      ...[")", ")"],
    ],
    "two nodes": [
      MAGIC,
      "(",
      "type",
      "directory",
      "entry",
      "(",
      "name",
      "a",
      "node",
      ...FILE,
      "node",
      ...FILE,
      ")",
      ")",
    ],
    "another root": [...directory(), "(", "type", "directory", ")"],
  };
  for (const [about, parts] of Object.entries(cases)) {
    const message = /^The NAR is none, or broken: (".*" is where ".*" should be|something follows)/;
    await failsWith(message, strings(...parts), about);
  }
});

Deno.test("NarReader refuses what is behind the end, and padding that is not of zeros", async () => {
  const nar = narOf(TREE);
  await failsWith(/something follows its end$/, Uint8Array.from([...nar, 0]));
  // Each zero that pads something: changed, it must not go unnoticed.
  let refused = 0;
  for (const [at, byte] of narOf(TREE).entries()) {
    if (byte !== 0) continue;
    const changed = nar.slice();
    changed[at] = 1;
    await assert.rejects(allNodes(streamOf(changed, 100_000)), ImageError, `${at}`);
    refused++;
  }
  assert.ok(refused > 500);
});

Deno.test("NarReader refuses targets that Linux does not have", async () => {
  const link = (target: string) => strings(MAGIC, "(", "type", "symlink", "target", target, ")");
  for (const target of ["", "a\0b"]) {
    await failsWith(/the symlink "" in it points nowhere$/, link(target));
  }
  await failsWith(/a symlink's target is too long$/, link("t".repeat(4096)));
  assert.equal((await allNodes(streamOf(link("t".repeat(4095)))))[0]?.target.length, 4095);
});

Deno.test("NarReader refuses depth without end", async () => {
  const deep = (depth: number) =>
    strings(
      MAGIC,
      ...Array.from(
        { length: depth },
        () => ["(", "type", "directory", "entry", "(", "name", "d", "node"],
      ).flat(),
      ...FILE,
      ...Array.from({ length: depth }, () => [")", ")"]).flat(),
    );
  assert.equal((await allNodes(streamOf(deep(2000), 100_000))).length, 2001);
  await failsWith(/a path in it is too long, "\/d\/d.*…$/, deep(2048));
});

Deno.test("NarReader refuses contents that are larger than what is left", async () => {
  const nar = narOf({ content: text("0123456789") });
  const at = nar.indexOf(10);
  const sized = (size: bigint) => {
    const changed = nar.slice();
    new DataView(changed.buffer).setBigUint64(at, size, true);
    return changed;
  };
  for (const size of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    await failsWith(/"" in it is larger than all of it$/, sized(size));
  }
  await failsWith(/^The NAR ends too early$/, sized(2n ** 40n));
  const known = (bytes: Uint8Array, size: number) =>
    allNodes(streamOf(bytes), { size, of: "/nix/store/x" });
  assert.equal((await known(nar, nar.length)).length, 1);
  const message = '^The NAR of /nix/store/x is none, or broken: "" in it is larger than all of it$';
  await assert.rejects(known(sized(1000n), nar.length), {
    name: "ImageError",
    message: new RegExp(message),
  });
});

Deno.test("NarReader says the same wherever the stream is split", async () => {
  const nar = narOf(TREE);
  const broken = nar.slice();
  broken[600]! ^= 0x40;
  for (const bytes of [nar, broken, nar.slice(0, 700)]) {
    const outcome = (stream: ReadableStream<Uint8Array>) =>
      allNodes(stream).then(
        (nodes) => JSON.stringify(nodes),
        (error) => `${error.name} ${error.message}`,
      );
    const expected = await outcome(streamOf(bytes, bytes.length));
    for (let at = 0; at < bytes.length; at++) {
      const split = ReadableStream.from([bytes.slice(0, at), bytes.slice(at)]);
      assert.equal(await outcome(split), expected, `split at ${at}`);
      const byteStream = new ReadableStream<Uint8Array>({
        type: "bytes",
        start(controller) {
          if (at > 0) controller.enqueue(bytes.slice(0, at));
          controller.enqueue(bytes.slice(at));
          controller.close();
        },
      });
      assert.equal(await outcome(byteStream), expected, `byte stream split at ${at}`);
    }
  }
});

/**
 * The seed is fixed. `FUZZ_RUNS=100000 FUZZ_SEED=1 deno test --allow-all tests/store/nar_test.ts` runs
 * as many with another one.
 */
const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 2000);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20240607);

Deno.test("NarReader gives a tree or fails with ImageError whatever the bytes are", async () => {
  await using scratch = new Scratch();
  const answers = await askPython<{ paths: [string] }[]>("random_trees.py", null, [
    scratch.path,
    "3",
    "24",
  ]);
  const all = await narsOf(answers.map(({ paths: [path] }) => scratch.path + path));
  // Changes in contents are no news.
  const nars = [...all.filter(({ length }) => length < 50_000), narOf(TREE)];
  assert.ok(nars.length > 3);
  const words = ["(", ")", "entry", "name", "node", "executable", "", "..", "type", "directory"];
  const word = fc.constantFrom(...words).map((tag) => strings(tag));
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  const put = fc.record({ kind: fc.constant("set"), at: place, bytes: word });
  const insert = fc.record({ kind: fc.constant("insert"), at: place, bytes: word });
  const change: fc.Arbitrary<Mutation> = fc.oneof(mutation, put, insert);
  // What a NAR has is in words of eight bytes.
  const even = (bytes: Uint8Array, { at, ...rest }: Mutation) => ({
    ...rest,
    at: Math.floor(at * bytes.length / 8) * 8 / bytes.length,
  } as Mutation);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(nars.length - 1),
      fc.array(fc.tuple(change, fc.boolean()), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 20, max: 5000 }),
      async (index, changes, chunk) => {
        const bytes = changes.reduce(
          (bytes, [change, isEven]) => mutated(bytes, isEven ? even(bytes, change) : change),
          nars[index]!,
        );
        try {
          checkTree(await allNodes(streamOf(bytes, chunk), { size: bytes.length }), bytes.length);
        } catch (error) {
          assert.ok(error instanceof ImageError, String(error));
          assert.doesNotMatch(error.message, /\p{Cc}/u);
          assert.ok(error.message.length < 1000);
        }
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});

/** Fails unless these can be written to a disk, one after the other, and only below the root. */
function checkTree(nodes: readonly NarNode[], narSize: number): void {
  const types = new Map<string, NarNode["type"]>();
  let size = 0;
  for (const { path, type, size: own, target } of nodes) {
    assert.ok(!types.has(path), path);
    if (types.size === 0) assert.equal(path, "");
    else {
      assert.match(path, /^(\/(?!\.{0,2}(\/|$))[^/\0]+)+$/u);
      assert.equal(types.get(path.slice(0, path.lastIndexOf("/"))), "directory", path);
    }
    assert.equal(type === "symlink", target !== "");
    types.set(path, type);
    size += own;
  }
  assert.ok(types.size > 0 && size < narSize);
}
