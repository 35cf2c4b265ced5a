import assert from "node:assert/strict";
import { hashPart, type StorePath } from "../../src/store/store_path.ts";
import { closuresWithin } from "../../src/store/graph_file.ts";
import { openStores, type StoresOptions } from "../../src/stores/stores.ts";
import { type CacheFault, type CacheRequest, CacheServer } from "../support/cache_server.ts";
import { inDirectory } from "../support/directories.ts";
import { closureOfNames, storePath } from "../support/store_paths.ts";
import { writeToldFiles, writeToldPaths } from "../support/told_paths.ts";

const [a, b, c, absent] = ["a", "b", "c", "z"].map((name) => storePath(name, name)) as [
  StorePath,
  StorePath,
  StorePath,
  StorePath,
];

/** So that nothing waits for long. */
const retries = { delay: 1, attempts: 2 };

/** Stores by their URLs, and what they warn of. */
function stores(urls: readonly string[], options: Partial<StoresOptions> = {}) {
  const warnings: string[] = [];
  const opened = openStores(urls, {
    trust: { keys: [], checkSignatures: false },
    retries,
    idleTimeout: 300,
    onWarning: (message) => void warnings.push(message),
    ...options,
  });
  return Object.assign(opened, { warnings });
}

/** The URL of a port at which nobody listens. */
function nobody(): string {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}`;
}

/** Caches of three paths; in the first, something is wrong. */
async function withTwo(
  fault: (request: CacheRequest) => CacheFault | undefined,
  body: (first: CacheServer, second: CacheServer) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    writeToldPaths(directory, { [a]: [b, c], [b]: [c], [c]: [] });
    await using first = await CacheServer.start(directory, { fault });
    await using second = await CacheServer.start(directory);
    await body(first, second);
  });
}

Deno.test("a store of which nothing is needed is not asked, whatever it is", async () => {
  await withTwo(() => ({ status: 401 }), async (first, second) => {
    const others = [first.url, nobody(), "ssh-ng://host.invalid", "file:///nowhere"];
    await using after = stores([second.url, ...others]);
    assert.equal((await after.closureOf([a])).size, 3);
    const local = closuresWithin(closureOfNames({ here: ["below"], below: [] }));
    await using here = stores(others, { local });
    assert.equal((await here.closureOf([storePath("here")])).size, 2);
    assert.deepEqual(await here.missing([storePath("here")]), []);
    assert.deepEqual([first.count(), after.warnings, here.warnings], [0, [], []]);
  });
});

Deno.test("a store that can not be reached is told of once, and another one is asked", async () => {
  await withTwo(() => ({ status: 503 }), async (first, second) => {
    for (const url of [first.url, nobody(), "http://cache.invalid"]) {
      await using both = stores([url, second.url]);
      assert.equal((await both.closureOf([a])).size, 3);
      assert.deepEqual(await both.missing([absent]), [absent]);
      const [warning = "", ...more] = both.warnings;
      assert.deepEqual(more, []);
      assert.ok(warning.startsWith(`GET ${url}/nix-cache-info: `), warning);
      assert.ok(warning.endsWith(`; ${url} is not asked any more`), warning);
    }
    assert.equal(first.count(), retries.attempts);
  });
});

Deno.test("a store that is lost between two questions counts for what it has said", async () => {
  const lost = (path: StorePath) => ({ path: asked }: CacheRequest): CacheFault | undefined =>
    asked.includes(hashPart(path)) ? { status: 520 } : undefined;
  await withTwo(lost(b), async (first, second) => {
    await using both = stores([first.url, second.url]);
    assert.equal((await both.closureOf([a])).size, 3);
    const from = [a, b, c].map((path) => both.infos().get(path)?.store);
    assert.deepEqual(from, [first.url, second.url, second.url]);
    assert.equal(both.warnings.length, 1);
    // What is nowhere else may be there.
    await using alone = stores([first.url]);
    await assert.rejects(alone.closureOf([a]), (error: Error) => {
      assert.equal(error.name, "MissingPathsError");
      for (
        const part of [b, first.url, `GET ${first.url}/${hashPart(b)}.narinfo: 520`, "--store"]
      ) {
        assert.ok(error.message.includes(part), error.message);
      }
      return true;
    });
  });
});

Deno.test("what others have without a signature is refused all the same, and who was not asked is told", async () => {
  await withTwo(() => ({ status: 503 }), async (first, second) => {
    const trust = { keys: [], checkSignatures: true };
    await using both = stores([first.url, second.url], { trust });
    await assert.rejects(both.closureOf([a]), (error: Error) => {
      assert.equal(error.name, "UntrustedPathsError");
      return error.message.includes(`${first.url} can not be reached: GET ${first.url}/`);
    });
  });
});

for (
  const [what, fault, message] of [
    ["is no binary cache", { status: 404 }, /is no binary cache/],
    ["may not be read", { status: 403 }, /or may not be read/],
    ["wants to know who asks", { status: 401 }, /401; it wants to know who asks/],
    ["is of another store", { status: 200, body: "StoreDir: /gnu/store\n" }, /\/gnu\/store/],
  ] as const
) {
  Deno.test(`a store that ${what} is an error as soon as it is asked`, async () => {
    await withTwo(() => fault, async (first, second) => {
      await using both = stores([first.url, second.url]);
      await assert.rejects(both.closureOf([a]), message);
      assert.deepEqual([second.count(), both.warnings], [0, []]);
    });
  });
}

Deno.test("NARs of a store that is lost come from another one with the same", async () => {
  await inDirectory(async (directory) => {
    const nar = await writeToldFiles(`${directory}/cache`, [a, b, c], "text");
    let isLost = false;
    await using first = await CacheServer.start(`${directory}/cache`, {
      fault: () => isLost ? { status: 502 } : undefined,
    });
    await using second = await CacheServer.start(`${directory}/cache`);
    const contents = async (path: StorePath, from: ReturnType<typeof stores>) =>
      await new Response(from.narOf(path)!.open()).bytes();
    await using both = stores([first.url, second.url]);
    await using alone = stores([first.url]);
    await both.closureOf([a, b, c]);
    await alone.closureOf([a]);
    assert.deepEqual(await contents(a, both), nar);
    assert.equal(second.count(), 0);
    isLost = true;
    assert.deepEqual(await contents(b, both), nar);
    const asked = first.count();
    assert.deepEqual(await contents(c, both), nar);
    assert.equal(first.count(), asked);
    assert.equal(second.count("/nar/"), 2);
    assert.equal(both.warnings.length, 1);
    assert.ok(both.warnings[0]?.includes(`${b} from ${first.url}`), both.warnings[0]);
    await assert.rejects(contents(a, alone), /502/);
    // What is nowhere else is asked for once more.
    isLost = false;
    assert.deepEqual(await contents(a, alone), nar);
    isLost = true;

    // As a script does that another run has written.
    await using later = stores([first.url, second.url], { decided: both.infos() });
    assert.deepEqual(await contents(a, later), nar);
    assert.equal(await later.narOf(b)!.entries(), undefined);
    assert.equal(later.warnings.length, 1);
  });
});
