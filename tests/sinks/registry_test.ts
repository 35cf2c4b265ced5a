import assert from "node:assert/strict";
import { RegistryClient } from "../../src/registry/client.ts";
import { pushImage } from "../../src/sinks/registry.ts";
import { FakeRegistry } from "../support/fake_registry.ts";
import { assertComplete, imageOfLayers, layersOf, TestLayer } from "../support/pushed_images.ts";
import { randomBytes } from "../support/seeded.ts";

function clientOf(registry: FakeRegistry): RegistryClient {
  const retries = {
    delay: 1,
    sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 1)),
  };
  return new RegistryClient(registry.host, "app", { userAgent: "test", push: true, retries });
}

Deno.test("with the digests known, a second push reads no layer; one that changed is read", async () => {
  const digestCache = await Deno.makeTempDir();
  await using registry = await FakeRegistry.start();
  const layers = layersOf(12);
  using client = clientOf(registry);
  const first = await pushImage(imageOfLayers(layers), client, "v1", { digestCache });
  assertComplete(registry, "v1");
  assert.deepEqual(first.blobs, { exists: 0, mounted: 0, pushed: 13 });
  assert.ok(layers.every(({ reads }) => reads === 1));
  const second = await pushImage(imageOfLayers(layers), client, "v2", { digestCache });
  assert.equal(second.manifestDigest, first.manifestDigest);
  assert.ok(layers.every(({ reads }) => reads === 1));
  const changed = layers.with(5, new TestLayer("new", randomBytes(99, 50_000)));
  const third = await pushImage(imageOfLayers(changed), client, "v3", { digestCache });
  assertComplete(registry, "v3");
  assert.deepEqual(third.blobs, { exists: 11, mounted: 0, pushed: 2 });
  assert.ok(third.sent < 60_000, String(third.sent));
  await Deno.remove(digestCache, { recursive: true });
});

Deno.test("a layer that has become another one is named, and not sent as what it was", async () => {
  const digestCache = await Deno.makeTempDir();
  await using registry = await FakeRegistry.start();
  const layers = layersOf(3);
  using client = clientOf(registry);
  await pushImage(imageOfLayers(layers), client, "v1", { digestCache });
  const before = registry.blobs.size;
  registry.blobs.clear();
  layers[1]!.bytes = randomBytes(50, 60_000);
  const again = pushImage(imageOfLayers(layers), client, "v2", { digestCache });
  await assert.rejects(again, /layer 2 \(path-1\): it has become sha256:.* was expected/);
  assert.equal(registry.manifests.has("v2"), false);
  await pushImage(imageOfLayers(layers), client, "v2", { digestCache });
  assertComplete(registry, "v2");
  assert.equal(registry.blobs.size, before);
  await Deno.remove(digestCache, { recursive: true });
});

Deno.test("a layer that is there twice is sent once", async () => {
  await using registry = await FakeRegistry.start();
  const [layer] = layersOf(1);
  using client = clientOf(registry);
  await pushImage(imageOfLayers([layer!, layer!, layer!]), client, "v1");
  assertComplete(registry, "v1");
  assert.equal(layer?.reads, 1);
});
