/** Several hosts that push to one registry, with a cache of digests there. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import type { SharedDigests } from "../../src/sinks/kept_blobs.ts";
import type { LayerDigest } from "../../src/layer/digest_cache.ts";
import { entryManifest, parseEntry, statementOf, tagOf } from "../../src/registry/cache_entry.ts";
import { parseSigningKey, type SigningKey } from "../../src/signing/keys.ts";
import { CacheRepository } from "../../src/registry/cache_repository.ts";
import type { CacheTrust } from "../../src/registry/cache_trust.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { type LayerCompression, LayerCompressor } from "../../src/sinks/layer_bytes.ts";
import { type PushedImage, pushImage } from "../../src/sinks/registry.ts";
import { inDirectory } from "../support/directories.ts";
import { FakeRegistry, type Fault, type SeenRequest } from "../support/fake_registry.ts";
import { type CountingLayer, imageWith, layerWith, storedLayer } from "../support/layers.ts";
import { randomBytes, randomNumbers } from "../support/seeded.ts";

function newKey(name: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const [seed, point] = [
    privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32),
    publicKey.export({ format: "der", type: "spki" }).subarray(-32),
  ];
  const base64 = Buffer.concat([seed, point]).toString("base64");
  return parseSigningKey(`${name}:${base64}`, "test");
}

const KEY = newKey("fleet");
const SIGNS: CacheTrust = { signingKey: KEY, publicKeys: [], anyone: false };
const READS: CacheTrust = { publicKeys: [KEY.publicKey], anyone: false };
const ANYONE: CacheTrust = { publicKeys: [], anyone: true };

using compressor = new LayerCompressor("gzip");
const { form } = compressor;

async function newLayers(count = 4): Promise<CountingLayer[]> {
  return await Promise.all(Array.from({ length: count }, async (_, n) => {
    const layer = await layerWith(`path-${n}`, randomBytes(n + 1, 20_000));
    return { ...layer, contentKey: layer.identity };
  }));
}

const nameOf = (layer: CountingLayer) => ({ key: layer.identity, form });
const read = (layers: readonly CountingLayer[]) => layers.map(({ opened }) => opened.tar);

function clientOf(host: string, repository: string): RegistryClient {
  const retries = { delay: 1, attempts: 2, sleep: () => Promise.resolve() };
  return new RegistryClient(host, repository, { userAgent: "test", push: true, retries });
}

interface Host {
  readonly trust: CacheTrust;
  /** Its own cache. */
  readonly digestCache?: string;
  /** Where the cache repository is, if it is elsewhere. */
  readonly cacheHost?: string;
  readonly patience?: number;
  readonly layerCompression?: LayerCompression;
}

interface Pushed extends PushedImage {
  readonly warnings: readonly string[];
  readonly use: { readonly found: number; readonly written: number };
}

async function push(
  registry: FakeRegistry,
  layers: readonly CountingLayer[],
  { trust, digestCache, cacheHost = registry.host, patience = 5000, layerCompression = "gzip" }:
    Host,
): Promise<Pushed> {
  using client = clientOf(registry.host, "app");
  using cache = clientOf(cacheHost, "cache");
  const warnings: string[] = [];
  using shared = new CacheRepository({
    client: cache,
    trust,
    destination: cacheHost === registry.host ? client : undefined,
    warn: (message) => warnings.push(message),
    patience,
  });
  // What the sink wants is what the repository is.
  const options: { shared: SharedDigests } = { shared };
  const pushed = await pushImage(imageWith(layers), client, "v1", {
    ...options,
    digestCache,
    layerCompression,
  });
  const use = await shared.finish();
  assert.equal(registry.manifests.has("v1"), true);
  return { ...pushed, warnings, use };
}

/** Drops what is in the registry but for entries of the cache. */
function forgetBlobs(registry: FakeRegistry): void {
  registry.blobs.clear();
}

/** What an entry states. */
function entryOf(registry: FakeRegistry, layer: CountingLayer) {
  const stored = registry.manifests.get(tagOf(nameOf(layer)));
  return stored && parseEntry(stored.bytes);
}

function putEntry(
  registry: FakeRegistry,
  layer: CountingLayer,
  statement: string,
  signatures: readonly string[],
): void {
  const { mediaType, bytes } = entryManifest({ statement, signatures });
  registry.manifests.set(tagOf(nameOf(layer)), { type: mediaType, bytes });
}

