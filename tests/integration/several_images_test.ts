/**
 * Archives and layouts of several images, in the hands of the programs that read them.
 * @module
 */

import assert from "node:assert/strict";
import { configBlob, type Image, type NamedImage } from "../../src/image/image.ts";
import { computeDiffId } from "../../src/layer/layer.ts";
import { dockerArchive } from "../../src/sinks/docker_archive.ts";
import { writeOciArchive, writeOciDirectory } from "../../src/sinks/oci_layout.ts";
import { startDaemon } from "../support/daemon.ts";
import { Docker } from "../support/dockerd.ts";
import { Podman, skopeoCopy, skopeoFacts } from "../support/engines.ts";
import { imageWith, layerWith, storedLayer } from "../support/layers.ts";
import { succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
const scratch = new Scratch();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(async () => {
  await docker.stop();
  await scratch[Symbol.asyncDispose]();
});

const [one, two, three] = [
  await layerWith("one", "one"),
  await layerWith("two", "two"),
  await layerWith("three", "three"),
];
const base = await storedLayer(
  await layerWith("base", "base"),
  "application/vnd.docker.image.rootfs.diff.tar.gzip",
);

const NAMED: readonly NamedImage[] = [
  { image: imageWith([base, one, two, one]), repoTags: ["several/a:1", "several/a:2"] },
  { image: imageWith([base, two, three]), repoTags: ["registry.example:5000/several/b:1"] },
];
const UNNAMED: NamedImage = { image: imageWith([base, three]), repoTags: [] };

async function diffIdsOf(image: Image): Promise<string[]> {
  return await Promise.all(image.layers.map((layer) => computeDiffId(layer)));
}

async function idOf(image: Image): Promise<string> {
  return configBlob(image, await diffIdsOf(image)).digest;
}

async function writeDockerArchive(images: readonly NamedImage[]): Promise<string> {
  const path = `${scratch.path}/${crypto.randomUUID()}.tar`;
  await Deno.writeFile(path, dockerArchive(images, { mtime: 1 }));
  return path;
}

Deno.test("docker loads a docker-archive of several images, one with a layer twice, one without a name", async () => {
  const archive = await writeDockerArchive([...NAMED, UNNAMED]);
  const said = await docker.docker("load", "--input", archive);
  assert.ok(said.includes(`Loaded image ID: ${await idOf(UNNAMED.image)}\n`), said);
  for (const { image, repoTags } of NAMED) {
    for (const name of repoTags) {
      const found = await docker.inspect(name);
      assert.equal(found.Id, await idOf(image));
      assert.deepEqual(found.RootFS.Layers, await diffIdsOf(image));
      await docker.docker("rmi", name);
    }
  }
  await docker.docker("rmi", await idOf(UNNAMED.image));
});

Deno.test("skopeo and podman find each image of a docker-archive", async () => {
  const archive = await writeDockerArchive([...NAMED, UNNAMED]);
  await using podman = new Podman();
  await podman.run("load", "--input", archive);
  for (const [position, { image, repoTags }] of [...NAMED, UNNAMED].entries()) {
    const facts = { id: await idOf(image), diffIds: await diffIdsOf(image) };
    for (const reference of [...repoTags, `@${position}`]) {
      assert.deepEqual(await skopeoFacts(`docker-archive:${archive}:${reference}`), facts);
    }
    for (const name of repoTags) {
      const { id, diffIds } = await podman.facts(name);
      assert.deepEqual({ id, diffIds }, facts);
    }
  }
});

Deno.test("skopeo, umoci and podman find each image of a layout by its name", async () => {
  const path = `${scratch.path}/layout`;
  await writeOciDirectory(NAMED, path);
  const names = NAMED.flatMap(({ repoTags }) => repoTags);
  const listed = await succeed(["umoci", "list", "--layout", path]);
  assert.deepEqual(listed.trim().split("\n").sort(), names.toSorted());
  await using podman = new Podman();
  for (const { image, repoTags } of NAMED) {
    const facts = { id: await idOf(image), diffIds: await diffIdsOf(image) };
    for (const name of repoTags) {
      assert.deepEqual(await skopeoFacts(`oci:${path}:${name}`), facts);
      const copied = `oci:${scratch.path}/${crypto.randomUUID()}:${name}`;
      await skopeoCopy(`oci:${path}:${name}`, copied);
      assert.deepEqual(await skopeoFacts(copied), facts);
      await podman.run("pull", "--quiet", `oci:${path}:${name}`);
      assert.ok((await podman.run("images", "--no-trunc", "--quiet")).includes(facts.id));
    }
  }
});

Deno.test("containerd imports all images of an OCI archive with their names", async () => {
  const archive = `${scratch.path}/several.oci.tar`;
  const { images } = await writeOciArchive(NAMED, archive, { mtime: 1 });
  const ctr = (directory: string) => ["ctr", "--address", `${directory}/containerd.sock`];
  await using containerd = await startDaemon({
    name: "containerd",
    command: (directory) => {
      Deno.writeTextFileSync(
        `${directory}/config.toml`,
        'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n',
      );
      return [
        "containerd",
        `--config=${directory}/config.toml`,
        `--root=${directory}/root`,
        `--state=${directory}/state`,
        `--address=${directory}/containerd.sock`,
      ];
    },
    probe: (directory) => [...ctr(directory), "version"],
  });
  const client = ctr(containerd.directory);
  await succeed([...client, "images", "import", "--snapshotter=native", archive]);
  const listed = await succeed([...client, "images", "list"]);
  const found = listed.trim().split("\n").slice(1).map((line) => line.split(/\s+/));
  assert.deepEqual(
    found.map(([name, , digest]) => [name, digest]),
    [
      ["docker.io/several/a:1", images[0]?.manifestDigest],
      ["docker.io/several/a:2", images[0]?.manifestDigest],
      ["registry.example:5000/several/b:1", images[1]?.manifestDigest],
    ],
  );
});
