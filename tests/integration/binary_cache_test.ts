import assert from "node:assert/strict";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { ImageError } from "../../src/errors.ts";
import { parsePublicKeys } from "../../src/signing/keys.ts";
import { parseStorePath, type StorePath } from "../../src/store/store_path.ts";
import { storeDatabase } from "../../src/store/nix_store.ts";
import { walkTree } from "../../src/store/tree.ts";
import { binaryCache, type BinaryCacheOptions } from "../../src/stores/binary_cache.ts";
import { openStores, type StoresOptions } from "../../src/stores/stores.ts";
import { BinaryCaches } from "../support/binary_caches.ts";
import { type CacheFault, type CacheRequest, CacheServer } from "../support/cache_server.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { runCommand } from "../support/program.ts";
import { makeAuthority } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";

const { itself, hello, message } = await buildFixtures("itself", "hello", "message");
const ROOT = parseStorePath(itself);
/** Of which a NAR is of use: the busybox of the fixtures has some hundred kilobytes. */
let caches: BinaryCaches;
let large: StorePath;

Deno.test.beforeAll(async () => {
  caches = await BinaryCaches.create(itself);
  large = parseStorePath(caches.paths.find((path) => path.endsWith("-busybox-static"))!);
});
Deno.test.afterAll(() => caches[Symbol.asyncDispose]());

/** So that nothing waits for long. */
const QUICK: BinaryCacheOptions = { retries: { delay: 1, attempts: 4 }, idleTimeout: 10_000 };
const signed = { signedBy: "key", compression: "none" } as const;

function trusting(options: Partial<StoresOptions> = {}): StoresOptions {
  const trust = { keys: parsePublicKeys(caches.key.public, "key"), checkSignatures: true };
  return { ...QUICK, trust, ...options };
}

async function narOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return (await runCommand(["nix-store", "--dump", path])).stdout;
}

async function serving(
  directory: string,
  fault?: (request: CacheRequest, index: number) => CacheFault | undefined,
  headers: Record<string, string> = {},
): Promise<CacheServer> {
  let index = 0;
  return await CacheServer.start(directory, {
    ...fault ? { fault: (request) => fault(request, index++) } : {},
    headers,
  });
}

/** The NAR of the large path from a cache where it is served so. */
async function fetched(
  server: Pick<CacheServer, "url">,
  options = trusting(),
): Promise<Uint8Array> {
  await using stores = openStores([server.url], options);
  await stores.closureOf([large]);
  return await new Response(stores.narOf(large)!.open()).bytes();
}

for (const compression of ["none", "gzip", "xz", "bzip2", "zstd"] as const) {
  Deno.test(`a closure and its NARs come from a cache with ${compression}, over HTTP and as files`, async () => {
    const directory = await caches.cache({ signedBy: "key", compression });
    await using server = await serving(directory);
    const expected = await storeDatabase().closureOf([ROOT]);
    for (const url of [`${server.url}/`, `file://${directory}`]) {
      await using stores = openStores([url], trusting());
      const closure = await stores.closureOf([ROOT]);
      assert.deepEqual([...closure.keys()].sort(), [...expected.keys()].sort());
      for (const [path, info] of closure) {
        const { references, refersToItself, narSize, narHash } = expected.get(path)!;
        assert.deepEqual(info.references, references);
        assert.equal(info.refersToItself, refersToItself);
        assert.deepEqual([info.narSize, info.narHash], [narSize, narHash]);
        const nar = await new Response(stores.narOf(path)!.open()).bytes();
        assert.deepEqual(nar, await narOf(path));
      }
      const absent = parseStorePath(`/nix/store/${"0".repeat(32)}-absent`);
      assert.deepEqual(await stores.missing([ROOT, absent]), [absent]);
    }
  });
}

Deno.test("what Nix compresses with brotli is read", async () => {
  await using small = await BinaryCaches.create(message);
  const directory = await small.cache({ signedBy: "key", compression: "br" });
  const trust = { keys: parsePublicKeys(small.key.public, "key"), checkSignatures: true };
  await using stores = await openStores([`file://${directory}`], { trust });
  const path = parseStorePath(message);
  await stores.closureOf([path]);
  assert.deepEqual(await new Response(stores.narOf(path)!.open()).bytes(), await narOf(message));
});