const LIE: LayerDigest = {
  digest: `sha256:${"12".repeat(32)}`,
  size: 4711,
  diffId: `sha256:${"34".repeat(32)}`,
};

Deno.test("what one host has made, the others need not read", async () => {
  await using registry = await FakeRegistry.start();
  const layers = await newLayers();
  const first = await push(registry, layers, { trust: SIGNS });
  assert.deepEqual([first.use, first.warnings], [{ found: 0, written: 4 }, []]);
  assert.deepEqual(read(layers), [1, 1, 1, 1]);
  for (const trust of [SIGNS, READS, ANYONE]) {
    const others = await newLayers();
    const puts = registry.count("PUT", "/cache/manifests/");
    const again = await push(registry, others, { trust });
    assert.deepEqual(read(others), [0, 0, 0, 0]);
    assert.equal(again.manifestDigest, first.manifestDigest);
    assert.deepEqual(again.use, { found: 4, written: 0 });
    assert.deepEqual(again.warnings, []);
    assert.equal(registry.count("PUT", "/cache/manifests/"), puts);
  }
});

Deno.test("signed entries are kept by the host, others are not", async () => {
  for (const [trust, kept] of [[READS, true], [ANYONE, false]] as const) {
    await using registry = await FakeRegistry.start();
    await inDirectory(async (digestCache) => {
      await push(registry, await newLayers(), { trust: SIGNS });
      await push(registry, await newLayers(), { trust, digestCache });
      const asked = registry.count("GET", "/cache/manifests/");
      const layers = await newLayers();
      await push(registry, layers, { trust, digestCache });
      assert.deepEqual(read(layers), [0, 0, 0, 0]);
      assert.equal(registry.count("GET", "/cache/manifests/") > asked, !kept);
    });
  }
});

Deno.test("a layer that an entry promises and the registry lacks is made", async () => {
  await using registry = await FakeRegistry.start();
  const first = await push(registry, await newLayers(), { trust: SIGNS });
  forgetBlobs(registry);
  const layers = await newLayers();
  const again = await push(registry, layers, { trust: READS });
  assert.deepEqual(read(layers), [1, 1, 1, 1]);
  assert.deepEqual(again.blobs, { exists: 0, mounted: 0, pushed: 5 });
  assert.equal(again.manifestDigest, first.manifestDigest);
  assert.deepEqual(again.warnings, []);
});

Deno.test("an entry that lies is found out where bytes are made, and replaced", async () => {
  await using registry = await FakeRegistry.start();
  const layers = await newLayers();
  const first = await push(registry, layers, { trust: SIGNS });
  const [layer] = layers as [CountingLayer];
  const right = entryOf(registry, layer);
  const statement = statementOf(nameOf(layer), LIE);
  forgetBlobs(registry);
  putEntry(registry, layer, statement, [KEY.sign(statement)]);
  for (const [trust, replaced] of [[READS, false], [SIGNS, true]] as const) {
    await inDirectory(async (digestCache) => {
      const again = await push(registry, layers, { trust, digestCache });
      assert.equal(again.manifestDigest, first.manifestDigest);
      const [warning = "", ...more] = again.warnings;
      assert.deepEqual(more, []);
      assert.ok(
        warning.startsWith(
          `cache repository ${registry.host}/cache: the entry ${
            tagOf(nameOf(layer))
          } is wrong: it says ${LIE.digest} (4711 bytes`,
        ),
      );
      assert.equal(warning.endsWith("; the entry is replaced"), replaced);
      assert.equal(entryOf(registry, layer)?.statement === right?.statement, replaced);
      // What was made here is right, and is kept.
      const asked = registry.count("GET", "/cache/manifests/");
      await push(registry, await newLayers(), { trust, digestCache });
      assert.equal(registry.count("GET", "/cache/manifests/"), asked);
    });
    forgetBlobs(registry);
  }
  // The blob may be the right one, and the diff_id not.
  const [, , , digest = "", size = ""] = right?.statement.split(";") ?? [];
  const half = statementOf(nameOf(layer), { digest, size: Number(size), diffId: LIE.diffId! });
  // It is there, and of another size.
  const diffId = right?.statement.split(";")[5] ?? "";
  const long = statementOf(nameOf(layer), { digest, size: Number(size) + 1, diffId });
  for (const wrong of [half, long]) {
    putEntry(registry, layer, wrong, [KEY.sign(wrong)]);
    const again = await push(registry, layers, { trust: SIGNS });
    assert.equal(again.manifestDigest, first.manifestDigest);
    assert.equal(again.warnings.length, 1);
    assert.equal(entryOf(registry, layer)?.statement, right?.statement);
  }
});

