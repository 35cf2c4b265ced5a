/**
 * Docker's older image format, and layers alone.
 * @module
 */

import assert from "node:assert/strict";
import { readImage } from "../support/archive.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { askPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const { hello, farmSecond } = await buildFixtures("hello", "farmSecond");
const CONFIG = { Cmd: ["hello"], Labels: { é: "ü" } };
const SPEC = {
  name: "registry.example:5000/older",
  tag: "v1",
  contents: [hello, farmSecond],
  config: CONFIG,
};

interface OlderFormat {
  readonly repositories: unknown;
  /** From the uppermost one down. */
  readonly layers: readonly {
    readonly directory: string;
    readonly json: Readonly<Record<string, unknown>>;
    readonly version: string;
    readonly id: string;
    readonly tarsum: string;
    readonly size: number;
    readonly sha256: string;
  }[];
}

async function build(spec: string, archive: string): Promise<void> {
  const args = ["build", "--docker-v1", "--compressor=none", "-q", spec, "-o", archive];
  const { code, stderr } = await nixImage(args);
  assert.equal(code, 0, stderr);
}

Deno.test("--docker-v1 adds repositories, and json and VERSION for each layer", async () => {
  await using scratch = new Scratch();
  const archive = `${scratch.path}/image.tar`;
  await build(scratch.spec(SPEC), archive);
  const { manifest, config } = await readImage(archive);
  const { repositories, layers } = await askPython<OlderFormat>("inspect_docker_v1.py", null, [
    archive,
  ]);
  assert.ok(layers.length >= 3);
  const ids = layers.map(({ directory }) => directory);
  assert.deepEqual(repositories, { "registry.example:5000/older": { v1: ids[0] } });
  assert.deepEqual(manifest.Layers.toReversed(), ids.map((id) => `${id}/layer.tar`));
  assert.deepEqual(
    config.rootfs.diff_ids.toReversed(),
    layers.map(({ sha256 }) => `sha256:${sha256}`),
  );
  for (const [index, { directory, json, version, id, tarsum, size }] of layers.entries()) {
    assert.equal(version, "1.0");
    assert.equal(directory, id);
    const parent = ids[index + 1];
    assert.deepEqual(json, {
      created: "1970-01-01T00:00:01+00:00",
      architecture: config.architecture,
      os: "linux",
      ...index === 0 ? { config: CONFIG } : {},
      checksum: tarsum,
      ...parent === undefined ? {} : { parent },
      id,
      Size: size,
    });
  }
});

Deno.test("--docker-v1 changes neither the image's ID nor its layers, and docker and skopeo read it", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec(SPEC);
  const archive = `${scratch.path}/image.tar`;
  await build(spec, archive);
  await docker.docker("load", "--input", archive);
  const image = await docker.inspect("registry.example:5000/older:v1");
  assert.equal(await docker.run("registry.example:5000/older:v1"), "Hello, world!\n");
  const plain = `${scratch.path}/plain.tar`;
  assert.equal((await nixImage(["stream", "-q", spec], { stdoutFile: plain })).code, 0);
  assert.equal((await readImage(plain)).manifest.Config, `${image.Id.slice(7)}.json`);
  assert.ok(!(await succeed(["tar", "-tf", plain])).includes("repositories"));

  const inspected = await succeed(["skopeo", "inspect", "--config", `docker-archive:${archive}`]);
  const { rootfs } = JSON.parse(inspected) as { rootfs: { diff_ids: unknown } };
  assert.deepEqual(rootfs.diff_ids, image.RootFS.Layers);
});

// Docker can until version 28.
Deno.test("docker loads the older format alone, without the manifest of the newer one", async () => {
  await using scratch = new Scratch();
  const archive = `${scratch.path}/image.tar`;
  await build(scratch.spec({ ...SPEC, name: "alone" }), archive);
  const { config } = await readImage(archive);
  await succeed(["tar", "--delete", "--file", archive, "manifest.json"]);
  await docker.docker("load", "--input", archive);
  const image = await docker.inspect("alone:v1");
  assert.deepEqual(image.RootFS.Layers, config.rootfs.diff_ids);
  assert.equal(await docker.run("alone:v1"), "Hello, world!\n");
});