Deno.test("the files of a path are known by its listing, compressed or not, if that is right", async () => {
  const directory = await caches.copy({ ...signed, listings: true });
  const listing = `${directory}/${hello.slice(11, 43)}.ls`;
  const path = parseStorePath(hello), entries = [...walkTree(path, "")];
  const text = await Deno.readFile(listing);
  const sent = [
    [text, {}],
    [gzipSync(text), { "content-encoding": "gzip" }],
    [brotliCompressSync(text), { "content-encoding": "br" }],
    [text, { "content-encoding": "rot13" }],
    [text.slice(0, -3), {}],
    [gzipSync(new Uint8Array(1 << 25)), { "content-encoding": "gzip" }],
  ] as const;
  for (const [index, [body, headers]] of sent.entries()) {
    await using server = await serving(
      directory,
      ({ path }) => path.endsWith(".ls") ? { status: 200, headers, body } : undefined,
    );
    await using stores = openStores([server.url], trusting());
    await stores.closureOf([path]);
    const found = await stores.narOf(path)!.entries();
    assert.deepEqual(found, index < 3 ? entries : undefined);
  }
  await using stores = openStores([`file://${directory}`], trusting());
  await stores.closureOf([path]);
  assert.deepEqual(await stores.narOf(path)!.entries(), entries);
  await Deno.remove(listing);
  assert.equal(await stores.narOf(path)!.entries(), undefined);
});

Deno.test("a NAR that is cut off goes on, with ranges or without, wherever it is cut", async () => {
  const directory = await caches.cache(signed);
  const nar = await narOf(large);
  let furthest = 0;
  for (const cutAfter of [0, 1, 8, 65_535, 65_536, 200_000, nar.length - 1]) {
    for (const noRanges of [false, true]) {
      let cuts = 0;
      await using server = await serving(
        directory,
        ({ path }) =>
          path.startsWith("/nar/") && cuts++ < 1
            ? noRanges ? { noRanges, cutAfter } : { cutAfter }
            : path.startsWith("/nar/") && noRanges
            ? { noRanges }
            : undefined,
        { etag: '"abc"' },
      );
      assert.deepEqual(await fetched(server), nar, `${cutAfter}`);
      const [, second] = server.requests.filter(({ path }) => path.startsWith("/nar/"));
      const { range, "if-range": validator } = second!.headers;
      // What came may be lost with the connection.
      const from = Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")![1]);
      assert.ok(from <= cutAfter);
      assert.equal(validator, from === 0 ? undefined : '"abc"');
      furthest = Math.max(furthest, from);
    }
  }
  assert.ok(furthest > 65_536);
});

Deno.test("a NAR that is cut off again and again goes on as long as that is worth it", async () => {
  const directory = await caches.cache(signed);
  await using worth = await serving(
    directory,
    ({ path }) => path.startsWith("/nar/") ? { cutAfter: 100_000 } : undefined,
  );
  assert.deepEqual(await fetched(worth), await narOf(large));
  await using not = await serving(
    directory,
    ({ path }) => path.startsWith("/nar/") ? { cutAfter: 100 } : undefined,
  );
  await assert.rejects(
    fetched(not),
    (error: Error) =>
      error instanceof ImageError &&
      error.message.startsWith(`The NAR of ${large} from ${not.url} `),
  );
  assert.ok(not.count("/nar/") < 10);
});

Deno.test("429, Retry-After, 5xx and cut narinfos are done again", async () => {
  const directory = await caches.cache(signed);
  const faults: CacheFault[] = [
    { status: 429, headers: { "retry-after": "0" } },
    { status: 503 },
    { cutAfter: 20 },
    { status: 500, body: "sorry" },
    { cutAfter: 0 },
  ];
  const seen = new Map<string, number>();
  await using server = await serving(directory, ({ path }) => {
    const count = seen.get(path) ?? 0;
    seen.set(path, count + 1);
    return count < 2 ? faults[(path.length + count * 3) % faults.length] : undefined;
  });
  const told: string[] = [];
  const options = trusting({ onRetry: ({ message }) => told.push(message) });
  assert.deepEqual(await fetched(server, options), await narOf(large));
  assert.ok(told.length >= 4, `${told}`);
  await using always = await serving(
    directory,
    ({ path }) => path.startsWith("/nar/") ? { status: 503 } : undefined,
  );
  await assert.rejects(fetched(always), /GET http:.*\/nar\/.*: 503$/);
});

