/**
 * Layers of store paths that come as NARs, against Python's tarfile and against the same paths on disk.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ImageError } from "../../src/errors.ts";
import type { Layer } from "../../src/layer/layer.ts";
import { PermissionRules } from "../../src/layer/permissions.ts";
import { RootLayer } from "../../src/layer/root_layer.ts";
import { type Ownership, StoreLayer } from "../../src/layer/store_layer.ts";
import type { NarPath } from "../../src/store/nar_path.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { type TreeEntry, walkTree } from "../../src/store/tree.ts";
import { assertSameBytes } from "../support/bytes.ts";
import { makeFiles } from "../support/directories.ts";
import { narPath, narPaths, narsOf } from "../support/nars.ts";
import { askPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";
import { storePath } from "../support/store_paths.ts";

const OWNER: Ownership = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: 1 };
const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };
const A = storePath("a"), B = storePath("b"), C = storePath("c"), D = storePath("d");

const bytesOf = (layer: Pick<Layer, "open">) => new Response(layer.open()).bytes();

/** Store paths on disk, and their NARs. */
interface Made extends AsyncDisposable {
  readonly root: string;
  /** An empty directory, which a test leaves as it is. */
  readonly spool: string;
  readonly nars: Record<string, Uint8Array<ArrayBuffer>>;
}

