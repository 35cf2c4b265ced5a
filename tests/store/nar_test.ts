import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageError } from "../../src/errors.ts";
import { type NarNode, NarReader, TruncatedNarError } from "../../src/store/nar.ts";
import { encodeName } from "../../src/tar/name.ts";
import { streamOf } from "../support/bytes.ts";

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

async function allNodes(stream: ReadableStream<Uint8Array>): Promise<NarNode[]> {
  const reader = new NarReader(stream);
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
    { name: "ImageError", message: "Not a NAR, or a broken one: a name is too long" },
  );
  const other = narOf({ content: text("x") });
  other.set(text("nix-archive-2"), 8);
  await assert.rejects(
    allNodes(streamOf(other)),
    { name: "ImageError", message: 'Not a NAR, or a broken one: unexpected "nix-archive-2"' },
  );
});

Deno.test("NarReader ends or fails with ImageError whatever the bytes are", async () => {
  const nar = narOf(TREE);
  const broken = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.tuple(fc.nat(nar.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const changed = nar.slice();
        for (const [at, byte] of changes) changed[at] = byte;
        return changed;
      }),
  );
  await fc.assert(
    fc.asyncProperty(broken, async (bytes) => {
      try {
        await allNodes(streamOf(Uint8Array.from(bytes)));
      } catch (error) {
        assert.ok(error instanceof ImageError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
