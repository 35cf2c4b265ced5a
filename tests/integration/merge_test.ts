/**
 * `nix-image merge`, with nixpkgs' scenarios of mergeImages, numbered as there, in a real Docker.
 * @module
 */

import assert from "node:assert/strict";
import { builtArchive, dockerBase } from "../support/base_images.ts";
import { Docker } from "../support/dockerd.ts";
import { skopeoCopy, skopeoFacts, skopeoManifestDigest } from "../support/engines.ts";
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

const paths = await buildFixtures("bash", "coreutils", "hello", "message", "nix");
const BASH = { name: "merged-bash", tag: "1", contents: [paths.bash], config: { Cmd: ["bash"] } };
const HELLO = {
  name: "merged-hello",
  tag: "1",
  contents: [paths.hello],
  config: { Cmd: ["hello"] },
};

const fresh = () => `${Deno.makeTempDirSync({ dir: scratch.path })}/image`;

/** Merges into a new file, which `check` finds right. */
async function merge(...args: string[]): Promise<{ path: string; stderr: string }> {
  const path = fresh();
  const { code, text, stderr } = await nixImage(["merge", ...args, "-o", path]);
  assert.deepEqual([code, text], [0, ""], stderr);
  const checked = await nixImage(["check", "--quiet", path]);
  assert.deepEqual([checked.code, checked.text, checked.stderr], [0, "", ""]);
  return { path, stderr };
}

/** Loads an archive, and gives the names that Docker says it has. */
async function load(path: string): Promise<string[]> {
  // Not all versions of Docker read zstd.
  const script = 'set -o pipefail; { zstd -dcq "$1" 2>/dev/null || cat "$1"; } | docker load';
  const said = await succeed(["bash", "-c", script, "bash", path], { env: docker.env });
  return Array.from(said.matchAll(/^Loaded image: (.*)$/gm), ([, name]) => name ?? "").sort();
}

interface Loaded {
  readonly config: string;
  readonly names: readonly string[] | null;
}

/** The images of an archive. */
async function imagesIn(path: string): Promise<Loaded[]> {
  const manifest = await succeed(["tar", "-xOf", path, "manifest.json"]);
  return (JSON.parse(manifest) as { Config: string; RepoTags: string[] | null }[])
    .map(({ Config, RepoTags }) => ({
      config: `sha256:${Config.replace(".json", "")}`,
      names: RepoTags,
    }));
}

Deno.test("scenario 41, without runAsRoot: two images, one on top of the other, merged, both there and running", async () => {
  const bash = await builtArchive(scratch, BASH);
  const redis = await builtArchive(scratch, {
    name: "merged-redis",
    tag: "1",
    fromImage: bash,
    contents: [paths.hello, paths.coreutils],
    config: {
      Cmd: ["hello"],
      Volumes: { "/data": {} },
      Healthcheck: { Test: ["CMD", "true"], Interval: 30_000_000_000 },
    },
  });
  const { path } = await merge(bash, redis);
  assert.deepEqual(await load(path), ["merged-bash:1", "merged-redis:1"]);
  assert.match(await docker.run("merged-bash:1", "bash", "--version"), /bash/);
  assert.equal(await docker.run("merged-redis:1"), "Hello, world!\n");
  assert.match(await docker.run("merged-redis:1", "bash", "--version"), /bash/);
  // The layers of the one are in the archive once, though both have them.
  const members = (await succeed(["tar", "-tf", path])).trim().split("\n");
  const layers = members.filter((name) => name.endsWith("/layer.tar"));
  const { RootFS } = await docker.inspect("merged-redis:1");
  assert.deepEqual(
    layers.map((name) => `sha256:${name.replace("/layer.tar", "")}`).sort(),
    [...new Set(RootFS.Layers)].sort(),
  );
});

Deno.test("scenario 42: merge with an image without a tag", async () => {
  const { tag: _, ...untagged } = HELLO;
  const hello = await builtArchive(scratch, untagged);
  const [{ names, config } = { names: null, config: "" }] = await imagesIn(hello);
  const { path } = await merge(await builtArchive(scratch, BASH), hello);
  assert.deepEqual(await load(path), ["merged-bash:1", ...names ?? []]);
  assert.equal(await docker.run(names?.[0] ?? ""), "Hello, world!\n");
  assert.equal((await docker.inspect(names?.[0] ?? "")).Id, config);
});