Deno.test("a silent cache is given up", async () => {
  const directory = await caches.cache(signed);
  for (const part of ["nix-cache-info", ".narinfo", "/nar/"]) {
    await using server = await serving(
      directory,
      ({ path }) => path.includes(part) ? { silentAfter: 10 } : undefined,
    );
    const options = trusting({ idleTimeout: 50 });
    await assert.rejects(fetched(server, options), /: the other side is silent/, part);
  }
});

Deno.test("403 says that a path is not there, as S3 does, and 401 is an error", async () => {
  const directory = await caches.cache(signed);
  await using server = await serving(
    directory,
    ({ path }) => path.endsWith(".narinfo") ? { status: 403, body: "<Error/>" } : undefined,
  );
  await using stores = openStores([server.url], trusting());
  assert.deepEqual(await stores.missing([large]), [large]);
  await assert.rejects(stores.closureOf([large]), {
    name: "MissingPathsError",
    paths: [large],
    where: server.url,
  });
  await using locked = await serving(directory, () => ({ status: 401 }));
  await assert.rejects(fetched(locked), /nix-cache-info: 401; .*--netrc-file/);
});

Deno.test("credentials go to the cache alone, and into no message", async () => {
  const directory = await caches.cache(signed);
  const expected = `Basic ${btoa("ann:s3cret")}`;
  await using other = await serving(directory);
  await using server = await serving(
    directory,
    ({ path, headers }) =>
      headers.authorization !== expected ? { status: 401 } : path.startsWith("/nar/")
        // Another port is another host.
        ? { status: 302, headers: { location: other.url + path } }
        : undefined,
  );
  const login = { username: "ann", password: "s3cret" };
  assert.deepEqual(
    await fetched(server, trusting({ credentials: () => login })),
    await narOf(large),
  );
  assert.equal(other.count("/nar/"), 1);
  assert.equal(other.requests.some(({ headers }) => "authorization" in headers), false);

  const inUrl = server.url.replace("//", "//ann:s3cret@");
  const store = binaryCache(new URL(inUrl), QUICK);
  assert.equal(store.name, server.url);
  assert.equal((await store.infosOf([large])).size, 1);
  store[Symbol.dispose]();
  const wrong = binaryCache(new URL(inUrl.replace("s3cret", "wr0ng")), QUICK);
  await assert.rejects(wrong.infosOf([]), (error: Error) => !error.message.includes("wr0ng"));

  await using bearer = await serving(
    directory,
    ({ headers }) => headers.authorization === "Bearer t0ken" ? undefined : { status: 401 },
  );
  await fetched(bearer, trusting({ credentials: () => ({ token: "t0ken" }) }));
});

Deno.test("a cache has to prove who it is, by an authority that may be given", async () => {
  await using scratch = new Scratch();
  const files = await makeAuthority(scratch.path);
  const [authority, cert, key] = [files.authority, files.certificate, files.key]
    .map((file) => Deno.readTextFileSync(file)) as [string, string, string];
  const directory = await caches.cache(signed);
  await using server = await CacheServer.start(directory, { tls: { cert, key } });
  await assert.rejects(fetched(server), /--ca-file/);
  for (const options of [{ authorities: [authority] }, { tlsVerify: false }]) {
    assert.deepEqual(await fetched(server, trusting(options)), await narOf(large));
  }
});

Deno.test("caches are asked through a proxy", async () => {
  await using proxy = await serving(await caches.cache(signed));
  const cache = { url: "http://cache.invalid/" };
  const options = trusting({ proxy: { http: proxy.url } });
  assert.deepEqual(await fetched(cache, options), await narOf(large));
  assert.ok(proxy.requests.every(({ path }) => path.startsWith(cache.url)));
});

Deno.test("redirects without an end, and to what is not HTTP, are errors", async () => {
  const directory = await caches.cache(signed);
  for (const location of ["/nix-cache-info", "file:///etc/passwd"]) {
    await using server = await serving(directory, () => ({ status: 302, headers: { location } }));
    await assert.rejects(fetched(server), /redirected/);
  }
});

