import assert from "node:assert/strict";
import { indexJson } from "../../src/image/oci_documents.ts";
import { imageWith } from "../support/layers.ts";

const manifest = { mediaType: "m", digest: `sha256:${"0".repeat(64)}`, size: 1 };

/**
 * What a layout of images with these names calls them: the short and the long names. Names without
 * a colon are tags alone.
 */
function namesIn(...images: readonly (readonly string[])[]): (string | undefined)[][] {
  const indexed = images.map((names) => ({
    image: imageWith([]),
    repoTags: names.filter((name) => name.includes(":")),
    refNames: names.filter((name) => !name.includes(":")),
    manifest,
  }));
  const { manifests } = JSON.parse(indexJson(indexed)) as {
    manifests: { annotations?: Record<string, string> }[];
  };
  return manifests.map(({ annotations = {} }) => [
    annotations["org.opencontainers.image.ref.name"],
    annotations["io.containerd.image.name"],
  ]);
}

Deno.test("indexJson() calls an image by its tag, or by its name where tags are the same", () => {
  assert.deepEqual(namesIn(["app:1"]), [["1", "docker.io/library/app:1"]]);
  assert.deepEqual(namesIn(["reg.example/app:1", "app:2"], ["other:3"]), [
    ["1", "reg.example/app:1"],
    ["2", "docker.io/library/app:2"],
    ["3", "docker.io/library/other:3"],
  ]);
  assert.deepEqual(namesIn(["app:1", "app:2"], ["other:1"]), [
    ["app:1", "docker.io/library/app:1"],
    ["app:2", "docker.io/library/app:2"],
    ["other:1", "docker.io/library/other:1"],
  ]);
});

Deno.test("indexJson() has an image without a name once", () => {
  assert.deepEqual(namesIn([], ["app:1"]), [
    [undefined, undefined],
    ["1", "docker.io/library/app:1"],
  ]);
});

Deno.test("indexJson() leaves alone what is a tag alone, and tells it from the tags of names", () => {
  assert.deepEqual(namesIn(["v1", "app:1"], ["v2"]), [
    ["1", "docker.io/library/app:1"],
    ["v1", undefined],
    ["v2", undefined],
  ]);
  assert.deepEqual(namesIn(["1", "app:1"]), [
    ["app:1", "docker.io/library/app:1"],
    ["1", undefined],
  ]);
});

Deno.test("indexJson() calls images for several platforms by the tag of their one name", () => {
  assert.deepEqual(namesIn(["app:1"], ["app:1"]), [
    ["1", "docker.io/library/app:1"],
    ["1", "docker.io/library/app:1"],
  ]);
});
