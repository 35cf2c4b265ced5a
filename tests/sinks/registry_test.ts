import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { identityOf } from "../../src/layer/layer.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { pushImage, pushIndex } from "../../src/sinks/registry.ts";
import { FakeRegistry, type Fault, type SeenRequest } from "../support/fake_registry.ts";
import { assertComplete, imageOfLayers, layersOf, TestLayer } from "../support/pushed_images.ts";
import { randomBytes, randomNumbers } from "../support/seeded.ts";

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

/** An index of two images for these platforms, which share all layers but one. */
function indexOfTwo() {
  const layers = layersOf(4);
  const images = ["amd64", "arm64"].map((architecture, n) => ({
    ...imageOfLayers(layers.with(2, new TestLayer(architecture, randomBytes(70 + n, 60_000)))),
    architecture,
  }));
  return { layers, index: { images, annotations: {} } };
}

/** All images that an index stands for are there, by their digests. */
function assertWholeIndex(registry: FakeRegistry, tag: string): void {
  const index = registry.manifests.get(tag);
  if (index === undefined) return;
  const { manifests } = JSON.parse(new TextDecoder().decode(index.bytes)) as {
    manifests: { digest: string }[];
  };
  assert.equal(manifests.length, 2);
  for (const { digest } of manifests) {
    assert.ok(registry.manifests.has(digest));
    assertComplete(registry, digest);
  }
}

Deno.test("an index comes after its images, whose common layers are read and sent once", async () => {
  await using registry = await FakeRegistry.start();
  const { layers, index } = indexOfTwo();
  using client = clientOf(registry);
  const told: [number, string][] = [];
  const { digest, blobs } = await pushIndex(index, client, "v1", {
    onPushed: ({ index, outcome }) => told.push([index, outcome]),
  });
  assertWholeIndex(registry, "v1");
  assert.deepEqual(blobs, { exists: 0, mounted: 0, pushed: 7 });
  assert.deepEqual(layers.map(({ reads }) => reads), [1, 1, 0, 1]);
  const puts = registry.requests.filter(({ method, path }) =>
    method === "PUT" && path.includes("/manifests/")
  );
  const names = puts.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  assert.equal(names.length, 3);
  assert.deepEqual([names[0]?.slice(0, 7), names[1]?.slice(0, 7), names[2]], [
    "sha256:",
    "sha256:",
    "v1",
  ]);
  assert.equal(registry.manifests.get(digest)?.bytes, registry.manifests.get("v1")?.bytes);
  const sorted = told.toSorted(([a], [b]) => a - b);
  assert.deepEqual(sorted.map(([index]) => index), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(
    sorted.filter(([, outcome]) => outcome === "exists").map(([index]) => index),
    [4, 5, 7],
  );
});

Deno.test("a layer of the second image that fails is named, and the tag is not written", async () => {
  await using registry = await FakeRegistry.start();
  const { index } = indexOfTwo();
  const broken = {
    ...index.images[1]!.layers[2]!,
    label: "broken",
    identity: identityOf("broken"),
    diffId: `sha256:${"0".repeat(64)}`,
    open: () => {
      throw new ImageError("broken: it is damaged");
    },
  };
  const second = imageOfLayers(index.images[1]!.layers.with(2, broken));
  using client = clientOf(registry);
  const images = [index.images[0]!, { ...second, architecture: "arm64" }];
  await assert.rejects(pushIndex({ ...index, images }, client, "v1"), /broken: it is damaged/);
  assert.equal(registry.manifests.has("v1"), false);
});

Deno.test("random faults: an index is whole, or there is none", async () => {
  const outcomes = { pushed: 0, failed: 0 };
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomNumbers(seed + 1000);
    const often = random() * 0.8;
    const fault = ({ path }: SeenRequest): Fault | undefined => {
      if (path === "/v2/" || random() > often) return undefined;
      return random() < 0.5 ? { cutAfter: Math.floor(random() * 60_000) } : { status: 500 };
    };
    await using registry = await FakeRegistry.start({ fault, resumable: seed % 2 === 0 });
    using client = clientOf(registry);
    try {
      await pushIndex(indexOfTwo().index, client, "v1", { layerCompression: "none" });
      assert.ok(registry.manifests.has("v1"));
      outcomes.pushed++;
    } catch (error) {
      assert.ok(error instanceof ImageError, `seed ${seed}: ${error}`);
      outcomes.failed++;
    }
    assertWholeIndex(registry, "v1");
  }
  assert.ok(outcomes.pushed > 5 && outcomes.failed > 0, JSON.stringify(outcomes));
});
