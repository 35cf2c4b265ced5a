import assert from "node:assert/strict";
import type { ClosureSource } from "../../src/store/closure.ts";
import { closuresWithin } from "../../src/store/graph_file.ts";
import { hashPart, parseStorePath, type StorePath } from "../../src/store/store_path.ts";
import { openStores, type StoresOptions } from "../../src/stores/stores.ts";
import { CacheServer } from "../support/cache_server.ts";
import { inDirectory } from "../support/directories.ts";
import { closureOfNames, storePath } from "../support/store_paths.ts";
import { toldNarinfo, writeToldPaths } from "../support/told_paths.ts";

const ANYONE: StoresOptions = { trust: { keys: [], checkSignatures: false } };

function writeCache(directory: string, references: Record<string, readonly StorePath[]>): string {
  writeToldPaths(directory, references);
  return `file://${directory}`;
}

const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => storePath(name, name)) as [
  StorePath,
  StorePath,
  StorePath,
  StorePath,
];

Deno.test("a closure is put together from several stores, and the one here", async () => {
  await inDirectory(async (directory) => {
    const first = writeCache(`${directory}/1`, { [a]: [a, b, c] });
    const second = writeCache(`${directory}/2`, { [a]: [], [b]: [c, storePath("here")] });
    const graph = closureOfNames({ here: ["below"], below: [] });
    const local = closuresWithin(graph);
    const third = writeCache(`${directory}/3`, { [c]: [], [storePath("here")]: [d] });
    await using stores = openStores([first, second, third], { ...ANYONE, local });
    const closure = await stores.closureOf([a, b, a]);
    assert.deepEqual(
      Array.from(closure, ([path, { references }]) => [path, references]).sort(),
      [
        [a, [b, c]],
        [b, [storePath("here"), c]],
        [c, []],
        [storePath("here"), [storePath("below")]],
        [storePath("below"), []],
      ].sort(),
    );
    assert.equal(closure.get(a)?.refersToItself, true);
    assert.deepEqual(
      [a, b, c, storePath("here")].map((path) => stores.infos().get(path)?.store),
      [first, second, third, undefined],
    );
    assert.equal(stores.narOf(storePath("here")), undefined);
    assert.equal(stores.narOf(a)?.narSize, 100);
    assert.deepEqual(await stores.missing([a, d, storePath("below")]), [d]);
  });
});

Deno.test("what no store has is told of at once, with the stores that were asked", async () => {
  await inDirectory(async (directory) => {
    const first = writeCache(`${directory}/1`, { [a]: [b, c] });
    const second = writeCache(`${directory}/2`, { [b]: [d] });
    await using stores = openStores([first, second], ANYONE);
    await assert.rejects(stores.closureOf([a]), {
      name: "MissingPathsError",
      paths: [c, d],
      where: `${first} or ${second}`,
    });
    const nothing: ClosureSource = closuresWithin(new Map());
    await using both = openStores([first], { ...ANYONE, local: nothing });
    await assert.rejects(both.closureOf([d]), { where: `the Nix store or ${first}` });
  });
});

Deno.test("paths that refer to one another are an error that names one and its store", async () => {
  await inDirectory(async (directory) => {
    const url = writeCache(directory, { [a]: [b], [b]: [c], [c]: [b], [d]: [d] });
    await using stores = openStores([url], ANYONE);
    await assert.rejects(stores.closureOf([a]), (error: Error) => {
      assert.match(error.message, /^file:.*: no store has that$/);
      assert.ok([a, b, c].some((path) => error.message.includes(path)));
      return true;
    });
    assert.equal((await stores.closureOf([d])).size, 1);
  });
});

Deno.test("a closure without an end is given up", async () => {
  await inDirectory(async (directory) => {
    writeCache(directory, {});
    for (const width of [300, 10_000]) {
      let last = 0;
      const next = () => parseStorePath(`/nix/store/${String(++last).padStart(32, "0")}-x`);
      const root = storePath("root", "r");
      const paths = new Map([[hashPart(root), root]]);
      await using server = await CacheServer.start(directory, {
        fault({ path }) {
          const known = paths.get(path.slice(1, 33));
          if (known === undefined) return undefined;
          const references = Array.from({ length: width }, next);
          for (const reference of references) paths.set(hashPart(reference), reference);
          return { status: 200, body: toldNarinfo(known, references) };
        },
      });
      await using stores = openStores([server.url], ANYONE);
      await assert.rejects(stores.closureOf([root]), /more than/);
      assert.ok(server.requests.length < 2000);
    }
  });
});

Deno.test("a URL that is none of a store is an error", () => {
  for (const url of ["gopher://x", "file://host/dir", "http:", "nonsense", ""]) {
    assert.throws(() => openStores([url], ANYONE), { name: "UsageError" }, url);
  }
});
