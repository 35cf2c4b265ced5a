/**
 * `nix-image check`: what other programs and we write is right, and what is damaged is not.
 * @module
 */

import assert from "node:assert/strict";
import { builtArchive, dockerBase } from "../support/base_images.ts";
import { Docker } from "../support/dockerd.ts";
import { Podman, skopeoCopy } from "../support/engines.ts";
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

const { hello, coreutils } = await buildFixtures("hello", "coreutils");
const SPEC = { name: "checked", tag: "1", contents: [hello, coreutils] };

const fresh = () => `${Deno.makeTempDirSync({ dir: scratch.path })}/image`;

async function assertNothingIsWrong(path: string, images = "1 image"): Promise<void> {
  const { code, text, stderr } = await nixImage(["check", path]);
  assert.deepEqual(
    [code, text, stderr],
    [0, "", `Nothing is wrong with ${path}: ${images}\n`],
  );
}

/** An image with whiteouts and a hard link, which Docker made, in an archive that Docker wrote. */
async function savedByDocker(): Promise<string> {
  await dockerBase(docker, scratch, "checked-base:1");
  const script = `b=/bin/busybox; $b rm /etc/base; $b rm -r /run; $b mkdir /run; echo 1 > /one
    $b ln /one /two`;
  const args = ["--network=none", "checked-base:1", "/bin/busybox", "sh", "-ec", script];
  const container = (await docker.docker("create", ...args)).trim();
  await docker.docker("start", "--attach", container);
  await docker.docker("commit", "--change", "CMD /bin/sh", container, "checked-docker:2");
  await docker.docker("rm", container);
  const archive = fresh();
  await docker.docker("save", "--output", archive, "checked-base:1", "checked-docker:2");
  return archive;
}

Deno.test("check has nothing to say about what docker, skopeo, podman and umoci write", async () => {
  const saved = await savedByDocker();
  await assertNothingIsWrong(saved, "2 images");
  const name = "docker.io/library/checked-docker:2";
  const [layout, ociArchive, dockerArchive] = [fresh(), fresh(), fresh()];
  await skopeoCopy(`docker-archive:${saved}:${name}`, `oci:${layout}:v1`);
  await skopeoCopy(`oci:${layout}:v1`, `oci-archive:${ociArchive}:v1`);
  await skopeoCopy(`oci:${layout}:v1`, `docker-archive:${dockerArchive}:${name}`);
  for (const path of [layout, ociArchive, dockerArchive]) await assertNothingIsWrong(path);

  const file = `${scratch.path}/inserted`;
  await Deno.writeTextFile(file, "inserted by umoci");
  await succeed([
    "umoci",
    "insert",
    "--rootless",
    "--image",
    `${layout}:v1`,
    "--tag",
    "v2",
    file,
    "/x",
  ]);
  await succeed(["umoci", "gc", "--layout", layout]);
  // What `umoci insert` writes is not padded.
  const inserted = await nixImage(["check", layout]);
  assert.deepEqual([inserted.code, inserted.text], [0, ""]);
  assert.match(
    inserted.stderr,
    /^Remark: blobs\/\S+: lacks the zeros .*\nNothing is wrong with .*\n$/,
  );

  const bundle = fresh();
  await succeed(["umoci", "unpack", "--image", `${layout}:v2`, bundle]);
  await Deno.remove(`${bundle}/rootfs/one`);
  await succeed(["umoci", "repack", "--image", `${layout}:v3`, bundle]);
  await succeed(["umoci", "remove", "--image", `${layout}:v2`]);
  await succeed(["umoci", "gc", "--layout", layout]);

  await using podman = new Podman();
  await podman.run("load", "--input", dockerArchive);
  for (const format of ["docker-archive", "oci-archive"]) {
    const path = fresh();
    await podman.run("save", "--quiet", "--format", format, "--output", path, name);
    await assertNothingIsWrong(path);
  }
});

for (
  const args of [
    ["--compressor=gz"],
    ["--compressor=zstd", "--docker-v1"],
    ["--format=oci-archive"],
    ["--format=oci-archive", "--layer-compression=zstd"],
    ["--format=oci", "--layer-compression=none"],
  ]
) {
  Deno.test(`check has nothing to say about what build ${args.join(" ")} writes`, async () => {
    const path = fresh();
    const { code, stderr } = await nixImage(["build", scratch.spec(SPEC), ...args, "-o", path]);
    assert.equal(code, 0, stderr);
    await assertNothingIsWrong(path);
  });
}

Deno.test("check lists on standard output what is wrong, and ends with 1", async () => {
  const archive = await builtArchive(scratch, SPEC, "--compressor=none");
  const found = await nixImage(["check", "--json", archive]);
  assert.deepEqual([found.code, found.stderr], [0, `Nothing is wrong with ${archive}: 1 image\n`]);
  const { images: [image] } = JSON.parse(found.text);
  assert.deepEqual(image.names, ["checked:1"]);
  const [{ location, diffId }] = image.layers;

  // A byte in the first layer, whose headers come first.
  const bytes = await Deno.readFile(archive);
  const at = 3 * 512 + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await Deno.writeFile(archive, bytes);
  const { code, text, stderr } = await nixImage(["check", archive]);
  assert.equal(code, 1);
  const lines = text.trimEnd().split("\n");
  assert.equal(stderr, `nix-image: ${archive} has ${lines.length} problems\n`);
  const wrong = new RegExp(`^${location}: has the diff_id sha256:\\w{64}; .* is ${diffId}$`);
  assert.match(lines.at(-1) ?? "", wrong);

  const json = await nixImage(["check", "--quiet", "--json", archive]);
  assert.deepEqual([json.code, json.stderr], [1, stderr]);
  const { ok, problemCount, problems } = JSON.parse(json.text);
  assert.deepEqual([ok, problemCount], [false, lines.length]);
  assert.deepEqual(
    problems.map(({ where, problem }: Record<string, string>) => `${where}: ${problem}`),
    lines,
  );
});
