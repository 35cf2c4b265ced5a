import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { pushImageTo, pushIndexTo } from "../../src/sinks/push.ts";
import { FakeRegistry } from "../support/fake_registry.ts";
import { assertComplete, imageOfLayers, layersOf } from "../support/pushed_images.ts";

Deno.test("pushImageTo() sends an image to the place that is named", async () => {
  await using registry = await FakeRegistry.start();
  const image = imageOfLayers(layersOf(3));
  const pushed = await pushImageTo(image, `docker://${registry.host}/app:v1`);
  assertComplete(registry, "v1");
  assert.deepEqual(pushed.blobs, { exists: 0, mounted: 0, pushed: 4 });
  const again = await pushImageTo(image, `${registry.host}/app:v2`, { layerCompression: "gzip" });
  assert.equal(again.manifestDigest, pushed.manifestDigest);
});

Deno.test("pushIndexTo() sends an index to the place that is named", async () => {
  await using registry = await FakeRegistry.start();
  const [first, second] = layersOf(2);
  const images = [
    imageOfLayers([first!]),
    { ...imageOfLayers([second!]), architecture: "arm64" },
  ];
  const { digest } = await pushIndexTo(
    { images, annotations: {} },
    `docker://${registry.host}/app:both`,
  );
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  assert.ok(registry.manifests.has("both"));
});

Deno.test("pushImageTo() ends with what a callback throws, and the tag stands for nothing", async () => {
  await using registry = await FakeRegistry.start();
  const enough = new Error("enough");
  for (const name of ["onLayer", "onSent", "onPushed"] as const) {
    const pushing = pushImageTo(
      imageOfLayers(layersOf(8)),
      `docker://${registry.host}/app:${name}`,
      {
        [name]: () => {
          throw enough;
        },
      },
    );
    await assert.rejects(pushing, (error) => error === enough, name);
    assert.ok(!registry.manifests.has(name));
  }
});

Deno.test("pushImageTo() refuses what is no place for an image", async () => {
  const digest = `sha256:${"0".repeat(64)}`;
  for (const destination of ["oci://layout", `docker://host/app@${digest}`, "docker://host/App"]) {
    await assert.rejects(pushImageTo(imageOfLayers([]), destination), UsageError);
  }
});
