import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { sha256Of } from "../../src/image/image.ts";
import { KeptDigestError, type LayerDigest } from "../../src/layer/digest_cache.ts";
import type { Layer } from "../../src/layer/layer.ts";
import { dockerArchive, type DockerArchiveOptions } from "../../src/sinks/docker_archive.ts";
import { writeOciDirectory } from "../../src/sinks/oci_layout.ts";
import { ociStream, type OciStreamOptions } from "../../src/sinks/oci_stream.ts";
import { inDirectory } from "../support/directories.ts";
import { type CountingLayer, imageWith, layerWith, storedLayer } from "../support/layers.ts";
import { askPython } from "../support/python.ts";

const NAMES = ["reg.example/a:2", "a:1"];

/** Four layers, of which one comes twice and one knows its diff_id. */
async function makeLayers(): Promise<CountingLayer[]> {
  const base = await storedLayer(await layerWith("base", "b"));
  const [one, two] = [await layerWith("one", "1"), await layerWith("two", "2")];
  return [base, one, two, one];
}

async function digestsOf(layers: readonly Layer[]): Promise<LayerDigest[]> {
  return await Promise.all(layers.map(async (layer) => {
    const tar = await new Response(layer.open()).bytes();
    return { digest: sha256Of(tar), size: tar.length };
  }));
}

/** Kept digests, and a list of the diff_ids. */
async function known(layers: readonly CountingLayer[]) {
  const digests = await digestsOf(layers);
  for (const { opened } of layers) opened.tar = 0;
  return {
    digests,
    diffIds: digests.map(({ digest }) => digest),
    kept: new Map(layers.map(({ identity }, index) => [identity, digests[index]!.digest])),
  };
}

interface DockerInspection {
  readonly members: readonly { readonly name: string }[];
  readonly config: { readonly rootfs: { readonly diff_ids: readonly string[] } };
  readonly manifest: readonly [{ readonly Config: string; readonly Layers: readonly string[] }];
}

async function bytesOf(layers: readonly Layer[], options: Partial<DockerArchiveOptions>) {
  const archive = dockerArchive([{ image: imageWith(layers), repoTags: NAMES }], {
    mtime: 1,
    ...options,
  });
  return await new Response(archive).bytes();
}

async function inspected(bytes: Uint8Array): Promise<DockerInspection> {
  let found: DockerInspection | undefined;
  await inDirectory(async (directory) => {
    await Deno.writeFile(`${directory}/archive`, bytes);
    found = await askPython("inspect_archive.py", `${directory}/archive`);
  });
  return found!;
}

Deno.test("dockerArchive() leaves out members of layers, and says the same of the image", async () => {
  const layers = await makeLayers();
  const { kept, diffIds } = await known(layers);
  const whole = await bytesOf(layers, {});
  assert.deepEqual(await bytesOf(layers, { kept, omitted: new Set() }), whole);
  for (const { opened } of layers) opened.tar = 0;
  const all = await inspected(whole);

  const omitted = new Set([diffIds[0]!, diffIds[2]!]);
  const told: number[] = [];
  const left = await inspected(
    await bytesOf(layers, { kept, omitted, onLayer: ({ index }) => told.push(index) }),
  );
  assert.deepEqual([left.config, left.manifest], [all.config, all.manifest]);
  const [{ Layers: [first, second, third] }] = all.manifest;
  const lacking = all.members.filter(({ name }) => name !== first && name !== third);
  assert.deepEqual(left.members, lacking);
  assert.ok(lacking.some(({ name }) => name === second));
  assert.deepEqual(told, [1]);
  assert.deepEqual(layers.map(({ opened }) => opened.tar), [0, 1, 0, 1]);
});

Deno.test("dockerArchive() writes layers of which it does not know the diff_id", async () => {
  const layers = await makeLayers();
  const { diffIds } = await known(layers);
  const all = await inspected(await bytesOf(layers, {}));
  const left = await inspected(await bytesOf(layers, { omitted: new Set(diffIds) }));
  // The base layer knows it by itself.
  assert.deepEqual(left.members, all.members.slice(1));
});

Deno.test("a layer that goes out with another digest than the one kept ends the archive", async () => {
  const layers = await makeLayers();
  const { kept, digests } = await known(layers);
  const wrong = `sha256:${"0".repeat(64)}`;
  const isOfLayer = (error: unknown) =>
    error instanceof KeptDigestError && error instanceof ImageError &&
    error.layer === layers[2] && /two/.test(error.message);
  kept.set(layers[2]!.identity, wrong);
  await assert.rejects(bytesOf(layers, { kept }), isOfLayer);
  const damaged = digests.with(2, { ...digests[2]!, digest: wrong });
  await assert.rejects(streamed(layers, { digests: damaged }), isOfLayer);
  const resized = digests.with(2, { ...digests[2]!, size: 512 });
  await assert.rejects(streamed(layers, { digests: resized }), ImageError);
});

async function streamed(
  layers: readonly Layer[],
  options: Partial<OciStreamOptions> & Pick<OciStreamOptions, "digests">,
) {
  const named = { image: imageWith(layers), repoTags: NAMES };
  const archive = ociStream(named, { mtime: 1, omitted: new Set(), ...options });
  return await new Response(archive).bytes();
}

/** The files of a layout in an archive or a directory, and what is wrong with it. */
async function layoutAt(path: string) {
  const [{ files, problems }] = await askPython<
    [{ readonly files: readonly string[]; readonly problems: readonly string[] }]
  >("inspect_oci.py", [path]);
  return { files, problems };
}

Deno.test("ociStream() is the layout that build writes without compression, and its index comes last", async () => {
  const layers = await makeLayers();
  const { digests, diffIds } = await known(layers);
  await inDirectory(async (directory) => {
    const image = imageWith(layers);
    await writeOciDirectory([{ image, repoTags: NAMES }], `${directory}/layout`, {
      layerCompression: "none",
    });
    const ids: string[] = [];
    const bytes = await streamed(layers, { digests, onConfig: ({ digest }) => ids.push(digest) });
    await Deno.writeFile(`${directory}/whole`, bytes);
    const [whole, layout] = [
      await layoutAt(`${directory}/whole`),
      await layoutAt(`${directory}/layout`),
    ];
    assert.deepEqual(whole.problems, []);
    assert.deepEqual([...whole.files].sort(), [...layout.files].sort());
    assert.equal(whole.files.at(-1), "index.json");
    assert.ok(whole.files.includes(`blobs/sha256/${ids[0]?.slice(7)}`));

    for (const { opened } of layers) opened.tar = 0;
    const omitted = new Set([diffIds[0]!, diffIds[2]!]);
    await Deno.writeFile(`${directory}/part`, await streamed(layers, { digests, omitted }));
    const lacking = new Set(Array.from(omitted, (id) => `blobs/sha256/${id.slice(7)}`));
    const script = "import json, sys, tarfile\n" +
      "print(json.dumps(tarfile.open(sys.argv[1]).getnames()))";
    const { stdout } = await new Deno.Command("python3", {
      args: ["-c", script, `${directory}/part`],
    }).output();
    const names = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual(names, whole.files.filter((name) => !lacking.has(name)));
    assert.deepEqual(layers.map(({ opened }) => opened.tar), [0, 1, 0, 1]);
  });
});