Deno.test("where the diff_id is known beforehand, an entry with another one is not used", async () => {
  await using registry = await FakeRegistry.start();
  const [one] = await newLayers(1) as [CountingLayer];
  const base = await storedLayer(one);
  const digest = registry.add(randomBytes(99, 500));
  const name = { key: base.diffId!.slice("sha256:".length), form };
  const statement = statementOf(name, { digest, size: 500, diffId: LIE.diffId! });
  const { mediaType, bytes } = entryManifest({ statement, signatures: [KEY.sign(statement)] });
  registry.manifests.set(tagOf(name), { type: mediaType, bytes });
  const { use } = await push(registry, [base], { trust: SIGNS });
  assert.deepEqual([read([base]), use.written], [[1], 1]);
  const entry = parseEntry(registry.manifests.get(tagOf(name))!.bytes);
  assert.equal(entry?.statement.endsWith(`;${base.diffId}`), true);
});

Deno.test("entries that nobody vouches for are not used: unsigned, another's, altered, replayed", async () => {
  const stranger = newKey("stranger");
  const namesake = newKey("fleet");
  await using registry = await FakeRegistry.start();
  const layers = await newLayers();
  await push(registry, layers, { trust: SIGNS });
  const [layer, other] = layers as [CountingLayer, CountingLayer];
  // A blob that is there: who believed the entry would not notice.
  const digest = registry.add(randomBytes(99, 500));
  const evil = { digest, size: 500, diffId: digest };
  const lie = statementOf(nameOf(layer), evil);
  const elsewhere = entryOf(registry, other)!;
  const right = entryOf(registry, layer)!;
  const cases: [string, readonly string[], RegExp][] = [
    [lie, [], /is not signed; such entries are not used$/],
    [lie, [stranger.sign(lie)], /is signed by no key that is trusted here, but by stranger;/],
    [lie, [namesake.sign(lie)], /has a wrong signature by fleet;/],
    [lie, right.signatures, /has a wrong signature by fleet;/],
    [lie, elsewhere.signatures, /has a wrong signature by fleet;/],
    [elsewhere.statement, elsewhere.signatures, /is not about what its tag says; it is not used$/],
    [`${right.statement};`, right.signatures, /is not about what its tag says;/],
  ];
  for (const [statement, signatures, message] of cases) {
    putEntry(registry, layer, statement, signatures);
    const again = await newLayers();
    const { use, warnings } = await push(registry, again, { trust: READS });
    assert.deepEqual(read(again), [1, 0, 0, 0]);
    assert.equal(use.found, 3);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, message);
    assert.ok(warnings[0]?.includes(tagOf(nameOf(layer))));
  }
  // A host that signs puts that right, and a signature under the same statement is kept.
  putEntry(registry, layer, right.statement, [stranger.sign(right.statement)]);
  const { use } = await push(registry, await newLayers(), { trust: SIGNS });
  assert.deepEqual(use, { found: 3, written: 1 });
  assert.deepEqual(entryOf(registry, layer), {
    statement: right.statement,
    signatures: [KEY.sign(right.statement), stranger.sign(right.statement)],
  });
});

Deno.test("unsigned entries are written and used by those who trust the repository alone", async () => {
  await using registry = await FakeRegistry.start();
  const layers = await newLayers();
  await push(registry, layers, { trust: ANYONE });
  assert.deepEqual(entryOf(registry, layers[0]!)?.signatures, []);
  const others = await newLayers();
  const { use } = await push(registry, others, { trust: { ...READS, anyone: true } });
  assert.deepEqual([read(others), use], [[0, 0, 0, 0], { found: 4, written: 0 }]);
  registry.manifests.clear();
  const { use: reading } = await push(registry, await newLayers(), {
    trust: { ...READS, anyone: true },
  });
  assert.equal(reading.written, 0);
});

