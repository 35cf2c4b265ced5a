import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { streamerImage } from "../../src/image/streamer_image.ts";
import { readDigest } from "../../src/layer/read_digest.ts";
import { DigestsAhead } from "../../src/sinks/digests_ahead.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { HELLO, makeConf } from "../support/confs.ts";
import { inDirectory } from "../support/directories.ts";

function imageOf(root: string, storeLayers: readonly (readonly string[])[]) {
  const { architecture, repo_tag, created } = makeConf(root) as Record<string, string>;
  const owner = { uid: 0, gid: 0, uname: "", gname: "" };
  const header = { name: "", type: "file", mode: 0, mtime: 0, size: 0, linkname: "" } as const;
  return streamerImage({
    architecture: architecture!,
    repoTag: repo_tag!,
    created: created!,
    mtime: 1,
    config: new Map(),
    fromImage: null,
    customisationLayer: "/none",
    storeLayers: storeLayers as StorePath[][],
    ...owner,
  }, {
    base: undefined,
    customisation: { label: "", diffId: "", header: { ...header, ...owner } },
    storeRoot: root,
    now: new Date(),
  });
}

Deno.test("DigestsAhead gives the digests of layers, of the first as of those that a thread reads", async () => {
  await inDirectory(async (root) => {
    const image = imageOf(root, [[HELLO], [HELLO, HELLO], []]);
    using digests = new DigestsAhead(image, () => false);
    for (const [index, layer] of image.layers.entries()) {
      if (!("paths" in layer)) continue;
      assert.deepEqual(await digests.of(index, layer), await readDigest(layer.layer));
    }
  });
});

Deno.test("DigestsAhead fails with the error of a layer that a thread can not read", async () => {
  await inDirectory(async (root) => {
    const gone = HELLO.replace("hello", "gone");
    const image = imageOf(root, [[HELLO], [gone], [HELLO]]);
    using digests = new DigestsAhead(image, () => false);
    const [, second, third] = image.layers;
    assert.ok(second && "paths" in second && third && "paths" in third);
    await assert.rejects(digests.of(1, second), (error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, /gone-2\.12 is not there/);
      return true;
    });
    assert.deepEqual(await digests.of(2, third), await readDigest(third.layer));
  });
});
