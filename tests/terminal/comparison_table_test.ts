import assert from "node:assert/strict";
import type { ImageComparison } from "../../src/image/comparison.ts";
import { comparisonTable } from "../../src/terminal/comparison_table.ts";
import { storePath } from "../support/store_paths.ts";

const IMAGE = {
  names: ["app:1"],
  id: `sha256:${"0123456789abcdef".repeat(4)}`,
  manifestDigest: null,
  platform: "linux/amd64",
  size: 5000,
};

const SAME: ImageComparison = {
  from: IMAGE,
  to: IMAGE,
  same: true,
  layers: { shared: [{ diffId: "sha256:1", size: 1, blob: null }], added: [], removed: [] },
  pull: { layers: 0, compressedLayers: 0, size: 0 },
  storePaths: { added: [], removed: [], changed: [] },
  files: { added: [], removed: [], changed: [] },
  config: [],
};

Deno.test("comparisonTable() has no sections where nothing differs", () => {
  assert.equal(
    comparisonTable(SAME),
    `from  app:1  0123456789ab  linux/amd64  5.0 kB
to    app:1  0123456789ab  linux/amd64  5.0 kB

Nothing to pull: there are no other layers
`,
  );
});

Deno.test("comparisonTable() has what changed, and what is to pull", () => {
  const blob = { mediaType: "", digest: "", size: 700 };
  const [hello, newer, rebuilt] = [
    { path: storePath("hello-1", "1"), size: 1000 },
    { path: storePath("hello-2", "2"), size: 2000 },
    { path: storePath("hello-1", "3"), size: 1000 },
  ] as const;
  const facts = { type: "file", mode: 0o644, uid: 0, gid: 0, size: 1, target: "" } as const;
  const text = comparisonTable({
    ...SAME,
    to: { ...IMAGE, names: [], id: "sha256:abc" },
    same: false,
    layers: {
      ...SAME.layers,
      removed: [{ diffId: "sha256:2", size: 10, blob: null }],
      added: [{ diffId: "sha256:3", size: 2000, blob }],
    },
    pull: { layers: 1, compressedLayers: 1, size: 700 },
    storePaths: {
      changed: [
        { from: hello, to: newer },
        { from: hello, to: rebuilt },
        { from: hello, to: { ...hello, size: 5 } },
      ],
      removed: [newer],
      added: [],
    },
    files: {
      added: ["/new"],
      removed: [],
      changed: [
        {
          path: "/etc/x",
          from: facts,
          to: { ...facts, type: "symlink", uid: 1, size: 0, target: "y" },
        },
        { path: "/etc/y", from: { ...facts, size: 1000 }, to: { ...facts, size: 1001 } },
      ],
    },
    config: [
      { path: ["created"], from: "1", to: "2" },
      { path: ["config", "Env", "PATH"], from: null, to: "/bin" },
      { path: ["config", "Cmd"], from: ["a"], to: null },
      { path: ["history"], from: [{}], to: [{}, {}] },
    ],
  });
  assert.equal(
    text,
    `from  app:1             0123456789ab  linux/amd64  5.0 kB
to    (without a name)  abc           linux/amd64  5.0 kB

Layers: 1 removed, 1 added
  -  2    10 B
  +  3  2.0 kB  blob 700 B

Store paths: 3 changed, 1 removed
  ~  hello-1  -> hello-2        1.0 kB -> 2.0 kB
  ~  hello-1  -> another build  1.0 kB
  ~  hello-1  -> other files    1.0 kB -> 5 B
  -  hello-2                    2.0 kB

Files outside of the store: 2 changed, 1 added
  ~  /etc/x  file -> symlink, owner 0:0 -> 1:0, 1 B -> 0 B, target (none) -> y
  ~  /etc/y  1000 B -> 1001 B
  +  /new

Config: 4 changed
  ~  created   1 -> 2
  ~  Env PATH  (nothing) -> /bin
  ~  Cmd       ["a"] -> (nothing)
  ~  history   1 step -> 2 steps

To pull: 1 of 2 layers, 700 B, compressed
`,
  );
});

for (
  const [compressedLayers, how] of [[2, "compressed"], [1, "1 of them compressed"], [
    0,
    "not compressed",
  ]] as const
) {
  Deno.test(`comparisonTable() says that what is to pull is ${how}`, () => {
    const text = comparisonTable({ ...SAME, pull: { layers: 2, compressedLayers, size: 9 } });
    assert.match(text, new RegExp(`\nTo pull: 2 of 3 layers, 9 B, ${how}\n$`));
  });
}

Deno.test("comparisonTable() is bounded and harmless, whatever the images say", () => {
  const hostile = "\x1b]0;x\x07\u202e\n".repeat(1_000);
  const many = Array.from({ length: 1_000 }, (_, index) => `${index}${hostile}`);
  const text = comparisonTable({
    ...SAME,
    from: { ...IMAGE, names: [hostile], platform: "x" },
    files: { added: many, removed: many, changed: [] },
    config: many.map((key) => ({ path: ["config", key, key], from: key, to: [hostile] })),
  });
  assert.match(text, /^[ -~\n]*$/);
  assert.ok(text.split("\n").length < 80);
  assert.ok(text.length < 30_000);
  assert.match(text, /\n {2}\+ {2}and 980 more\n/);
});
