/**
 * nixpkgs' own test scenarios for dockerTools, numbered as there, with a real Docker daemon.
 * @module
 */

import assert from "node:assert/strict";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const EPOCH_PLUS_ONE = "1970-01-01T00:00:01Z";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const paths = await buildFixtures("bash", "coreutils", "hello", "nix", "symlink", "users");

Deno.test("scenario 1: an image of hello loads and prints its greeting", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "hello",
    tag: "latest",
    contents: [paths.hello],
    config: { Cmd: ["hello"] },
  });
  assert.equal(await docker.load(spec), "hello:latest");
  assert.equal(await docker.run("hello:latest"), "Hello, world!\n");
});

Deno.test("scenarios 2 and 6: without its store paths an image runs only where the store is mounted", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "hello-no-store",
    tag: "latest",
    contents: [paths.hello],
    config: { Cmd: ["hello"] },
    includeStorePaths: false,
  });
  const image = await docker.load(spec);
  await assert.rejects(docker.run(image), /executable file not found|no such file/);
  const mount = "--volume=/nix/store:/nix/store:ro";
  const greeting = await docker.docker("run", "--rm", "--network=none", mount, image);
  assert.equal(greeting, "Hello, world!\n");
});

Deno.test("scenario 8, layered: bash runs, the image is dated one second after the epoch, its tag is the planned one", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "bash", tag: "stable", contents: [paths.bash] });
  const image = await docker.load(spec);
  assert.equal(image, await plannedName(spec));
  assert.equal((await docker.inspect(image)).Created, EPOCH_PLUS_ONE);
  assert.match(await docker.run(image, "bash", "--version"), /bash/);
});

Deno.test("scenario 9, layered: an image without a tag loads under the planned one, which depends on what is in it", async () => {
  await using scratch = new Scratch();
  const hello = scratch.spec({ name: "no-tag", contents: [paths.hello] });
  const bash = scratch.spec({ name: "no-tag", contents: [paths.bash] });
  const images = [await docker.load(hello), await docker.load(bash)];
  assert.deepEqual(images, [await plannedName(hello), await plannedName(bash)]);
  for (const image of images) assert.match(image, /^no-tag:[0-9a-z]{32}$/);
  assert.notEqual(images[0], images[1]);
});

Deno.test("scenario 12: a user who is not root finds /nix and /nix/store with mode 755", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "users",
    tag: "latest",
    contents: [paths.bash, paths.coreutils, paths.users],
  });
  const image = await docker.load(spec);
  const asSomebody = ["run", "--rm", "--network=none", "--user=somebody", image];
  assert.equal(await docker.docker(...asSomebody, "id", "-u"), "999\n");
  const modes = await docker.docker(...asSomebody, "stat", "-c", "%n %a", "/nix", "/nix/store");
  assert.equal(modes, "/nix 755\n/nix/store 755\n");
});

Deno.test("scenario 14: a link within the contents stays a link", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "nix", tag: "latest", contents: [paths.nix, paths.coreutils] });
  const image = await docker.load(spec);
  assert.equal(await docker.run(image, "readlink", "/bin/nix-daemon"), "nix\n");
  assert.equal(await docker.run(image, "readlink", `${paths.nix}/bin/nix-daemon`), "nix\n");
});

Deno.test('scenario 20: created "now" dates the image today', async () => {
  await using scratch = new Scratch();
  const before = Date.now();
  const spec = scratch.spec({ name: "now", tag: "latest", contents: [], created: "now" });
  const created = Date.parse((await docker.inspect(await docker.load(spec))).Created);
  assert.ok(created >= before - 1000 && created <= Date.now() + 1000, `${new Date(created)}`);
});

Deno.test("scenario 24: two images share the layers of what they share", async () => {
  await using scratch = new Scratch();
  const one = scratch.spec({ name: "one", contents: [paths.hello, paths.bash] });
  const other = scratch.spec({ name: "other", contents: [paths.hello, paths.coreutils] });
  const layers = new Set((await docker.inspect(await docker.load(one))).RootFS.Layers);
  const others = (await docker.inspect(await docker.load(other))).RootFS.Layers;
  assert.notEqual(others.filter((layer) => layers.has(layer)).length, 0);
});

