import assert from "node:assert/strict";
import { type NamedImage, sha256Of } from "../../src/image/image.ts";
import { dockerArchive, type DockerArchiveOptions } from "../../src/sinks/docker_archive.ts";
import { inDirectory } from "../support/directories.ts";
import { imageWith, layerWith, storedLayer } from "../support/layers.ts";
import { askPython } from "../support/python.ts";

interface Inspection {
  readonly members: readonly { readonly name: string; readonly sha256: string }[];
  readonly config: { readonly rootfs: { readonly diff_ids: readonly string[] } };
  readonly manifest: readonly {
    readonly Config: string;
    readonly RepoTags: readonly string[] | null;
    readonly Layers: readonly string[];
  }[];
}

async function write(
  images: readonly NamedImage[],
  options: Partial<DockerArchiveOptions> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(dockerArchive(images, { mtime: 1, ...options })).bytes();
}

async function inspect(
  images: readonly NamedImage[],
  options: Partial<DockerArchiveOptions> = {},
): Promise<Inspection> {
  let found: Inspection | undefined;
  await inDirectory(async (directory) => {
    await Deno.writeFile(`${directory}/archive.tar`, await write(images, options));
    found = await askPython("inspect_archive.py", `${directory}/archive.tar`);
  });
  assert.ok(found);
  return found;
}

for (const layerNames of ["identity", "digest"] as const) {
  Deno.test(`dockerArchive() with layerNames ${layerNames} writes each layer of several images once`, async () => {
    const [shared, own] = [await layerWith("shared", "s"), await layerWith("own", "o")];
    const base = await storedLayer(await layerWith("base", "b"));
    const images = [
      { image: imageWith([base, shared, own, shared]), repoTags: ["a:1", "reg.example/a:2"] },
      { image: imageWith([base, shared]), repoTags: [] },
      { image: imageWith([base, shared]), repoTags: ["b:1"] },
    ];
    const told: string[] = [], configs: string[] = [];
    const { members, manifest, config } = await inspect(images, {
      layerNames,
      onLayer: ({ image, index, size }) => told.push(`${image}/${index} ${size}`),
      onConfig: ({ digest }) => configs.push(`${digest.slice(7)}.json`),
    });
    assert.deepEqual(told, ["0/0 10240", "0/1 10240", "0/2 10240"]);
    const [a, b, c] = members.map(({ name }) => name);
    assert.deepEqual(members.map(({ name }) => name), [
      a,
      b,
      c,
      configs[0],
      configs[1],
      "manifest.json",
    ]);
    assert.deepEqual(manifest, [
      { Config: configs[0], RepoTags: ["a:1", "reg.example/a:2"], Layers: [a, b, c, b] },
      { Config: configs[1], RepoTags: null, Layers: [a, b] },
      { Config: configs[2], RepoTags: ["b:1"], Layers: [a, b] },
    ]);
    const [first, second, third] = members.map(({ sha256 }) => `sha256:${sha256}`);
    assert.deepEqual(config.rootfs.diff_ids, [first, second, third, second]);
    // A base layer is named by its digest, which takes no pass over it.
    assert.equal(a, `${base.diffId!.slice(7)}/layer.tar`);
    assert.equal(base.opened.tar, 1);
    assert.equal(shared.opened.tar, layerNames === "digest" ? 2 : 1);
  });
}

Deno.test("dockerArchive() passes on the config that an image came with", async () => {
  const base = await storedLayer(await layerWith("base", "b"));
  const config = new TextEncoder().encode(
    `{ "rootfs": {"type": "layers", "diff_ids": ["${base.diffId}"]}, "é": 1 }\n`,
  );
  const image = imageWith([base], { original: { config } });
  const { members, manifest } = await inspect([{ image, repoTags: ["a:1"] }]);
  assert.equal(`sha256:${members[1]!.sha256}`, sha256Of(config));
  assert.equal(manifest[0]!.Config, `${sha256Of(config).slice(7)}.json`);
});

Deno.test("dockerArchive() with dockerV1 describes base layers and those that are there twice", async () => {
  const layer = await layerWith("layer", "x");
  const base = await storedLayer(await layerWith("base", "b"));
  const image = imageWith([base, layer, base]);
  const { members, manifest, config } = await inspect([{ image, repoTags: ["a:1"] }], {
    dockerV1: true,
  });
  const layers = members.filter(({ name }) => name.endsWith("layer.tar"));
  assert.deepEqual(manifest[0]!.Layers, layers.map(({ name }) => name));
  // Each one is an image of its own with another parent.
  assert.equal(new Set(manifest[0]!.Layers).size, 3);
  assert.deepEqual(config.rootfs.diff_ids, layers.map(({ sha256 }) => `sha256:${sha256}`));
  assert.equal(config.rootfs.diff_ids[0], base.diffId);
});

Deno.test("dockerArchive() fails where a base layer has not the size it should have", async () => {
  const base = await storedLayer(await layerWith("base", "b"));
  const wrong = { ...base, tarSize: () => Promise.resolve(20480) };
  await assert.rejects(
    write([{ image: imageWith([wrong]), repoTags: [] }]),
    /^ImageError: Layer 1 changed while it was read: stored base/,
  );
});
