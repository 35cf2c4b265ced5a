/** Listings of NARs in a cache repository, and what may be wrong with them. */

import assert from "node:assert/strict";
import { sha256Of } from "../../src/image/image.ts";
import { entryManifest, statementOf } from "../../src/registry/cache_entry.ts";
import { CacheListings } from "../../src/registry/cache_listings.ts";
import { CacheRepository } from "../../src/registry/cache_repository.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { parseNarListing } from "../../src/store/nar_listing.ts";
import type { SharedListings } from "../../src/stores/shared_listings.ts";
import { FakeRegistry } from "../support/fake_registry.ts";
import { storePath } from "../support/store_paths.ts";

const KEY = "7".repeat(64);
const NAR = `sha256:${KEY}`;
const TAG = `${KEY}.listing-1`;
const PATH = storePath("tool");
const TEXT = '{"version":1,"root":{"type":"regular","size":5}}';
const ENTRIES = [{ path: PATH, type: "file", mode: 0o444, size: 5, target: "" }];
const MOST = 4 << 20;

const parse = (text: string) => parseNarListing(text, PATH, "its content");

/** What a host that trusts the repository does with it, and what it tells of that. */
async function asHost(
  registry: FakeRegistry,
  work: (listings: SharedListings) => Promise<void> | void,
) {
  const warnings: string[] = [];
  using client = new RegistryClient(registry.host, "cache", {
    userAgent: "test",
    push: true,
    retries: { attempts: 1 },
  });
  using cache = new CacheRepository({
    client,
    trust: { publicKeys: [], anyone: true },
    warn: (message) => warnings.push(message),
    patience: 5000,
  });
  await work(new CacheListings(cache));
  return { warnings, ...await cache.finish() };
}

/** What a host is told of the NAR. */
async function told(registry: FakeRegistry) {
  let found: unknown;
  const { warnings } = await asHost(registry, async (listings) => {
    found = await listings.get(NAR, parse);
  });
  return { found, warnings };
}

/** An entry that states this content, which is there if it is given. */
function putEntry(registry: FakeRegistry, content: string | number): void {
  const bytes = new TextEncoder().encode(String(content));
  const digest = typeof content === "string" ? registry.add(bytes) : sha256Of(bytes);
  const size = typeof content === "string" ? bytes.length : content;
  const statement = statementOf({ key: KEY, form: "listing-1" }, { digest, size });
  const { mediaType: type, bytes: manifest } = entryManifest({ statement, signatures: [] });
  registry.manifests.set(TAG, { type, bytes: manifest });
}

Deno.test("a listing is told to other hosts, as the content of an entry", async () => {
  await using registry = await FakeRegistry.start();
  assert.deepEqual(await told(registry), { found: undefined, warnings: [] });
  const { written } = await asHost(registry, (listings) => listings.put(NAR, TEXT));
  assert.equal(written, 1);
  const manifest = JSON.parse(new TextDecoder().decode(registry.manifests.get(TAG)?.bytes));
  const [layer] = manifest.layers;
  assert.equal(layer.mediaType, "application/vnd.nix-image.listing.v1+json");
  assert.equal(new TextDecoder().decode(registry.blobs.get(layer.digest)), TEXT);
  const found = { value: ENTRIES, signed: false };
  assert.deepEqual(await told(registry), { found, warnings: [] });
});

Deno.test("what is known from earlier runs is written where it is not there", async () => {
  await using registry = await FakeRegistry.start();
  const offer = () => asHost(registry, (listings) => listings.offer(NAR, TEXT));
  assert.deepEqual([(await offer()).written, (await offer()).written], [1, 0]);
});

Deno.test("what is too long is not written", async () => {
  await using registry = await FakeRegistry.start();
  for (const [length, entries] of [[MOST, 1], [MOST + 1, 0]] as const) {
    const { written, warnings } = await asHost(registry, (listings) => {
      listings.put(NAR, "x".repeat(length));
    });
    assert.deepEqual([written, warnings], [entries, []]);
  }
});

Deno.test("what is no listing, too long, or not there, is not used, and told of once", async () => {
  await using registry = await FakeRegistry.start();
  for (
    const [content, message] of [
      ["{}", /is not used: its content is no listing of a NAR: its version is not 1$/],
      [TEXT.replace("5", "-5"), /: it says no size of ""$/],
      ['{"version":1,"root":{"type":"directory","entries":{"..":{}}}}', /is called "\.\."$/],
      [TEXT.length, /its content is not there: sha256:/],
      [MOST + 1, /its content has 4194305 bytes, more than 4194304$/],
    ] as const
  ) {
    putEntry(registry, content);
    registry.requests.length = 0;
    const { found, warnings } = await told(registry);
    assert.deepEqual([found, warnings.length], [undefined, 1], String(message));
    assert.match(warnings[0]!, message);
    assert.ok(warnings[0]!.includes(TAG));
    assert.equal(registry.count("GET", "/blobs/"), content === MOST + 1 ? 0 : 1);
  }
});

Deno.test("what the registry does not give is told of, and it is not asked again", async () => {
  await using registry = await FakeRegistry.start({
    fault: ({ path }) => path.includes("/blobs/sha256") ? { status: 500 } : undefined,
  });
  putEntry(registry, TEXT);
  const { warnings } = await asHost(registry, async (listings) => {
    assert.equal(await listings.get(NAR, parse), undefined);
    registry.requests.length = 0;
    assert.equal(await listings.get(NAR, parse), undefined);
  });
  assert.deepEqual([registry.requests.length, warnings.length], [0, 1]);
  assert.match(warnings[0]!, /: 500; going on without it$/);
});
