import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { sha256Of } from "../../src/image/image.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { imageConfig } from "../../src/registry/image_config.ts";
import { FakeRegistry } from "../support/fake_registry.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const LAYER = `sha256:${"1".repeat(64)}`;

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Puts an image there, with a layer that is not; gives its manifest's descriptor. */
function putImage(registry: FakeRegistry, reference: string, architecture: string) {
  const config = bytesOf({
    os: "linux",
    architecture,
    rootfs: { type: "layers", diff_ids: [LAYER] },
    history: [{ comment: `for ${architecture}` }],
  });
  const digest = registry.add(config);
  const bytes = bytesOf({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: config.length },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: LAYER, size: 1 }],
  });
  const own = sha256Of(bytes);
  registry.manifests.set(reference, { type: MANIFEST, bytes })
    .set(own, { type: MANIFEST, bytes });
  const platform = { os: "linux", architecture };
  return { mediaType: MANIFEST, digest: own, size: bytes.length, platform, config: digest };
}

async function configOf(registry: FakeRegistry, tag: string, architecture: string) {
  using client = new RegistryClient(registry.host, "team/app", { userAgent: "test" });
  const reference = { host: registry.host, repository: "team/app", tag, digest: undefined };
  return await imageConfig(reference, { os: "linux", architecture, variant: null }, client);
}

Deno.test("imageConfig() gets the config of an image, and no layers", async () => {
  await using registry = await FakeRegistry.start();
  putImage(registry, "1", "amd64");
  const { history, rootfs } = await configOf(registry, "1", "arm64");
  assert.deepEqual(history, [{ comment: "for amd64" }]);
  assert.deepEqual(rootfs.diff_ids, [LAYER]);
  assert.equal(registry.count("GET", LAYER), 0);
});

Deno.test("imageConfig() gets that of the platform's image of an index", async () => {
  await using registry = await FakeRegistry.start();
  const manifests = ["amd64", "arm64"].map((name) => {
    const { config: _, ...descriptor } = putImage(registry, name, name);
    return descriptor;
  });
  const bytes = bytesOf({ schemaVersion: 2, mediaType: INDEX, manifests });
  registry.manifests.set("1", { type: INDEX, bytes });
  const { history } = await configOf(registry, "1", "arm64");
  assert.deepEqual(history, [{ comment: "for arm64" }]);
  await assert.rejects(configOf(registry, "1", "s390x"), /has no image for linux\/s390x/);
});

Deno.test("imageConfig() refuses a config that is another one", async () => {
  await using registry = await FakeRegistry.start();
  const { config } = putImage(registry, "1", "amd64");
  registry.blobs.set(config, bytesOf({ os: "linux" }));
  await assert.rejects(configOf(registry, "1", "amd64"), ImageError);
});
