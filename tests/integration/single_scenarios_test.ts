/**
 * nixpkgs' own test scenarios for buildImage, numbered as there, with a real Docker daemon.
 * @module
 */

import assert from "node:assert/strict";
import { debianClosure } from "../support/debian_closure.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { nixImage } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const paths = await buildFixtures("bash", "coreutils", "hello", "nix");

Deno.test("scenario 8, single: bash runs, the image is dated one second after the epoch, its tag is the planned one", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    type: "single",
    name: "bash",
    tag: "stable",
    copyToRoot: [paths.bash, paths.coreutils],
  });
  const image = await docker.build(scratch.path, spec);
  assert.equal(image, "bash:stable");
  const { Created, RootFS } = await docker.inspect(image);
  assert.equal(Created, "1970-01-01T00:00:01Z");
  assert.equal(RootFS.Layers.length, 1);
  assert.match(await docker.run(image, "bash", "--version"), /bash/);
});

Deno.test("scenario 9, single and built: an image without a tag loads under the planned one", async () => {
  await using scratch = new Scratch();
  for (const type of ["single", "layered"]) {
    const source = type === "single" ? "copyToRoot" : "contents";
    const spec = scratch.spec({ type, name: `no-tag-${type}`, [source]: [paths.hello] });
    const planned = JSON.parse((await nixImage(["plan", "--json", spec])).text).repoTag;
    assert.match(planned, new RegExp(`^no-tag-${type}:[0-9a-z]{32}$`));
    assert.equal(await docker.build(scratch.path, spec), planned);
    assert.equal(await docker.load(spec), planned);
  }
});

Deno.test("scenario 10: images of both types load whatever the compressor", async () => {
  await using scratch = new Scratch();
  for (const type of ["single", "layered"]) {
    for (const compressor of ["gz", "none", "zstd"]) {
      const source = type === "single" ? "copyToRoot" : "contents";
      const spec = scratch.spec({
        type,
        name: `${compressor}-${type}`,
        tag: "latest",
        compressor,
        [source]: [paths.hello, paths.coreutils],
        config: { Cmd: ["hello"] },
      });
      const image = await docker.build(scratch.path, spec);
      assert.equal(image, `${compressor}-${type}:latest`);
      assert.equal(await docker.run(image), "Hello, world!\n");
    }
  }
});

Deno.test("scenario 13: a link within copyToRoot stays a link", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    type: "single",
    name: "nix",
    copyToRoot: [paths.nix, paths.coreutils],
  });
  const image = await docker.load(spec);
  assert.equal(await docker.run(image, "readlink", "/bin/nix-daemon"), "nix\n");
});

Deno.test('scenario 19: created "now" dates a single image today', async () => {
  await using scratch = new Scratch();
  const before = Date.now();
  const spec = scratch.spec({
    type: "single",
    name: "now",
    copyToRoot: [paths.hello],
    created: "now",
  });
  const created = Date.parse((await docker.inspect(await docker.load(spec))).Created);
  assert.ok(created >= before - 1000 && created <= Date.now() + 1000, `${new Date(created)}`);
});

Deno.test("scenario 38: the name of a single image may begin with a registry", async () => {
  await using scratch = new Scratch();
  const name = "registry-1.docker.io/image";
  const spec = scratch.spec({ type: "single", name, tag: "single", copyToRoot: [paths.hello] });
  assert.equal(await docker.build(scratch.path, spec), `${name}:single`);
  assert.equal(await docker.run(`${name}:single`, "hello"), "Hello, world!\n");
});

Deno.test("scenario 49, single: the architecture of the spec is the one of the image", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    type: "single",
    name: "arm",
    copyToRoot: [paths.hello],
    architecture: "arm64",
  });
  assert.equal((await docker.inspect(await docker.load(spec))).Architecture, "arm64");
});

Deno.test("scenarios 11 and 52: in a single image with a Nix database nix-store answers", async () => {
  await using scratch = new Scratch();
  const [nix = "", coreutils = "", bash = ""] = await debianClosure(
    ["nix-bin", "coreutils", "bash"],
  );
  const closure = await closureOf(nix, coreutils, bash);
  const spec = scratch.spec({
    type: "single",
    name: "nix-with-db",
    tag: "latest",
    // The directories of base-files are links elsewhere.
    copyToRoot: closure.filter((path) => !path.includes("-base-files-")),
    helpers: ["fakeNss"],
    includeNixDB: true,
    config: {
      Env: [
        "PATH=/bin:/usr/bin",
        "LD_LIBRARY_PATH=/usr/lib/nix:/usr/lib/x86_64-linux-gnu",
        `NIX_PATHS=${nix}`,
        `BASH_PATH=${bash}`,
        `COREUTILS_PATH=${coreutils}`,
      ],
    },
  });
  const image = await docker.load(spec);
  const requisites = await docker.run(image, "nix-store", "--query", "--requisites", nix);
  assert.deepEqual(requisites.trim().split("\n").sort(), (await closureOf(nix)).sort());
  const references = await docker.run(image, "nix-store", "-q", "--references", `${bash}/bin/bash`);
  assert.match(references, /-libc6-/);
});

Deno.test("a single image holds the closure of what its files mention, and nothing else of what it was made from", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    type: "single",
    name: "mentions",
    copyToRoot: [paths.hello],
    uid: 1000,
    gid: 100,
  });
  const image = await docker.load(spec);
  assert.equal(await docker.run(image, "hello"), "Hello, world!\n");
  const names = await docker.exportedNames(image);
  const store = names.filter((name) => /^nix\/store\/[^/]+\/?$/.test(name));
  assert.deepEqual(
    store.map((name) => name.replace(/^nix\/store\/[^-]+-|\/$/g, "")).sort(),
    ["busybox-static", "message"],
  );
});