Deno.test("a file that is longer than it should be is not read on", async () => {
  const directory = await caches.cache(signed);
  const endless = new Uint8Array(1 << 16);
  for (const part of ["nix-cache-info", ".narinfo", "/nar/"]) {
    await using server = await serving(
      directory,
      ({ path }) => path.includes(part) ? { endless } : undefined,
    );
    await assert.rejects(fetched(server), /longer than|has more than the/, part);
  }
});

Deno.test("who has read enough does not wait for more", async () => {
  await using server = await serving(
    await caches.cache(signed),
    ({ path }) => path.startsWith("/nar/") ? { silentAfter: 100_000 } : undefined,
  );
  await using stores = openStores([server.url], trusting({ idleTimeout: 60_000 }));
  await stores.closureOf([large]);
  const reader = stores.narOf(large)!.open().getReader();
  for (let size = 0; size < 100_000;) size += (await reader.read()).value!.length;
  const start = performance.now();
  const pending = reader.read();
  await reader.cancel();
  await pending;
  assert.ok(performance.now() - start < 10_000);
});

Deno.test("a cache of another store, and what is no cache, are refused", async () => {
  await using scratch = new Scratch();
  const cache = () => binaryCache(new URL(`file://${scratch.path}`));
  await assert.rejects(cache().infosOf([]), /no binary cache/);
  await Deno.writeTextFile(`${scratch.path}/nix-cache-info`, "StoreDir: /gnu/store\n");
  await assert.rejects(cache().infosOf([]), /\/gnu\/store/);
});

Deno.test("narinfos are kept, and what was not there for minutes", async () => {
  await using scratch = new Scratch();
  const directory = await caches.cache(signed);
  await using server = await serving(directory);
  let now = 1e12;
  const options = trusting({ narinfos: `${scratch.path}/narinfo`, time: () => now });
  const absent = parseStorePath(`/nix/store/${"0".repeat(32)}-absent`);
  const ask = async () => {
    const before = server.count(".narinfo");
    await using stores = openStores([server.url], options);
    assert.equal((await stores.closureOf([ROOT])).size, caches.paths.length);
    assert.deepEqual(await stores.missing([absent]), [absent]);
    return server.count(".narinfo") - before;
  };
  assert.equal(await ask(), caches.paths.length + 1);
  assert.equal(await ask(), 0);
  now += 10 * 60_000;
  assert.equal(await ask(), 1);

  // Damaged, and those of others, are asked for again; a clock that went back, too.
  const { name: inner } = Array.from(Deno.readDirSync(`${scratch.path}/narinfo`))
    .find(({ isDirectory }) => isDirectory)!;
  const files = Array.from(
    Deno.readDirSync(`${scratch.path}/narinfo/${inner}`),
    ({ name }) => `${scratch.path}/narinfo/${inner}/${name}`,
  );
  assert.equal(files.length, caches.paths.length + 1);
  const text = await Deno.readTextFile(files[0]!);
  await Deno.writeTextFile(files[0]!, text.slice(0, -1));
  await Deno.copyFile(files[2]!, files[1]!);
  assert.equal(await ask(), 2);
  assert.equal(await ask(), 0);
  now -= 86_400_000;
  assert.equal(await ask(), caches.paths.length + 1);
});

Deno.test("what was kept without a signature is asked for again by those who want one", async () => {
  await using scratch = new Scratch();
  const narinfos = `${scratch.path}/narinfo`;
  let directory = await caches.cache({ compression: "none" });
  const cache = await caches.copy({ compression: "none" });
  await using server = await serving(cache);
  const anyone = { keys: [], checkSignatures: false };
  await using first = openStores([server.url], { ...QUICK, trust: anyone, narinfos });
  await first.closureOf([ROOT]);
  await using second = openStores([server.url], trusting({ narinfos }));
  await assert.rejects(second.closureOf([ROOT]), { name: "UntrustedPathsError" });
  directory = await caches.cache(signed);
  for (const { name } of Deno.readDirSync(directory)) {
    if (name.endsWith(".narinfo")) await Deno.copyFile(`${directory}/${name}`, `${cache}/${name}`);
  }
  await using third = openStores([server.url], trusting({ narinfos }));
  assert.equal((await third.closureOf([ROOT])).size, caches.paths.length);
});

