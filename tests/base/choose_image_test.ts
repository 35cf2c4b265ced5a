import assert from "node:assert/strict";
import { chooseImage, type ImageChoice } from "../../src/base/choose_image.ts";
import type { OpenedImages, Platform, StoredImage } from "../../src/base/stored_image.ts";

interface Told {
  readonly names?: readonly string[];
  readonly platform?: string;
}

/** Images whose digests are `sha256:0`, `sha256:1` and so on. */
function opened(...images: Told[]): OpenedImages {
  return {
    path: "/a.tar",
    format: "docker-archive",
    images: images.map(({ names = [], platform = "linux/amd64" }, index): StoredImage => ({
      names,
      ...platformOf(platform),
      configDigest: `sha256:${index}`,
      manifestDigest: undefined,
      layers: [],
      history: [],
      config: {},
      created: "",
      original: { config: new Uint8Array() },
    })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function platformOf(text: string): Platform {
  const [os = "", architecture = "", variant = null] = text.split("/");
  return { os, architecture, variant };
}

const chosen = (images: OpenedImages, choice: ImageChoice) =>
  chooseImage(images, choice).configDigest.replace("sha256:", "");

const refused = (images: OpenedImages, choice: ImageChoice, message: string) =>
  assert.throws(() => chooseImage(images, choice), { name: "ImageError", message });

const NAMED = opened(
  { names: ["alpine:3", "alpine:3.19"] },
  { names: ["docker.io/library/alpine:latest"] },
  { names: ["localhost:5000/alpine:3", "host/app@sha256:00"] },
  { names: ["edge"] },
);

Deno.test("chooseImage() takes the only image where nothing is said", () => {
  assert.equal(chosen(opened({}), {}), "0");
  assert.equal(chosen(opened({ names: ["a:1", "b:2"] }), { name: null, tag: null }), "0");
});

Deno.test("chooseImage() chooses by name, by tag, and by both", () => {
  assert.equal(chosen(NAMED, { name: "alpine", tag: "3.19" }), "0");
  assert.equal(chosen(NAMED, { tag: "3.19" }), "0");
  assert.equal(chosen(NAMED, { tag: "edge" }), "3");
  assert.equal(chosen(NAMED, { name: "localhost:5000/alpine" }), "2");
  assert.equal(chosen(NAMED, { name: "host/app" }), "2");
  for (const name of ["alpine", "docker.io/alpine", "index.docker.io/library/alpine"]) {
    assert.equal(chosen(NAMED, { name, tag: "3" }), "0");
    assert.equal(chosen(NAMED, { name, tag: "latest" }), "1");
    assert.equal(chosen(NAMED, { name }), "1", "as engines do without a tag");
  }
});

Deno.test("chooseImage() chooses by platform", () => {
  const images = opened(
    { names: ["a:1"], platform: "linux/amd64" },
    { names: ["a:1"], platform: "linux/arm64" },
    { names: ["a:1"], platform: "linux/arm" },
    { names: ["a:1"], platform: "linux/arm/v6" },
  );
  const expected: Readonly<Record<string, string>> = {
    "linux/amd64": "0",
    "linux/arm64": "1",
    "linux/arm64/v8": "1",
    "linux/arm/v7": "2",
    "linux/arm/v6": "3",
  };
  for (const [platform, index] of Object.entries(expected)) {
    assert.equal(chosen(images, { platform: platformOf(platform) }), index, platform);
    assert.equal(chosen(images, { name: "a", tag: "1", preferred: platformOf(platform) }), index);
    assert.equal(chosen(images, { preferred: platformOf(platform) }), index);
  }
});

Deno.test("chooseImage() prefers a platform only where there is a choice", () => {
  const preferred = platformOf("linux/arm64");
  assert.equal(chosen(opened({}), { preferred }), "0");
  const images = opened(
    { names: ["a:1"], platform: "linux/amd64" },
    { names: ["a:1"], platform: "linux/arm64" },
    { names: ["a:latest"], platform: "linux/amd64" },
    { names: ["a:latest"], platform: "linux/arm64" },
  );
  assert.equal(chosen(images, { name: "a", preferred }), "3");
  assert.equal(chosen(images, { tag: "1", preferred }), "1");
  assert.equal(chosen(images, { tag: "1", platform: platformOf("linux/amd64"), preferred }), "0");
});

Deno.test("chooseImage() lists what there is where none fits", () => {
  const list = [
    "  alpine:3, alpine:3.19  linux/amd64  sha256:0",
    "  docker.io/library/alpine:latest  linux/amd64  sha256:1",
    "  localhost:5000/alpine:3, host/app@sha256:00  linux/amd64  sha256:2",
    "  edge  linux/amd64  sha256:3",
  ].join("\n");
  const none = (choice: ImageChoice, wanted: string) =>
    refused(NAMED, choice, `/a.tar has no image with ${wanted}. There is:\n${list}`);
  none({ name: "debian" }, "the name debian");
  none({ name: "alpine", tag: "2" }, "the name alpine and the tag 2");
  none({ tag: "sha256" }, "the tag sha256");
  none({ platform: platformOf("linux/arm/v7") }, "the platform linux/arm/v7");
  refused(NAMED, {}, `/a.tar has 4 images; say which by name, tag or platform:\n${list}`);
});

Deno.test("chooseImage() lists those among which it can't choose", () => {
  refused(
    NAMED,
    { tag: "3" },
    "/a.tar has 2 images with the tag 3; say which by name, tag or platform:\n" +
      "  alpine:3, alpine:3.19  linux/amd64  sha256:0\n" +
      "  localhost:5000/alpine:3, host/app@sha256:00  linux/amd64  sha256:2",
  );
  const unnamed = { platform: "linux/arm/v6" };
  const rest = Array.from(
    { length: 18 },
    (_, index) => `  (without a name)  linux/arm/v6  sha256:${index + 2}\n`,
  );
  const names = ["a\u001b[2J:1", "b:2", "c:3", "d:4", "e:5", "f:6", "g:7"];
  refused(
    opened({ names }, { names: ["x".repeat(1e6)] }, ...Array(30).fill(unnamed)),
    {},
    "/a.tar has 32 images; say which by name, tag or platform:\n" +
      "  a\ufffd[2J:1, b:2, c:3, d:4, e:5, and 2 more  linux/amd64  sha256:0\n" +
      `  ${"x".repeat(149)}…  linux/amd64  sha256:1\n${rest.join("")}  and 12 more`,
  );
});