Deno.test("scenario 31: an image of the two layers that maxLayers allows loads", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "two-layers", contents: [paths.hello], maxLayers: 2 });
  const image = await docker.load(spec);
  assert.equal((await docker.inspect(image)).RootFS.Layers.length, 2);
});

Deno.test("scenario 32: with all store paths in one layer the contents are all there", async () => {
  await using scratch = new Scratch();
  for (const layering of ["auto", "popularity"]) {
    const spec = scratch.spec({
      name: "bulk-layer",
      tag: layering,
      contents: [paths.coreutils, paths.hello],
      maxLayers: 2,
      layering,
    });
    const image = await docker.load(spec);
    assert.equal((await docker.inspect(image)).RootFS.Layers.length, 2);
    assert.equal(await docker.run(image, "ls", "/bin/hello"), "/bin/hello\n");
    assert.equal(await docker.run(image, "hello"), "Hello, world!\n");
  }
});

Deno.test("scenario 36: an image for another Nix system has the architecture of that", async () => {
  await using scratch = new Scratch();
  for (const [system, architecture] of [["aarch64-linux", "arm64"], ["x86_64-linux", "amd64"]]) {
    const spec = scratch.spec({ name: "cross", contents: [paths.hello], architecture: system });
    const image = await docker.inspect(await docker.load(spec));
    assert.deepEqual([image.Os, image.Architecture], ["linux", architecture]);
  }
});

Deno.test("scenario 37: a store path that is a symbolic link stays one", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "symlink",
    contents: [paths.coreutils],
    config: { Env: [`GREETER=${paths.symlink}`] },
  });
  const image = await docker.load(spec);
  assert.equal(await docker.run(image, "readlink", paths.symlink), `${paths.hello}\n`);
  assert.equal(await docker.run(image, `${paths.symlink}/bin/hello`), "Hello, world!\n");
});

Deno.test("scenario 39: a name may begin with a registry", async () => {
  await using scratch = new Scratch();
  const name = "registry-1.docker.io/image";
  const spec = scratch.spec({ name, tag: "latest", contents: [paths.hello] });
  assert.equal(await docker.load(spec), `${name}:latest`);
  assert.equal(await docker.run(`${name}:latest`, "hello"), "Hello, world!\n");
});

Deno.test("scenario 49, layered: the architecture of the spec is the one of the image", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "arm", contents: [paths.hello], architecture: "arm64" });
  assert.equal((await docker.inspect(await docker.load(spec))).Architecture, "arm64");
});

Deno.test("scenario 64: store paths belong to the owner that the spec names", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "owner",
    contents: [paths.coreutils, paths.hello],
    uid: 1000,
    gid: 1001,
    uname: "user",
    gname: "users",
  });
  const image = await docker.load(spec);
  const owner = await docker.run(image, "stat", "-c", "%u:%g", `${paths.hello}/bin/hello`);
  assert.equal(owner, "1000:1001\n");
});

Deno.test("stream lower-cases the name, and --repo-tag takes the place of both name and tag", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "onTopOfAll", tag: "Tag", contents: [paths.hello] });
  assert.equal(await docker.load(spec), "ontopofall:Tag");
  assert.equal(await docker.load(spec, "-t", "renamed:v2"), "renamed:v2");
});

Deno.test("an image without any store path loads", async () => {
  await using scratch = new Scratch();
  const image = await docker.load(scratch.spec({ name: "empty", contents: [] }));
  assert.equal((await docker.inspect(image)).RootFS.Layers.length, 1);
});

async function plannedName(spec: string): Promise<string> {
  const { text } = await nixImage(["plan", "--json", spec]);
  return (JSON.parse(text) as { repoTag: string }).repoTag;
}