Deno.test("stream --docker-v1 writes what build does, also by a script; other names of layers can't be had with it", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec(SPEC);
  const archive = `${scratch.path}/image.tar`;
  await build(spec, archive);
  const stream = [...nixImageCommand(), "stream", "-q", "--docker-v1", spec];
  const same = '"$@" | cmp - "$0"';
  await succeed(["sh", "-c", same, archive, ...stream]);
  const env = { XDG_CACHE_HOME: scratch.path };
  const script = (await succeed([...stream, "--script"], { env })).trim();
  await succeed(["sh", "-c", same, archive, script, "-q"]);
  for (const verb of ["stream", "build"]) {
    const { code, stderr } = await nixImage([verb, spec, "--docker-v1", "--layer-names=digest"]);
    assert.equal(code, 2);
    assert.match(stderr, /'--docker-v1' cannot be used with/);
  }
});

Deno.test("layer writes the image's own layer, with json and VERSION, and replaces nothing", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec(SPEC);
  const directory = `${scratch.path}/layer`;
  const first = await nixImage(["layer", spec, "-o", directory]);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.text, "");
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  assert.deepEqual(names.sort(), ["VERSION", "json", "layer.tar"]);
  assert.equal(await Deno.readTextFile(`${directory}/VERSION`), "1.0");
  const [tarsum] = await askPython<string[]>("tarsum.py", [`${directory}/layer.tar`]);
  const json = JSON.parse(await Deno.readTextFile(`${directory}/json`)) as Record<string, unknown>;
  const { architecture, ...rest } = json;
  assert.equal(typeof architecture, "string");
  assert.deepEqual(rest, {
    created: "1970-01-01T00:00:01+00:00",
    os: "linux",
    config: CONFIG,
    checksum: tarsum,
  });
  const archive = `${scratch.path}/image.tar`;
  assert.equal((await nixImage(["stream", "-q", spec], { stdoutFile: archive })).code, 0);
  const { manifest } = await readImage(archive);
  const same = 'tar -xOf "$1" "$2" | cmp - "$3"';
  const top = manifest.Layers.at(-1) ?? "";
  await succeed(["sh", "-c", same, "sh", archive, top, `${directory}/layer.tar`]);

  const again = await nixImage(["layer", spec, "-o", directory]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /layer is there already; name a new directory/);
});

Deno.test("tarsum prints the checksum of standard input alone", async () => {
  await using scratch = new Scratch();
  const archive = `${scratch.path}/archive.tar`;
  await succeed(["tar", "-C", hello, "-cf", archive, "."]);
  const [tarsum] = await askPython<string[]>("tarsum.py", [archive]);
  const run = ["sh", "-c", 'file=$1; shift; exec "$@" <"$file"', "sh"];
  const { code, text, stderr } = await runCommand([
    ...run,
    archive,
    ...nixImageCommand(),
    "tarsum",
  ]);
  assert.deepEqual([code, text, stderr], [0, `${tarsum}\n`, ""]);
  const wrong = await nixImage(["tarsum"], { stdin: "no archive".repeat(100) });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^nix-image: Not a tar archive, or a damaged one: /);
});

Deno.test("a single image has the older format unless it is not wanted, a layered one if it is", async () => {
  await using scratch = new Scratch();
  const archive = `${scratch.path}/image.tar`;
  const single = { name: "s", type: "single", copyToRoot: [hello] };
  const layered = { name: "l", contents: [hello] };
  for (
    const [spec, options, expected] of [
      [single, [], true],
      [single, ["--no-docker-v1"], false],
      [single, ["--layer-names=digest"], false],
      [layered, [], false],
      [layered, ["--docker-v1"], true],
    ] as const
  ) {
    const build = ["build", "--compressor=none", "--output", archive, ...options];
    await succeed([...nixImageCommand(), ...build, scratch.spec(spec)]);
    const names = (await succeed(["tar", "--list", "--file", archive])).split("\n");
    assert.equal(names.includes("repositories"), expected, JSON.stringify([spec, options]));
  }
});