Deno.test("an image without any name is kept, and one that comes again gets its names", async () => {
  const bash = await builtArchive(scratch, BASH);
  await load(bash);
  const { Id } = await docker.inspect("merged-bash:1");
  const nameless = fresh();
  await docker.docker("save", "--output", nameless, Id);
  assert.deepEqual(await imagesIn(nameless).then(([image]) => image?.names), null);
  const hello = await builtArchive(scratch, HELLO);
  const kept = await imagesIn((await merge(nameless, hello)).path);
  assert.deepEqual(kept.map(({ names }) => names), [null, ["merged-hello:1"]]);
  assert.equal(kept[0]?.config, Id);
  const named = await imagesIn((await merge(nameless, bash, hello)).path);
  assert.deepEqual(named.map(({ names }) => names), [["merged-bash:1"], ["merged-hello:1"]]);
});

Deno.test("scenario 43: merge keeps owners", async () => {
  const owned = await builtArchive(scratch, {
    name: "merged-owner",
    tag: "1",
    contents: [paths.coreutils],
    fakeRootCommands: "mkdir -p ./home/alice && chown 1000:100 ./home/alice",
  });
  const { path } = await merge(await builtArchive(scratch, BASH), owned);
  await load(path);
  const stat = ["stat", "-c", "%u:%g", "/home/alice", "/home"];
  assert.equal(await docker.run("merged-owner:1", ...stat), "1000:100\n0:0\n");
});

Deno.test("scenario 45: merge of gzip, plain and zstd archives: all present", async () => {
  const archives: string[] = [], ids: string[] = [];
  for (const compressor of ["gz", "none", "zstd"]) {
    const spec = {
      ...HELLO,
      tag: compressor,
      config: { Cmd: ["hello"], Env: [`A=${compressor}`] },
    };
    archives.push(await builtArchive(scratch, spec, "--compressor", compressor));
    await load(archives.at(-1) ?? "");
    ids.push((await docker.inspect(`merged-hello:${compressor}`)).Id);
    await docker.docker("rmi", `merged-hello:${compressor}`);
  }
  for (const compressor of ["gz", "zstd", "none"]) {
    const { path } = await merge(...archives, "--compressor", compressor);
    const names = ["merged-hello:gz", "merged-hello:none", "merged-hello:zstd"];
    assert.deepEqual(await load(path), names);
    for (const [index, kind] of ["gz", "none", "zstd"].entries()) {
      assert.equal(await docker.run(`merged-hello:${kind}`), "Hello, world!\n");
      assert.equal((await docker.inspect(`merged-hello:${kind}`)).Id, ids[index]);
    }
    await docker.docker("rmi", ...names);
  }
});

Deno.test("OCI layouts and docker-archives of others merge in any mix, and their digests stay", async () => {
  const saved = await dockerBase(docker, scratch, "merged-base:1");
  const [layout, ociArchive] = [fresh(), fresh()];
  const bash = await builtArchive(scratch, BASH, "--compressor=none");
  await skopeoCopy(`docker-archive:${bash}`, `oci:${layout}:registry.example:5000/some/bash:v1`);
  await skopeoCopy(
    `docker-archive:${await builtArchive(scratch, HELLO, "--compressor=none")}`,
    `oci-archive:${ociArchive}:alone`,
  );
  // The same layers again, as a docker-archive with another name.
  const inputs = [layout, saved, bash, ociArchive];
  const manifests = [
    await skopeoManifestDigest(`oci:${layout}:registry.example:5000/some/bash:v1`),
    await skopeoManifestDigest(`oci-archive:${ociArchive}:alone`),
  ];
  const expected = {
    v1: await skopeoFacts(`oci:${layout}:registry.example:5000/some/bash:v1`),
    alone: await skopeoFacts(`oci-archive:${ociArchive}:alone`),
    base: await skopeoFacts(`docker-archive:${saved}`),
    bash: await skopeoFacts(`docker-archive:${bash}`),
  };

  for (const format of ["oci", "oci-archive"]) {
    const { path } = await merge(...inputs, "--format", format);
    // Two tags are the same, so that whole names tell images apart.
    const name = (short: string) => `${format}:${path}:${short}`;
    const places = {
      v1: name("registry.example:5000/some/bash:v1"),
      base: name("merged-base:1"),
      bash: name("merged-bash:1"),
      alone: name("alone"),
    };
    for (const [key, place] of Object.entries(places)) {
      assert.deepEqual(await skopeoFacts(place), expected[key as keyof typeof expected], key);
      await skopeoCopy(place, `dir:${fresh()}`);
    }
    assert.deepEqual(
      [await skopeoManifestDigest(places.v1), await skopeoManifestDigest(places.alone)],
      manifests,
    );
  }

  const { path, stderr } = await merge(...inputs, "--compressor=none");
  assert.match(stderr, /"alone"/);
  const images = await imagesIn(path);
  assert.deepEqual(images, [
    { config: expected.v1.id, names: ["registry.example:5000/some/bash:v1"] },
    { config: expected.base.id, names: ["merged-base:1"] },
    { config: expected.bash.id, names: ["merged-bash:1"] },
    { config: expected.alone.id, names: null },
  ]);
  for (const { names } of images) {
    if (names === null) continue;
    const place = `docker-archive:${path}:${names[0]}`;
    await succeed(["skopeo", "inspect", place]);
    await skopeoCopy(place, `dir:${fresh()}`);
  }
  await load(path);
  assert.match(
    await docker.run("registry.example:5000/some/bash:v1", "bash", "--version"),
    /bash/,
  );
});

