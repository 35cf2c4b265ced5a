import assert from "node:assert/strict";
import fc from "fast-check";
import { imageIndexJson, imagesByPlatform } from "../../src/image/image_index.ts";
import { type ImagePlatform, platformName } from "../../src/image/image_platform.ts";
import { imageWith } from "../support/layers.ts";

const member = (platform: Partial<ImagePlatform>, source = "source") => {
  const whole = { os: "linux", architecture: "amd64", variant: null, ...platform };
  return { image: { ...imageWith([]), platform: whole }, source };
};

Deno.test("imagesByPlatform() gives one order, whatever order they come in", () => {
  const expected = [
    "linux/amd64",
    "linux/amd64/v3",
    "linux/arm",
    "linux/arm/v6",
    "linux/arm64",
    "windows/amd64 10.0.14393",
    "windows/amd64 10.0.17763",
    "windows/amd64 10.0.17763 win32k",
  ];
  const members = [
    member({}),
    member({ variant: "v3" }),
    member({ architecture: "arm" }),
    member({ architecture: "arm", variant: "v6" }),
    member({ architecture: "arm64" }),
    member({ os: "windows", osVersion: "10.0.14393" }),
    member({ os: "windows", osVersion: "10.0.17763" }),
    member({ os: "windows", osVersion: "10.0.17763", osFeatures: ["win32k"] }),
  ];
  const named = (members: ReturnType<typeof imagesByPlatform>) =>
    members.map(({ platform }) => platformName(platform!));
  fc.assert(fc.property(
    fc.shuffledSubarray(members, { minLength: members.length }),
    (shuffled) => {
      assert.deepEqual(named(imagesByPlatform(shuffled)), expected);
    },
  ));
});

for (
  const [one, other] of [
    [{}, {}],
    [{ architecture: "arm64" }, { architecture: "arm64", variant: "v8" }],
    [{ architecture: "arm", variant: "v7" }, { architecture: "arm" }],
    [{ osFeatures: ["a", "b"] }, { osFeatures: ["b", "a"] }],
  ] as const
) {
  Deno.test(`imagesByPlatform() refuses ${JSON.stringify([one, other])}`, () => {
    const members = [member(one, "first"), member({ os: "plan9" }), member(other, "second")];
    assert.throws(() => imagesByPlatform(members), /two are .*\n.* first\n.* second$/);
  });
}

Deno.test("an index has the keys of the specification, and annotations sorted", () => {
  const manifest = { mediaType: "type", digest: "sha256:0", size: 5 };
  const { image } = member({
    os: "windows",
    variant: "v1",
    osVersion: "10",
    osFeatures: ["win32k"],
  });
  const text = imageIndexJson([{ image, manifest }], { "z": "1", "a=": "2" });
  assert.equal(
    JSON.stringify(JSON.parse(text)),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{
        ...manifest,
        platform: {
          architecture: "amd64",
          os: "windows",
          "os.version": "10",
          "os.features": ["win32k"],
          variant: "v1",
        },
      }],
      annotations: { "a=": "2", "z": "1" },
    }),
  );
  assert.equal("annotations" in JSON.parse(imageIndexJson([], {})), false);
});
