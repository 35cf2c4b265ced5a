import assert from "node:assert/strict";
import type { StorePath } from "../../src/store/store_path.ts";
import { NarinfoCache } from "../../src/stores/narinfo_cache.ts";
import { pruneNarinfos } from "../../src/stores/narinfo_prune.ts";
import { inDirectory } from "../support/directories.ts";
import { storePath } from "../support/store_paths.ts";

const DAY = 86_400_000, NOW = 1_800_000_000_000;
const BOUNDS = { age: 30 * DAY, most: 3 };

/** Writes files of these ages, in days. */
function write(directory: string, ages: Readonly<Record<string, number>>): void {
  for (const [name, age] of Object.entries(ages)) {
    const path = `${directory}/${name}`, time = (NOW - age * DAY) / 1000;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, name);
    Deno.utimeSync(path, time, time);
  }
}

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory ? [`${name}/`, ...namesIn(`${directory}/${name}`)] : [name]
  ).sort();
}

Deno.test("what is too old goes, then the oldest of what is too much, and directories that are empty", async () => {
  await inDirectory((directory) => {
    write(directory, { "one/a": 31, "one/b": 29, "one/c": 3, "one/d": 1, "two/e": 2, "old/f": 90 });
    write(directory, { "one/a.left-behind": 40, "two/from-a-clock-that-was-ahead": -1 });
    pruneNarinfos(directory, NOW, { ...BOUNDS, most: 4 });
    assert.deepEqual(
      namesIn(directory),
      ["c", "d", "e", "from-a-clock-that-was-ahead", "one/", "pruned", "two/"],
    );
  });
});

Deno.test("that is done once a day, and never where there is nothing", async () => {
  await inDirectory((directory) => {
    const places = `${directory}/narinfos`;
    pruneNarinfos(places, NOW, BOUNDS);
    assert.deepEqual(namesIn(directory), []);
    write(places, { "one/a": 31 });
    pruneNarinfos(places, NOW, BOUNDS);
    write(places, { "one/a": 31 });
    pruneNarinfos(places, NOW + DAY - 1, BOUNDS);
    assert.deepEqual(namesIn(places), ["a", "one/", "pruned"]);
    pruneNarinfos(places, NOW + DAY, BOUNDS);
    assert.deepEqual(namesIn(places), ["pruned"]);
    // A clock that went back does not put it off for ever.
    write(places, { "one/a": 80 });
    pruneNarinfos(places, NOW - 40 * DAY, BOUNDS);
    assert.deepEqual(namesIn(places), ["pruned"]);
  });
});

Deno.test("who keeps narinfos makes room for them, and others read on meanwhile", async () => {
  await inDirectory(async (directory) => {
    const paths = Array.from({ length: 20 }, (_, index) => storePath("a", `${index}z`));
    const caches = ["https://a.example", "https://b.example"]
      .map((url) => new NarinfoCache(directory, url, Date.now));
    write(directory, { "old/a": 0 });
    Deno.utimeSync(`${directory}/old/a`, 1, 1);
    const keep = async (cache: NarinfoCache, path: StorePath) => {
      await cache.put(path, path);
      pruneNarinfos(directory, Date.now() + DAY, { age: DAY, most: 10 });
      const kept = cache.get(path);
      assert.ok(kept === undefined || kept === path);
    };
    await Promise.all(caches.flatMap((cache) => paths.map((path) => keep(cache, path))));
    assert.ok(!namesIn(directory).includes("old/"));
    await caches[0]!.put(paths[0]!, "new");
    assert.equal(caches[0]!.get(paths[0]!), "new");
  });
});
