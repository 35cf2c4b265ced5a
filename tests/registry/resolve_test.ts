import assert from "node:assert/strict";
import type { Descriptor } from "../../src/base/documents.ts";
import { ImageError } from "../../src/errors.ts";
import { sha256Of } from "../../src/image/image.ts";
import { MEDIA_TYPE } from "../../src/image/media_types.ts";
import { parseReference } from "../../src/registry/reference.ts";
import { chooseManifest, type DocumentSource, resolveImage } from "../../src/registry/resolve.ts";

const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

function descriptor(mediaType: string, value: unknown): Descriptor {
  const bytes = encoded(value);
  return { mediaType, digest: sha256Of(bytes), size: bytes.length };
}

function encoded(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** An entry of an index. */
function entry(platform: string, more: object = {}): Descriptor {
  const [os = "", architecture = "", variant] = platform.split("/");
  return {
    ...descriptor(MEDIA_TYPE.manifest, platform),
    platform: { os, architecture, variant },
    ...more,
  };
}

function chosen(platforms: readonly string[], wanted: string): string | undefined {
  const [os = "", architecture = "", variant = null] = wanted.split("/");
  const entries = platforms.map((platform) => entry(platform));
  const found = chooseManifest(entries, { os, architecture, variant });
  return found && platforms[entries.indexOf(found)];
}

Deno.test("chooseManifest() takes the variant that is asked for, or an older one, or none", () => {
  const arms = ["linux/arm/v5", "linux/arm/v7", "linux/arm64/v8", "linux/arm/v6", "linux/amd64"];
  for (
    const [wanted, expected] of [
      ["linux/arm/v7", "linux/arm/v7"],
      ["linux/arm/v6", "linux/arm/v6"],
      ["linux/arm/v8", "linux/arm/v7"],
      ["linux/arm", "linux/arm/v7"],
      ["linux/arm64", "linux/arm64/v8"],
      ["linux/arm64/v8", "linux/arm64/v8"],
      ["linux/arm64/v9", undefined],
      ["linux/amd64", "linux/amd64"],
      ["linux/amd64/v3", "linux/amd64"],
      ["windows/amd64", undefined],
      ["linux/s390x", undefined],
    ] as const
  ) assert.equal(chosen(arms, wanted), expected, wanted);
  assert.equal(chosen(["linux/arm/v7", "linux/arm"], "linux/arm"), "linux/arm");
  assert.equal(chosen(["linux/arm64", "linux/arm64/v8"], "linux/arm64/v8"), "linux/arm64/v8");
  assert.equal(chosen(["linux/arm64"], "linux/arm64/v8"), "linux/arm64");
});

Deno.test("chooseManifest() passes over attestations and what is no image", () => {
  const platform = { os: "linux", architecture: "amd64", variant: null };
  const image = entry("linux/amd64");
  const attestation = entry("linux/amd64", {
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  });
  const artifact = entry("linux/amd64", { mediaType: "application/json" });
  assert.equal(chooseManifest([attestation, artifact, image], platform), image);
  assert.equal(chooseManifest([attestation, artifact], platform), undefined);
});

const CONFIG = { os: "linux", architecture: "arm64", variant: "v8", rootfs: { diff_ids: [] } };
const MANIFEST = {
  schemaVersion: 2,
  config: descriptor("application/vnd.oci.image.config.v1+json", CONFIG),
  layers: [],
};
const AMD64 = { os: "linux", architecture: "amd64", variant: null };
const ARM64 = { os: "linux", architecture: "arm64", variant: null };

/** A registry that has these documents, each by its digest, and the first by any other name. */
function registry(documents: readonly unknown[], config: unknown = CONFIG) {
  const asked: string[] = [];
  const all = documents.map(encoded);
  const source: DocumentSource = {
    manifest(name) {
      asked.push(name);
      const digest = name.split("@")[1];
      const found = all.find((bytes) => sha256Of(bytes) === digest) ?? all[0];
      return Promise.resolve(found ?? encoded({}));
    },
    config: () => Promise.resolve(encoded(config)),
  };
  return { asked, source };
}

Deno.test("resolveImage() asks for a tag, then for the digest of what the index has", async () => {
  const wanted = descriptor(MEDIA_TYPE.manifest, MANIFEST);
  for (const mediaType of [MEDIA_TYPE.index, DOCKER_LIST]) {
    const index = {
      schemaVersion: 2,
      mediaType,
      manifests: [entry("linux/amd64"), { ...wanted, platform: entry("linux/arm64").platform }],
    };
    const { asked, source } = registry([index, MANIFEST]);
    const image = await resolveImage(parseReference("alpine:3"), ARM64, source);
    const name = "docker.io/library/alpine";
    assert.deepEqual(asked, [`${name}:3`, `${name}@${wanted.digest}`]);
    assert.equal(image.index?.digest, sha256Of(encoded(index)));
    assert.equal(image.manifest.digest, wanted.digest);
    assert.equal(image.configDigest, MANIFEST.config.digest);
    assert.deepEqual(image.platform, { os: "linux", architecture: "arm64", variant: "v8" });
  }
});

Deno.test("resolveImage() takes a single image for what it is, whatever the platform", async () => {
  const { source } = registry([MANIFEST]);
  const image = await resolveImage(parseReference("alpine"), AMD64, source);
  assert.equal(image.index, undefined);
  assert.equal(image.platform.architecture, "arm64");
});

Deno.test("resolveImage() tells what is no image, and what has another digest", async () => {
  const zeros = `sha256:${"0".repeat(64)}`;
  for (
    const [name, documents, message, config] of [
      ["a", [{ schemaVersion: 1, fsLayers: [] }], /Docker's schema 1, too old/],
      ["a", [{ ...MANIFEST, mediaType: "text/html" }], /can be pulled: it is text\/html/],
      ["a", [{ schemaVersion: 2 }], /config: expected a descriptor, found nothing/],
      ["a", [[]], /expected an object/],
      [`a@${zeros}`, [MANIFEST], new RegExp(`@${zeros}: .* with another digest, sha256:`)],
      ["a", [MANIFEST], /sent a config with the digest/, { ...CONFIG, os: "plan9" }],
      [
        "a",
        [{ manifests: [entry("linux/arm/v7")] }],
        /no image for linux\/amd64\. There is: linux\/arm\/v7$/,
      ],
      ["a", [{ manifests: [] }], /There is: nothing$/],
    ] as const
  ) {
    const { source } = registry(documents, config);
    await assert.rejects(
      resolveImage(parseReference(name), AMD64, source),
      (error: Error) => error instanceof ImageError && message.test(error.message),
      String(message),
    );
  }
});
