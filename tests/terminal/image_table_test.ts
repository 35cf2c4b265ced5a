import assert from "node:assert/strict";
import type { ImageDescription, LayerDescription } from "../../src/image/description.ts";
import { imageTable } from "../../src/terminal/image_table.ts";
import { storePath } from "../support/store_paths.ts";

const LAYER: LayerDescription = {
  diffId: `sha256:${"0123456789abcdef".repeat(4)}`,
  size: 2048,
  blob: null,
  files: 3,
  storePaths: [],
  outsideStore: 1500,
  whiteouts: 0,
  created: null,
  createdBy: "RUN something",
  comment: "not shown",
  reason: null,
};

const IMAGE: ImageDescription = {
  names: ["app:1", "app:latest"],
  id: "sha256:1",
  manifestDigest: null,
  platform: "linux/arm/v7",
  created: "2001-02-03T04:05:06Z",
  size: 2048,
  config: {},
  annotations: {},
  layers: [LAYER],
};

const paths = ["a-1", "b-2", "c-3", "d-4", "e-5"].map((name) => ({
  path: storePath(name),
  size: 10,
}));

Deno.test("imageTable() has names, config, layers and totals", () => {
  const config = {
    Env: ["A=1", "B=2"],
    Cmd: ["sh", "-c", "exit"],
    Entrypoint: null,
    Volumes: {},
    User: "",
    StopTimeout: 5,
    Labels: { one: "1", two: "" },
    ExposedPorts: { "80/tcp": {} },
  };
  const held = { ...LAYER, storePaths: paths, outsideStore: 0 };
  assert.equal(
    imageTable({ ...IMAGE, size: 4096, config, layers: [held, LAYER] }),
    `Name          app:1
              app:latest
ID            sha256:1
Platform      linux/arm/v7
Created       2001-02-03T04:05:06Z
Env           A=1
              B=2
Cmd           ["sh","-c","exit"]
StopTimeout   5
Labels        one=1
              two
ExposedPorts  80/tcp

LAYER  DIFF ID         SIZE  FILES  PATHS  OUTSIDE  CONTENTS
    1  0123456789ab  2.0 kB      3      5      0 B  a-1 b-2 c-3 +2
    2  0123456789ab  2.0 kB      3          1.5 kB  RUN something

app:1: 2 layers, 5 store paths, 4.1 kB, 1.5 kB outside of the store
`,
  );
});

Deno.test("imageTable() has blobs, manifest and annotations where there are any", () => {
  const blob = { mediaType: "", digest: "", size: 1000 };
  const text = imageTable({
    ...IMAGE,
    names: [],
    manifestDigest: "sha256:2",
    annotations: { "org.example": "yes" },
    layers: [{ ...LAYER, blob, outsideStore: 0 }],
  });
  assert.match(text, /^ID +sha256:1\nManifest +sha256:2\n/);
  assert.match(text, /\nAnnotations +org\.example=yes\n/);
  assert.match(text, /\nLAYER +DIFF ID +SIZE +BLOB +FILES .*\n +1 +\w+ +2\.0 kB +1\.0 kB +3 /);
  assert.match(text, /\n\(without a name\): 1 layer, 0 store paths, 2\.0 kB, 1\.0 kB as stored\n$/);
});

Deno.test("imageTable() leaves out what is not known of an image that is not made yet", () => {
  const layer = { ...LAYER, diffId: null, files: null, outsideStore: null, reason: "top layer" };
  const text = imageTable({ ...IMAGE, id: null, created: null, layers: [layer] });
  assert.doesNotMatch(text, /\bID\b|Created|BLOB|null/);
  assert.match(text, /LAYER +SIZE.*CONTENTS +WHY\n +1 +2\.0 kB +RUN something +top layer\n/);
});

Deno.test("imageTable() is bounded and harmless, whatever the image says", () => {
  const hostile = "\x1b]0;x\x07\u202e\n".repeat(1_000);
  const many = Array.from({ length: 1_000 }, (_, index) => `${index}${hostile}`);
  const fields = Object.fromEntries(many.map((key) => [key, hostile]));
  const text = imageTable({
    ...IMAGE,
    names: many,
    platform: hostile,
    config: { Env: many, Labels: fields, ...fields },
    annotations: fields,
    layers: many.map((createdBy) => ({ ...LAYER, createdBy })),
  });
  assert.match(text, /^[ -~\n]*$/);
  assert.ok(text.split("\n").length < 350);
  assert.ok(text.length < 100_000);
  assert.match(text, /\n +\+980\n/);
});
