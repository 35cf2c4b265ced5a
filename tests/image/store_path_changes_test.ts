import assert from "node:assert/strict";
import { storePathChanges } from "../../src/image/store_path_changes.ts";
import { namePart } from "../../src/store/store_path.ts";
import { storePath } from "../support/store_paths.ts";

/** Names, each with the beginning of its hash: `1-hello-2.12`. */
function listed(names: readonly string[], digest = "same") {
  return new Map(names.map((name) => {
    const [hash = "", ...rest] = name.split("-");
    return [storePath(rest.join("-"), hash), { digest, size: Number(hash), files: 1 }];
  }));
}

for (
  const [what, from, to, changed, removed, added] of [
    ["nothing", ["1-a-1"], ["1-a-1"], [], [], []],
    ["another version", ["1-hello-2.9"], ["2-hello-2.10"], ["hello-2.9 > hello-2.10"], [], []],
    ["another build", ["1-hello-2"], ["2-hello-2"], ["hello-2 > hello-2"], [], []],
    ["another package", ["1-hello-2"], ["2-hallo-2"], [], ["hello-2"], ["hallo-2"]],
    ["a name with dashes", ["1-a-b-1"], ["2-a-c-1"], [], ["a-b-1"], ["a-c-1"]],
    ["no version", ["1-source"], ["2-source"], ["source > source"], [], []],
    [
      "outputs by their names",
      ["1-ssl-3.0.1-bin", "2-ssl-3.0.1", "3-ssl-3.0.1-dev"],
      ["4-ssl-3.0.2", "5-ssl-3.0.2-bin"],
      ["ssl-3.0.1 > ssl-3.0.2", "ssl-3.0.1-bin > ssl-3.0.2-bin"],
      ["ssl-3.0.1-dev"],
      [],
    ],
    [
      "the same name before the same package",
      ["1-gcc-11", "2-gcc-12"],
      ["3-gcc-12", "4-gcc-13"],
      ["gcc-12 > gcc-12", "gcc-11 > gcc-13"],
      [],
      [],
    ],
    [
      "an output that few packages have",
      ["1-gcc-13-libgcc", "2-gcc-13"],
      ["3-gcc-14-libgcc"],
      ["gcc-13-libgcc > gcc-14-libgcc"],
      ["gcc-13"],
      [],
    ],
    ["outputs of no version", ["1-fonts-dev"], ["2-fonts-doc"], [], ["fonts-dev"], ["fonts-doc"]],
    ["a version that ends in a word", ["1-x-1-rc"], ["2-x-1.0"], ["x-1-rc > x-1.0"], [], []],
    ["none there", [], ["1-a-1", "2-a-2"], [], [], ["a-1", "a-2"]],
  ] as const
) {
  Deno.test(`storePathChanges() finds ${what}`, () => {
    const changes = storePathChanges(listed(from), listed(to));
    assert.deepEqual(
      changes.changed.map(({ from, to }) => `${namePart(from.path)} > ${namePart(to.path)}`),
      changed,
    );
    assert.deepEqual(changes.removed.map(({ path }) => namePart(path)), removed);
    assert.deepEqual(changes.added.map(({ path }) => namePart(path)), added);
  });
}

Deno.test("storePathChanges() finds other files at the same path, and has sizes", () => {
  const path = storePath("hello", "1");
  const other = new Map([[path, { digest: "other", size: 5, files: 1 }]]);
  assert.deepEqual(storePathChanges(listed(["1-hello", "2-x"]), other), {
    added: [],
    removed: [{ path: storePath("x", "2"), size: 2 }],
    changed: [{ from: { path, size: 1 }, to: { path, size: 5 } }],
  });
});
