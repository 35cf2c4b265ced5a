/**
 * Other programs that read image archives see what the archive says.
 * @module
 */

import assert from "node:assert/strict";
import { readImage } from "../support/archive.ts";
import { startDaemon } from "../support/daemon.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
const scratch = new Scratch();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(async () => {
  await docker.stop();
  await scratch[Symbol.asyncDispose]();
});

const paths = await buildFixtures("coreutils", "hello");
const archive = `${scratch.path}/image.tar`;
const spec = scratch.spec({ name: "readers", tag: "v1", contents: [paths.hello, paths.coreutils] });
const streamed = await nixImage(["stream", spec], { stdoutFile: archive });
assert.equal(streamed.code, 0, streamed.stderr);

const { manifest, config } = await readImage(archive);
const configDigest = manifest.Config.replace(/\.json$/, "");
const diffIds = config.rootfs.diff_ids;

/** The members of a layout that skopeo writes with the transport `dir:`. */
interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

Deno.test("the config's name is its digest, and diff_ids are those of the layers", async () => {
  const sha256 = async (member: string) => {
    const script = 'tar --extract --to-stdout --file "$1" "$2" | sha256sum';
    return (await succeed(["bash", "-c", script, "bash", archive, member])).slice(0, 64);
  };
  assert.equal(await sha256(manifest.Config), configDigest);
  const layers: string[] = [];
  for (const layer of manifest.Layers) layers.push(`sha256:${await sha256(layer)}`);
  assert.deepEqual(layers, diffIds);
});

Deno.test("docker has the same config digest and diff_ids", async () => {
  await docker.docker("load", "--input", archive);
  const image = await docker.inspect("readers:v1");
  assert.equal(image.Id, `sha256:${configDigest}`);
  assert.deepEqual(image.RootFS.Layers, diffIds);
});

Deno.test("skopeo inspects and copies the archive, with the same config digest and layers", async () => {
  const inspected = await succeed(["skopeo", "inspect", "--config", `docker-archive:${archive}`]);
  assert.deepEqual((JSON.parse(inspected) as typeof config).rootfs.diff_ids, diffIds);

  const directory = `${scratch.path}/skopeo-dir`;
  const policy = "--insecure-policy";
  await succeed(["skopeo", policy, "copy", `docker-archive:${archive}`, `dir:${directory}`]);
  const copied = JSON.parse(await Deno.readTextFile(`${directory}/manifest.json`)) as Manifest;
  assert.equal(copied.config.digest, `sha256:${configDigest}`);
  assert.deepEqual(copied.layers.map(({ digest }) => digest), diffIds);

  const layout = `oci:${scratch.path}/oci:v1`;
  await succeed(["skopeo", policy, "copy", `docker-archive:${archive}`, layout]);
  const asOci = await succeed(["skopeo", "inspect", "--config", layout]);
  assert.deepEqual((JSON.parse(asOci) as typeof config).rootfs.diff_ids, diffIds);
});

Deno.test("podman loads the archive, with the same config digest and diff_ids", async () => {
  const state = ["--root", `${scratch.path}/podman`, "--runroot", `${scratch.path}/podman-run`];
  const podman = ["podman", ...state, "--storage-driver=vfs"];
  await succeed([...podman, "load", "--input", archive]);
  const [image] = JSON.parse(await succeed([...podman, "inspect", "readers:v1"])) as {
    readonly Id: string;
    readonly RootFS: { readonly Layers: readonly string[] };
  }[];
  assert.equal(image?.Id, configDigest);
  assert.deepEqual(image?.RootFS.Layers, diffIds);
});

Deno.test("containerd imports the archive, with the same config digest and layers", async () => {
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
  await succeed([
    ...client,
    "images",
    "import",
    "--snapshotter=native",
    "--all-platforms",
    archive,
  ]);
  const listed = await succeed([...client, "images", "list"]);
  const digest = /readers:v1\s+\S+\s+(sha256:[0-9a-f]{64})/.exec(listed)?.[1];
  assert.ok(digest, listed);
  const imported = JSON.parse(await succeed([...client, "content", "get", digest])) as Manifest;
  assert.equal(imported.config.digest, `sha256:${configDigest}`);
  assert.deepEqual(imported.layers.map((layer) => layer.digest), diffIds);
});