/** Store paths with files of every kind that is UTF-8, as a store has them. */
async function make(): Promise<Made> {
  const scratch = new Scratch();
  const root = scratch.path, spool = `${root}/spool`;
  Deno.mkdirSync(spool);
  makeFiles(
    root + A,
    {
      "bin/tool": "#!/bin/sh\n",
      "bin/alias": "-> tool",
      "empty": null,
      "empty-file": "",
      [`deep/${"d/".repeat(300)}file`]: "deep",
      [`long/${"n".repeat(255)}`]: "long name",
      [`long/${"m".repeat(200)}/${"o".repeat(200)}`]: `-> ${"t".repeat(4000)}`,
      "文 😀": "x".repeat(511),
      "\ue000/in it": "y".repeat(513),
      "order/a/x": "1",
      "order/a.b": "2",
      "order/a b": "3",
    },
  );
  makeFiles(root, { [B]: "one file\n", [C]: `-> ${A}/bin` });
  makeFiles(root + D, { "large": "z".repeat(3_000_000), "share/doc": "d" });
  const paths = [A, B, C, D];
  for (const path of paths) settle(root + path);
  const bytes = await narsOf(paths.map((path) => root + path));
  const nars = Object.fromEntries(paths.map((path, index) => [path, bytes[index]!]));
  return { root, spool, nars, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}

/** Gives files the modes of a store. */
function settle(path: string): void {
  const { isDirectory, isSymlink } = Deno.lstatSync(path);
  if (isDirectory) { for (const { name } of Deno.readDirSync(path)) settle(`${path}/${name}`); }
  if (isSymlink) return;
  Deno.chmodSync(path, isDirectory || path.endsWith("/tool") ? 0o555 : 0o444);
}

const made = await make();
Deno.test.afterAll(async () => await made[Symbol.asyncDispose]());

/** A layer of these paths, of which those with NARs are not on the disk. */
function layerOf(
  paths: readonly StorePath[],
  nars: Readonly<Record<string, NarPath>>,
  rules?: PermissionRules,
): StoreLayer {
  const elsewhere = { nars: narPaths(nars), spool: () => Promise.resolve(made.spool) };
  return new StoreLayer(paths, OWNER, made.root, rules, undefined, elsewhere);
}

function entriesOf(path: StorePath): TreeEntry[] {
  return [...walkTree(path, made.root)];
}

async function failsWith(message: RegExp, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ImageError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

function isEmpty(directory: string): boolean {
  return [...Deno.readDirSync(directory)].length === 0;
}

Deno.test(
  "a layer from NARs has the bytes of one from the disk, whichever paths are where",
  LEAVES_NOTHING,
  async () => {
    const paths = [C, A, D, B];
    const rules = new PermissionRules([{ path: `${A}/bin/*`, uid: 7, mode: 0o4555 }]);
    for (const rule of [undefined, rules]) {
      const expected = await bytesOf(new StoreLayer(paths, OWNER, made.root, rule));
      for (let where = 1; where < 16; where++) {
        const coming = paths.filter((_, index) => where & 1 << index);
        const nars = Object.fromEntries(
          coming.map((path) => [path, narPath(path, made.nars[path]!, { chunk: 1000 * where })]),
        );
        const layer = layerOf(paths, nars, rule);
        assertSameBytes(await bytesOf(layer), expected, `from ${where}`);
        for (const nar of Object.values(nars)) {
          assert.deepEqual([nar.opened, nar.ended], [1, 1], "each NAR is read once, to its end");
        }
      }
    }
  },
);

Deno.test(
  "a layer from NARs has the bytes of Python's tarfile, whatever the names are",
  LEAVES_NOTHING,
  async () => {
    await using scratch = new Scratch();
    const root = `${scratch.path}/root`, spool = `${scratch.path}/spool`;
    Deno.mkdirSync(spool);
    interface Answer {
      readonly paths: [StorePath];
      readonly owner: Ownership;
      readonly size: number;
      readonly sha256: string;
    }
    const answers = await askPython<Answer[]>("random_trees.py", null, [root, "11", "60"]);
    const nars = await narsOf(answers.map(({ paths: [path] }) => root + path));
    let held = 0;
    for (const [index, { paths: [path], owner, size, sha256 }] of answers.entries()) {
      // The others have modes that no NAR has.
      if (index % 2 === 1) continue;
      const nar = narPath(path, nars[index]!);
      const layer = new StoreLayer([path], owner, "/nowhere", undefined, undefined, {
        nars: narPaths({ [path]: nar }),
        spool: () => (held++, Promise.resolve(spool)),
      });
      const bytes = await bytesOf(layer);
      assert.equal(bytes.length, size, path);
      assert.equal(createHash("sha256").update(bytes).digest("hex"), sha256, path);
      assert.ok(isEmpty(spool));
    }
    assert.ok(held > 5, `${held}: some have to have names in another order`);
  },
);

Deno.test(
  "a single image's layer from NARs has the bytes of one from the disk",
  LEAVES_NOTHING,
  async () => {
    const file = `${made.root}/top`;
    Deno.writeFileSync(file, new Uint8Array(2048));
    for (const format of ["pax", "gnu"] as const) {
      const top = { file, size: 2048, digest: "x", format, hasNix: true, hasStore: false };
      const options = { comment: "c", storeRoot: made.root, rules: new PermissionRules([]) };
      const rootLayer = (elsewhere?: ConstructorParameters<typeof StoreLayer>[5]) =>
        new RootLayer(top as never, [A, B, D], { ...options, elsewhere });
      const expected = await bytesOf(rootLayer());
      const nars = narPaths({ [A]: narPath(A, made.nars[A]!), [D]: narPath(D, made.nars[D]!) });
      const layer = rootLayer({ nars, spool: () => Promise.resolve(made.spool) });
      assert.equal(await layer.tarSize(), expected.length);
      assertSameBytes(await bytesOf(layer), expected, format);
      assertSameBytes(await bytesOf(layer), expected, format);
      assert.ok(isEmpty(made.spool));
    }
  },
);

Deno.test("tarSize() takes the size from listings, and reads no NAR", LEAVES_NOTHING, async () => {
  const paths = [A, B, C, D];
  const expected = await bytesOf(new StoreLayer(paths, OWNER, made.root));
  const nars = Object.fromEntries([A, C, D].map((path) => {
    return [path, narPath(path, made.nars[path]!, { entries: entriesOf(path) })];
  }));
  const layer = layerOf(paths, nars);
  assert.equal(await layer.tarSize(), expected.length);
  assert.equal(await layer.tarSize(), expected.length);
  assert.deepEqual(Object.values(nars).map(({ opened }) => opened), [0, 0, 0]);
  assertSameBytes(await bytesOf(layer), expected, "sized");
  assertSameBytes(await bytesOf(layer), expected, "once more");
});

Deno.test(
  "a layer fails before it gives more than its listings said, or at the end if less",
  LEAVES_NOTHING,
  async () => {
    const entries = entriesOf(D);
    const bytes = made.nars[D]!;
    const last = entries.at(-1)!;
    const lies: [string, TreeEntry[]][] = [
      ["one file too few", entries.slice(0, -1)],
      ["one file too many", [...entries, { ...last, path: `${D}/zz` }]],
      ["a larger file", entries.with(-1, { ...last, size: 513 })],
      [
        "a smaller file",
        entries.map((entry) => entry.size > 1000 ? { ...entry, size: 99 } : entry),
      ],
      ["nothing", []],
    ];
    for (const [about, lie] of lies) {
      const layer = layerOf([D, B], { [D]: narPath(D, bytes, { entries: lie }) });
      const size = await layer.tarSize();
      let came = 0;
      await failsWith(
        /^The NAR of \S+-d from a test has other files than its store's listing says, which told/,
        (async () => {
          for await (const { length } of layer.open()) came += length;
        })(),
      );
      assert.ok(came <= size, `${about}: ${came} of ${size}`);
    }
  },
);

Deno.test(
  "tarSize() spools a layer whose size nothing tells, for one reading",
  LEAVES_NOTHING,
  async () => {
    const paths = [B, D, A];
    const expected = await bytesOf(new StoreLayer(paths, OWNER, made.root));
    const nar = narPath(D, made.nars[D]!), told = narPath(A, made.nars[A]!, { entries: [] });
    const layer = layerOf(paths, { [D]: nar, [A]: told });
    assert.equal(await layer.tarSize(), expected.length);
    assert.equal(await layer.tarSize(), expected.length);
    assert.equal(nar.opened, 1);
    assert.equal([...Deno.readDirSync(made.spool)].length, 1);
    assertSameBytes(await bytesOf(layer), expected, "spooled");
    assert.equal(nar.opened, 1);
    assert.ok(isEmpty(made.spool));
    assertSameBytes(await bytesOf(layer), expected, "not spooled");
    assert.equal(nar.opened, 2);
    assert.equal(await layer.tarSize(), expected.length);
    assert.equal(nar.opened, 3);
    const reader = layer.open().getReader();
    await reader.read();
    await reader.cancel();
    assert.ok(isEmpty(made.spool), "a reading that is cancelled removes the file, too");
    await layer.tarSize();
    await layer.open().cancel();
    assert.ok(isEmpty(made.spool), "even before it began");
  },
);

Deno.test("tarSize() leaves no file behind when it fails", LEAVES_NOTHING, async () => {
  const wrong = made.nars[D]!.slice();
  wrong[1_000_000]! ^= 1;
  const layer = layerOf([B, D], { [D]: narPath(D, wrong, { claimed: made.nars[D]! }) });
  for (let again = 0; again < 2; again++) {
    await failsWith(/^The NAR of \S+-d from https:\/\/cache\.example is damaged/, layer.tarSize());
    assert.ok(isEmpty(made.spool));
  }
  const nowhere = {
    nars: narPaths({ [D]: narPath(D, wrong) }),
    spool: () => Promise.resolve("/nowhere"),
  };
  const unwritable = new StoreLayer([D], OWNER, "", undefined, undefined, nowhere);
  await failsWith(/^Cannot write a temporary file: .*; TMPDIR names/, unwritable.tarSize());
});

Deno.test(
  "a layer does not end before its NARs are found to be the right ones",
  LEAVES_NOTHING,
  async () => {
    const good = made.nars[D]!;
    const flipped = good.slice();
    flipped[good.length >> 1]! ^= 1;
    const cases: [RegExp, Uint8Array][] = [
      [/^The NAR of \S+-d from \S+ is damaged or another one: it has sha256:\w+, not/, flipped],
      [/^The NAR of \S+-d from \S+ ends after \d+ of its \d+ bytes$/, good.subarray(0, -8)],
      [/^The NAR of \S+-d from \S+ has more than its \d+ bytes$/, new Uint8Array([...good, 0])],
    ];
    for (const [message, bytes] of cases) {
      for (const paths of [[D], [D, B], [B, D, A]]) {
        const other = narPath(A, made.nars[A]!);
        const layer = layerOf(paths, {
          [D]: narPath(D, bytes, { claimed: good }),
          [A]: other,
        });
        await failsWith(message, bytesOf(layer));
        assert.equal(
          other.opened,
          other.cancelled + other.ended,
          "what was opened ahead is closed",
        );
      }
    }
  },
);

Deno.test("a layer opens NARs ahead, and cancels them all", LEAVES_NOTHING, async () => {
  const paths = [D, A, B, C];
  const nars = Object.fromEntries(paths.map((path) => [path, narPath(path, made.nars[path]!)]));
  for (const pending of [false, true]) {
    const reader = layerOf(paths, nars).open().getReader();
    await reader.read();
    const reading = pending ? reader.read() : undefined;
    assert.deepEqual(
      Object.values(nars).map(({ opened }) => opened),
      [1, 1, 1, 0].map((n) => pending ? 2 * n : n),
    );
    await reader.cancel();
    await reading;
    for (const { opened, cancelled, ended } of Object.values(nars)) {
      assert.equal(opened, cancelled + ended);
    }
  }
});

Deno.test("a layer that waits for a NAR can be cancelled", LEAVES_NOTHING, async () => {
  let cancelled = 0;
  const stuck: NarPath = {
    narSize: 1000,
    narHash: "",
    from: "a test",
    entries: () => Promise.resolve(undefined),
    open: () =>
      new ReadableStream({
        type: "bytes",
        pull: () => new Promise(() => {}),
        cancel: () => void cancelled++,
      }),
  };
  const reader = layerOf([B, A, D], { [A]: stuck, [D]: stuck }).open().getReader();
  const reading = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await reader.cancel();
  await reading;
  assert.equal(cancelled, 2);
});