Deno.test("merge and check read an archive from standard input", async () => {
  const hello = await builtArchive(scratch, HELLO);
  const bash = await builtArchive(scratch, BASH);
  const merged = fresh();
  const script = '"$@" <"$0" 2>&1';
  const from = ["bash", "-c", script, hello, ...nixImageCommand()];
  await succeed([...from, "merge", bash, "-", "--output", merged]);
  const names = (await imagesIn(merged)).map(({ names }) => names);
  assert.deepEqual(names, [["merged-bash:1"], ["merged-hello:1"]]);
  const said = await succeed([...from, "check", "-"]);
  assert.equal(said, "Nothing is wrong with standard input: 1 image\n");
});

Deno.test("a name of two images is an error that shows both, and nothing is written", async () => {
  const one = await builtArchive(scratch, { ...HELLO, name: "clash" });
  const two = await builtArchive(scratch, { ...BASH, name: "clash" });
  const [[first], [second]] = [await imagesIn(one), await imagesIn(two)];
  const directory = Deno.makeTempDirSync({ dir: scratch.path });
  const { code, stderr } = await nixImage(["merge", one, two, "-o", `${directory}/image`]);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `nix-image: Two images have the name clash:1:\n` +
      `  ${one}  linux/amd64  ${first?.config}\n  ${two}  linux/amd64  ${second?.config}\n`,
  );
  assert.deepEqual([...Deno.readDirSync(directory)], []);
});

Deno.test("a name for two platforms is one in a layout, and an error in a docker-archive", async () => {
  const amd64 = await builtArchive(scratch, { ...HELLO, name: "platforms", architecture: "amd64" });
  const arm64 = await builtArchive(scratch, { ...HELLO, name: "platforms", architecture: "arm64" });
  const { code, stderr } = await nixImage(["merge", amd64, arm64, "-o", fresh()]);
  assert.equal(code, 1);
  assert.match(stderr, /linux\/amd64.*\n.*linux\/arm64.*\nAn OCI layout can have one for each/);
  const { path } = await merge(amd64, arm64, "--format", "oci");
  const index = JSON.parse(await Deno.readTextFile(`${path}/index.json`)) as {
    manifests: { platform: { architecture: string }; annotations: Record<string, string> }[];
  };
  assert.deepEqual(
    index.manifests.map(({ platform, annotations }) => [
      platform.architecture,
      annotations["io.containerd.image.name"],
    ]),
    [
      ["amd64", "docker.io/library/platforms:1"],
      ["arm64", "docker.io/library/platforms:1"],
    ],
  );
});

Deno.test("merge leaves nothing behind where an image is damaged, and refuses options of other formats", async () => {
  const directory = Deno.makeTempDirSync({ dir: scratch.path });
  const archive = `${directory}/damaged`;
  const bytes = await Deno.readFile(await builtArchive(scratch, HELLO, "--compressor=none"));
  const at = 3 * 512 + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await Deno.writeFile(archive, bytes);
  for (const format of ["docker-archive", "oci-archive", "oci"]) {
    const args = ["merge", archive, "--format", format, "-o", `${directory}/image`];
    const { code, stderr } = await nixImage(args);
    assert.equal(code, 1);
    assert.match(stderr, /damaged/);
    assert.deepEqual(Array.from(Deno.readDirSync(directory), ({ name }) => name), ["damaged"]);
  }
  for (
    const args of [
      ["--format=oci", "--compressor=gz", "-o", "x"],
      ["--layer-compression=gzip", "-o", "x"],
      ["-o", "-"],
      ["-", "-", "-o", "x"],
      [],
    ]
  ) {
    const { code } = await nixImage(["merge", archive, ...args], { cwd: directory });
    assert.equal(code, 2, args.join(" "));
  }
});