Deno.test("each path comes from the first store that has it and is trusted", async () => {
  const unsigned = await caches.cache({ compression: "none" });
  const good = await caches.copy(signed), partial = await caches.copy(signed);
  const infoOf = (path: string) => `${path.slice(11, 43)}.narinfo`;
  await Deno.remove(`${partial}/${infoOf(hello)}`);
  await using stores = openStores(
    [`file://${unsigned}`, `file://${partial}`, `file://${good}?priority=1`],
    trusting(),
  );
  await stores.closureOf([ROOT]);
  const from = (path: string) => stores.infos().get(path as StorePath)?.store;
  assert.equal(from(ROOT), `file://${partial}`);
  assert.equal(from(hello), `file://${good}`);

  await using refused = openStores([`file://${unsigned}`], trusting());
  await assert.rejects(refused.closureOf([ROOT]), (error: Error) => {
    assert.equal(error.name, "UntrustedPathsError");
    for (const path of caches.paths.filter((path) => !path.endsWith("-busybox-static"))) {
      assert.ok(error.message.includes(`${path}: file://${unsigned} has it, and it is not signed`));
    }
    assert.match(error.message, /--trusted-public-keys.*--no-check-sigs/s);
    return true;
  });
  await using other = openStores([`file://${good}`], {
    trust: { keys: parsePublicKeys(caches.otherKey.public, "key"), checkSignatures: true },
  });
  await assert.rejects(other.closureOf([ROOT]), /has a wrong signature by tests.example-1/);
  await using trusted = openStores([`file://${unsigned}?trusted=true`], trusting());
  assert.equal((await trusted.closureOf([ROOT])).size, caches.paths.length);

  // What is here is read here.
  const local = storeDatabase();
  await using both = openStores([`file://${good}`], trusting({ local }));
  assert.deepEqual(await both.closureOf([ROOT]), await local.closureOf([ROOT]));
  assert.equal(both.narOf(ROOT), undefined);
  assert.equal(both.infos().size, 0);
});

Deno.test("a NAR comes from another store with the same, if nothing came of the first", async () => {
  const directory = await caches.cache(signed);
  await using broken = await serving(
    directory,
    ({ path }) => path.startsWith("/nar/") ? { status: 404 } : undefined,
  );
  await using late = await serving(
    directory,
    ({ path, headers }) =>
      !path.startsWith("/nar/")
        ? undefined
        : headers.range
        ? { status: 404 }
        : { cutAfter: 70_000 },
  );
  const zstd = await caches.cache({ signedBy: "key", compression: "zstd" });
  const nar = await narOf(large);
  const from = async (...urls: string[]) => {
    await using stores = openStores(urls, trusting());
    await stores.closureOf([large]);
    return await new Response(stores.narOf(large)!.open()).bytes();
  };
  assert.deepEqual(await from(broken.url, `file://${zstd}`), nar);
  await assert.rejects(from(broken.url), /404, it is not there/);
  await assert.rejects(from(late.url, `file://${zstd}`), /404, it is not there/);
  await assert.rejects(from(broken.url, late.url), ImageError);
});

Deno.test("what was decided counts: no signature is needed, and no other NAR is taken", async () => {
  const decided = await (async () => {
    await using stores = openStores([`file://${await caches.cache(signed)}`], trusting());
    await stores.closureOf([ROOT]);
    return stores.infos();
  })();
  await using server = await serving(await caches.cache({ compression: "zstd" }));
  const nobody = { keys: [], checkSignatures: true };
  await using stores = openStores([server.url], { ...QUICK, trust: nobody, decided });
  assert.equal((await stores.closureOf([ROOT])).size, decided.size);
  assert.equal(server.count(".narinfo"), 0);
  assert.deepEqual(await new Response(stores.narOf(large)!.open()).bytes(), await narOf(large));

  const narHash = `sha256:${"0".repeat(64)}`;
  const changed = new Map([[large, { ...decided.get(large)!, narHash }]]);
  await using others = openStores([server.url], {
    ...QUICK,
    trust: nobody,
    decided: changed,
  });
  await assert.rejects(new Response(others.narOf(large)!.open()).bytes(), ImageError);
});
