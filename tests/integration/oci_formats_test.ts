/**
 * The formats that images are written in, in the hands of the programs that read them.
 * @module
 */

import assert from "node:assert/strict";
import { Docker } from "../support/dockerd.ts";
import {
  type ImageFacts,
  Podman,
  skopeoCopy,
  skopeoFacts,
  skopeoManifestDigest,
} from "../support/engines.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
const scratch = new Scratch();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(async () => {
  await docker.stop();
  await scratch[Symbol.asyncDispose]();
});

const { hello, coreutils } = await buildFixtures("hello", "coreutils");
const NAME = "registry.example:5000/formats/app:v1";
const spec = scratch.spec({
  name: NAME.slice(0, -3),
  tag: "v1",
  contents: [hello, coreutils],
  config: { Cmd: ["hello"], Labels: { "org.opencontainers.image.title": "Grüße" } },
});

const fresh = (name: string) => `${Deno.makeTempDirSync({ dir: scratch.path })}/${name}`;

interface Written {
  /** As skopeo names it. */
  readonly place: string;
  readonly path: string;
  readonly stderr: string;
}

async function build(format: string, ...options: string[]): Promise<Written> {
  const path = fresh("image");
  const args = ["build", spec, "--format", format, "-o", path, ...options];
  const { code, text, stderr } = await nixImage(args);
  assert.deepEqual([code, text], [0, ""], stderr);
  return { place: `${format}:${path}:${format === "docker-archive" ? NAME : "v1"}`, path, stderr };
}

const plain = await build("docker-archive", "--compressor=none");
const expected: ImageFacts = await skopeoFacts(plain.place);
async function assertDockerHas(name: string, { id, diffIds }: ImageFacts): Promise<void> {
  const image = await docker.inspect(name);
  assert.deepEqual([image.Id, image.RootFS.Layers], [id, diffIds]);
  assert.equal(await docker.run(name), "Hello, world!\n");
  await docker.docker("rmi", name);
}

async function copyToDocker(from: string): Promise<void> {
  const host = docker.env["DOCKER_HOST"] ?? "";
  await skopeoCopy(from, `docker-daemon:copied:v1`, "--dest-daemon-host", host);
  await assertDockerHas("copied:v1", expected);
}

// Debian's skopeo 1.9 takes any gzip-compressed docker-archive for a damaged one.
for (const compressor of ["none", "zstd"]) {
  Deno.test(`skopeo copies a docker-archive (${compressor}) to docker, to OCI, and back`, async () => {
    const { place } = await build("docker-archive", `--compressor=${compressor}`);
    assert.deepEqual(await skopeoFacts(place), expected);
    await copyToDocker(place);
    const archive = `docker-archive:${fresh("archive")}`;
    await skopeoCopy(place, `${archive}:${NAME}`);
    assert.deepEqual(await skopeoFacts(archive), expected);
    // Its config becomes another one on the way to OCI: skopeo leaves out and adds fields.
    const layout = `oci:${fresh("layout")}:v1`;
    await skopeoCopy(place, layout);
    const back = `docker-archive:${fresh("archive")}`;
    await skopeoCopy(layout, `${back}:${NAME}`);
    assert.deepEqual((await skopeoFacts(layout)).diffIds, expected.diffIds);
    assert.deepEqual((await skopeoFacts(back)).diffIds, expected.diffIds);
  });
}

for (const format of ["oci", "oci-archive"]) {
  for (const compression of ["gzip", "zstd", "none"]) {
    Deno.test(`skopeo copies ${format} (${compression}) to docker, to docker-archive, to OCI, and back`, async () => {
      const { place, stderr } = await build(format, `--layer-compression=${compression}`);
      const digest = await skopeoManifestDigest(place);
      assert.match(stderr, new RegExp(`v1: \\d+ layers, .*, ${expected.id}\\nWritten to .*, `));
      assert.ok(stderr.endsWith(`, manifest ${digest}\n`), stderr);
      assert.deepEqual(await skopeoFacts(place), expected);

      const layouts = [`oci:${fresh("layout")}:v2`, `oci-archive:${fresh("archive")}:v2`];
      for (const layout of layouts) {
        await skopeoCopy(place, layout, "--preserve-digests");
        assert.equal(await skopeoManifestDigest(layout), digest);
      }

      let source = layouts[0] ?? "";
      if (compression === "zstd") {
        // Docker has no such layers, so skopeo does not convert them as they are.
        source = `dir:${fresh("plain")}`;
        await skopeoCopy(layouts[0] ?? "", source, "--dest-decompress");
      }
      await copyToDocker(source);
      const archive = `docker-archive:${fresh("archive")}`;
      await skopeoCopy(source, `${archive}:${NAME}`);
      assert.deepEqual(await skopeoFacts(archive), expected);
    });
  }
}

// umoci 0.4 has no zstd.
for (const compression of ["gzip", "none"]) {
  Deno.test(`umoci unpacks an OCI layout (${compression})`, async () => {
    const { path } = await build("oci", `--layer-compression=${compression}`);
    assert.equal(await succeed(["umoci", "list", "--layout", path]), "v1\n");
    const bundle = fresh("bundle");
    await succeed(["umoci", "unpack", "--image", `${path}:v1`, bundle]);
    for (const store of [hello, coreutils]) {
      await succeed(["diff", "-r", "--no-dereference", store, `${bundle}/rootfs${store}`]);
    }
    assert.equal(await Deno.readLink(`${bundle}/rootfs/bin/hello`), `${hello}/bin/hello`);
  });
}