Deno.test("a host offers what it knew before, if nobody else did", async () => {
  await using registry = await FakeRegistry.start();
  await inDirectory(async (digestCache) => {
    const layers = await newLayers();
    await push(registry, layers, { trust: SIGNS, digestCache });
    registry.manifests.delete(tagOf(nameOf(layers[2]!)));
    const puts = registry.count("PUT", "/cache/manifests/");
    const { use } = await push(registry, await newLayers(), { trust: SIGNS, digestCache });
    assert.deepEqual(use, { found: 0, written: 1 });
    assert.equal(registry.count("PUT", "/cache/manifests/"), puts + 1);
    assert.ok(entryOf(registry, layers[2]!));
  });
});

const isCache = ({ path }: SeenRequest) => path.includes("/cache/");

Deno.test("whatever is the matter with the cache, the push goes on, and tells of it once", async () => {
  const cases: [(request: SeenRequest) => Fault | undefined, RegExp][] = [
    [(seen) => isCache(seen) ? { status: 500 } : undefined, /: 500; going on without it$/],
    [(seen) => isCache(seen) ? { status: 401 } : undefined, /: 401; log in.*going on without it$/],
    [
      (seen) => isCache(seen) ? { cutAfter: 0 } : undefined,
      /hang up; no more entries are written$/,
    ],
    [
      (seen) => isCache(seen) && seen.method !== "GET" ? { status: 403 } : undefined,
      /: 403; .*; no more entries are written$/,
    ],
    [
      (seen) => isCache(seen) && seen.method === "GET" ? { status: 200, body: "{}" } : undefined,
      /is not about what its tag says; it is not used$/,
    ],
  ];
  for (const [fault, message] of cases) {
    await using registry = await FakeRegistry.start({ fault });
    const layers = await newLayers();
    const { warnings } = await push(registry, layers, { trust: SIGNS });
    assert.deepEqual(read(layers), [1, 1, 1, 1]);
    assert.equal(warnings.length, 1, warnings.join("\n"));
    assert.match(warnings[0]!, message);
  }
});

Deno.test("a cache that is not there, or says nothing, is not waited for", async () => {
  await using registry = await FakeRegistry.start();
  // Connections are taken by the system, and nobody answers.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cacheHost = `127.0.0.1:${silent.addr.port}`;
  const begin = performance.now();
  const { warnings } = await push(registry, await newLayers(), {
    trust: SIGNS,
    cacheHost,
    patience: 300,
  });
  assert.ok(performance.now() - begin < 3000);
  assert.deepEqual(warnings, [
    `cache repository ${cacheHost}/cache: it takes too long; going on without it`,
  ]);
  silent.close();
  const gone = await push(registry, await newLayers(), { trust: SIGNS, cacheHost });
  assert.equal(gone.warnings.length, 1);
  assert.match(gone.warnings[0]!, /REFUSED.*; going on without it$/);
});

Deno.test("random faults of the cache alone: no push fails, or becomes another one", async () => {
  await using sound = await FakeRegistry.start();
  const { manifestDigest } = await push(sound, await newLayers(), {
    trust: SIGNS,
    layerCompression: "none",
  });
  let found = 0, written = 0, warned = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomNumbers(seed);
    const often = random() * 0.6;
    const fault = (request: SeenRequest): Fault | undefined => {
      if (!isCache(request) || random() > often) return undefined;
      const kind = random();
      if (kind < 0.3) return { cutAfter: Math.floor(random() * 1500) };
      if (kind < 0.5) return { status: 500 };
      if (kind < 0.7) return { status: 404 };
      if (kind < 0.8) return { status: 201 };
      return { status: 200, body: "null" };
    };
    await using cache = await FakeRegistry.start({ fault });
    for (let host = 0; host < 3; host++) {
      await using registry = await FakeRegistry.start();
      const layers = await newLayers();
      const pushed = await push(registry, layers, {
        trust: SIGNS,
        cacheHost: cache.host,
        layerCompression: "none",
      });
      assert.equal(pushed.manifestDigest, manifestDigest, `seed ${seed}`);
      found += pushed.use.found;
      written += pushed.use.written;
      warned += pushed.warnings.length;
    }
  }
  assert.ok(found > 50 && written > 50 && warned > 20, `${found} ${written} ${warned}`);
});