Deno.test("podman loads all formats, with the name and the digests", async () => {
  await using podman = new Podman();
  const written = [
    plain,
    await build("docker-archive", "--compressor=zstd"),
    ...await Promise.all(
      ["gzip", "zstd", "none"].map((kind) => build("oci-archive", `--layer-compression=${kind}`)),
    ),
  ];
  for (const { path } of written) {
    assert.equal(await podman.run("load", "--input", path), `Loaded image: ${NAME}\n`);
    assert.deepEqual(await podman.facts(NAME), { ...expected, names: [NAME] });
    await podman.run("rmi", NAME);
  }
});

Deno.test("an image on a base has the blobs of its layers as they are, in each format the same layers", async () => {
  const base = await build("oci", "--layer-compression=gzip");
  const onBase = scratch.spec({
    name: "derived",
    tag: "v1",
    fromImage: base.path,
    config: { Cmd: ["/bin/hello"] },
  });
  const made: string[] = [];
  for (const format of ["oci", "docker-archive"]) {
    const path = fresh("image");
    const { code, stderr } = await nixImage(["build", onBase, "--format", format, "-o", path]);
    assert.equal(code, 0, stderr);
    made.push(path);
  }
  const [layout = "", archive = ""] = made;
  const layersAt = async (place: string) =>
    (JSON.parse(await succeed(["skopeo", "inspect", "--raw", place])) as {
      readonly layers: readonly unknown[];
    }).layers;
  const layers = await layersAt(`oci:${layout}:v1`);
  assert.deepEqual(layers.slice(0, -1), await layersAt(base.place));
  const facts = await skopeoFacts(`oci:${layout}:v1`);
  assert.deepEqual(facts.diffIds.slice(0, -1), expected.diffIds);
  await docker.docker("load", "--input", archive);
  await assertDockerHas("derived:v1", facts);
});

Deno.test("build names what it writes after the image, and replaces a file, not a directory", async () => {
  const cwd = Deno.makeTempDirSync({ dir: scratch.path });
  const names = () => [...Deno.readDirSync(cwd)].map(({ name }) => name).sort();
  for (const format of ["oci", "oci-archive"]) {
    const { code, stderr } = await nixImage(["build", "-q", spec, "--format", format], { cwd });
    assert.deepEqual([code, stderr], [0, ""]);
  }
  assert.deepEqual(names(), ["app.oci", "app.oci.tar"]);
  const again = await nixImage(["build", "-q", spec, "--format=oci-archive"], { cwd });
  assert.equal(again.code, 0);
  const taken = await nixImage(["build", "-q", spec, "--format=oci"], { cwd });
  assert.deepEqual(
    [taken.code, taken.stderr],
    [2, "nix-image: app.oci is there already; name a new directory\n"],
  );
  assert.deepEqual(names(), ["app.oci", "app.oci.tar"]);
});

Deno.test("build refuses options of another format", async () => {
  const cases: [args: string[], message: RegExp][] = [
    [["--layer-compression=gzip"], /--layer-compression is for --format oci and oci-archive/],
    [["--format=oci", "--compressor=gz"], /--compressor is for --format docker-archive; /],
    [["--format=oci-archive", "--docker-v1"], /--docker-v1 is for --format docker-archive$/m],
    [["--format=oci", "--layer-names=digest"], /--layer-names is for --format docker-archive$/m],
    [["--format=oci", "--layer-compression=xz"], /Allowed choices are gzip, zstd, none/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await nixImage(["build", spec, ...args]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});

for (const format of ["oci", "oci-archive"]) {
  Deno.test(`an interrupted build of ${format} leaves nothing behind`, async () => {
    const root = Deno.makeTempDirSync({ dir: scratch.path });
    const path = `/nix/store/${"0".repeat(32)}-endless`;
    await Deno.mkdir(`${root}/nix/store`, { recursive: true });
    // So many zeros keep it busy for longer than the test runs.
    await Deno.writeTextFile(root + path, "");
    await Deno.truncate(root + path, 1e12);
    const graph = `${root}/graph.json`;
    await Deno.writeTextFile(graph, JSON.stringify([{ path, narSize: 1e12, references: [] }]));
    const output = Deno.makeTempDirSync({ dir: scratch.path });
    const [program = "", ...args] = [
      ...nixImageCommand(),
      ...["build", "-q", scratch.spec({ name: "endless", config: { Cmd: [path] } })],
      ...["--closure", graph, "--store-root", root, "--format", format, "-o", `${output}/image`],
    ];
    const child = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const names = () => [...Deno.readDirSync(output)].map(({ name }) => name);
    while (names().length === 0) await new Promise((done) => setTimeout(done, 20));
    assert.match(names()[0] ?? "", /^\.image\..*-part$/);
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [130, ""]);
    assert.deepEqual(names(), []);
  });
}
