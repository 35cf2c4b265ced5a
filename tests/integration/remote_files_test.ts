/**
 * What of a spec needs files, on a host that has no store: from a binary cache come the archives that
 * come from the store.
 * @module
 */

import assert from "node:assert/strict";
import { builtArchive, mergedUsrRoot } from "../support/base_images.ts";
import { BinaryCaches } from "../support/binary_caches.ts";
import { HostWithoutStore } from "../support/host_without_store.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const paths = await buildFixtures("bash", "cacert", "coreutils", "hello", "message", "symlink");
const scratch = new Scratch();

async function addToStore(file: string): Promise<string> {
  return (await succeed(["nix-store", "--add", file])).trim();
}

async function linksInStore(links: Readonly<Record<string, string>>): Promise<string> {
  const directory = `${scratch.path}/links`;
  await Deno.mkdir(directory);
  for (const [name, target] of Object.entries(links)) {
    await Deno.symlink(target, `${directory}/${name}`);
  }
  return await addToStore(directory);
}

/** A docker-archive, and an OCI layout, that skopeo made of a root file system with tar. */
async function bases(): Promise<{ readonly archive: string; readonly layout: string }> {
  const root = await mergedUsrRoot(scratch.path);
  const layout = `${scratch.path}/layout`;
  const archive = `${scratch.path}/base.tar`;
  await succeed(["umoci", "init", "--layout", layout]);
  await succeed(["umoci", "new", "--image", `${layout}:1`]);
  await succeed(["umoci", "raw", "add-layer", "--image", `${layout}:1`, root]);
  await succeed(["umoci", "config", "--image", `${layout}:1`, "--config.env", "FROM=base"]);
  await succeed(["skopeo", "copy", "-q", `oci:${layout}:1`, `docker-archive:${archive}:base:1`]);
  return { archive: await addToStore(archive), layout: await addToStore(layout) };
}

const base = await bases();
const app = await builtArchive(scratch, {
  name: "held",
  tag: "1",
  contents: [paths.hello],
  config: { Env: ["FROM=base"] },
});
const held = await addToStore(app);
/** Links in the store, as those that `ln -s` of a build makes. */
const linked = await linksInStore({ base: base.archive, held });
await Deno.writeTextFile(
  `${scratch.path}/pipeline.json`,
  JSON.stringify([["split_paths", [paths.coreutils]], ["flatten"]]),
);
const pipeline = await addToStore(`${scratch.path}/pipeline.json`);
const caches = await BinaryCaches.create(
  ...Object.values(paths),
  ...Object.values(base),
  pipeline,
  held,
  linked,
);
const cache = await caches.cache({ compression: "zstd", signedBy: "key" });
const store = ["--store", `file://${cache}`, "--trusted-public-keys", caches.key.public];
const host = new HostWithoutStore(scratch);
Deno.test.afterAll(async () => {
  await caches[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

const { bash, coreutils, hello, message, symlink } = paths;
const TOOLS = { shell: `${bash}/bin/bash`, path: [coreutils] };

const SPECS: Record<string, Readonly<Record<string, unknown>>> = {
  "links": { contents: [hello, symlink, `${bash}/bin`] },
  "copies": { type: "single", copyToRoot: [hello, symlink] },
  "an OCI layout in the store": { fromImage: base.layout, contents: [hello] },
  "a link to an archive": { fromImage: `${linked}/base`, contents: [hello] },
  "store paths that the base has": { fromImage: held, contents: [hello, coreutils] },
  "a command on a base": {
    fromImage: base.archive,
    contents: [hello],
    extraCommands: "cat bin/hello > said",
  },
  "a script that looks for programs": {
    path: [symlink, coreutils],
    extraCommands: `hello > said; cat ${message} >> said; echo ${bash} > mentioned`,
  },
  "fakeroot": {
    contents: [hello],
    ...TOOLS,
    fakeRootCommands: "ls > listed; /usr/bin/chown 7:8 listed; cat bin/hello > said",
  },
  "a new root": {
    contents: [hello, coreutils],
    shell: TOOLS.shell,
    enableFakechroot: true,
    fakeRootCommands: `/bin/hello > /said; cat ${message} >> /said`,
  },
  "config that names other paths": {
    contents: [hello],
    config: { Cmd: [`${bash}/bin/bash`], Env: [`MESSAGE=${message}.`, `NOT=${coreutils}`] },
    absentStorePaths: [coreutils],
    files: [{ path: "/cacert", type: "symlink", target: paths.cacert }],
  },
  "helpers": {
    contents: [bash, coreutils, paths.cacert],
    helpers: ["usrBinEnv", "binSh", "caCertificates", "fakeNss"],
  },
  "a pipeline in the store": {
    contents: [hello, coreutils],
    layeringPipeline: pipeline,
    permissions: [{ path: `${hello}/**`, uid: 7 }],
  },
  "paths that stay out": {
    contents: [hello],
    includeStorePaths: false,
    config: { Cmd: [`${bash}/bin/bash`] },
  },
};

Deno.test("runAsRoot: the machine has the store paths that came", async () => {
  const spec = scratch.spec({
    name: "app",
    contents: [hello, coreutils],
    shell: TOOLS.shell,
    runAsRoot: `cat ${message} > /said; hello >> /said`,
  });
  const directory = `${scratch.path}/of-machine`;
  const layer = ["layer", spec, "-o", directory, "--accel", "tcg", ...store];
  const { code, stderr } = await host.run(layer);
  assert.equal(code, 0, stderr);
  const said = await succeed(["tar", "-xOf", `${directory}/layer.tar`, "./said"]);
  assert.equal(said, "Hello, world!\n".repeat(2));
});

Deno.test("what can not be had is told of at once", async () => {
  const MISSING = /Not in file:.*give a store.*-nowhere/s;
  const nowhere = hello.replace(/-hello$/, "-nowhere");
  for (
    const [fields, message] of [
      [{ includeNixDB: true }, /^nix-image: includeNixDB: .*made by nix-store.*install Nix/],
      [{ contents: [nowhere] }, MISSING],
      [{ type: "single", copyToRoot: [nowhere] }, MISSING],
      [{ fromImage: nowhere }, MISSING],
      [{ layeringPipeline: nowhere }, /layeringPipeline: .*-nowhere does not exist/],
      [{ config: { Cmd: [nowhere] } }, /config.Cmd\[0\].*-nowhere.*file:.*--store/s],
    ] as const
  ) {
    const spec = scratch.spec({ name: "app", ...fields });
    const { code, text, stderr } = await host.run(["stream", "--tar", spec, ...store]);
    assert.ok(code === 1 || code === 2, stderr);
    assert.equal(text, "");
    assert.match(stderr, message);
  }
});

/** The archive of a spec, as the host's own store gives it. */
async function localArchive(spec: string): Promise<string> {
  const archive = `${spec}.local.tar`;
  const { code, stderr } = await nixImage(["stream", "--tar", spec], { stdoutFile: archive });
  assert.equal(code, 0, stderr);
  return archive;
}

Deno.test("the script of stream has a base from where it was", async () => {
  const spec = scratch.spec({ name: "app", fromImage: base.layout, contents: [hello] });
  const local = await localArchive(spec);
  const cached = { XDG_CACHE_HOME: `${scratch.path}/kept` };
  const script = await host.run(["stream", "--script", spec, ...store], { env: cached });
  assert.equal(script.code, 0, script.stderr);
  const again = await host.run(["stream", "--script", spec, ...store], { env: cached });
  assert.equal(again.text, script.text);
  const archive = `${spec}.script.tar`;
  const command = [script.text.trim()];
  const { code, stderr } = await host.runCommand(command, { env: cached, stdoutFile: archive });
  assert.equal(code, 0, stderr);
  await succeed(["cmp", local, archive]);
});

for (const [what, fields] of Object.entries(SPECS)) {
  Deno.test(`${what}: the archive is that of the store`, async () => {
    const spec = scratch.spec({ name: "app", ...fields });
    const [local, remote] = [`${spec}.local.tar`, `${spec}.remote.tar`];
    const [there, elsewhere] = await Promise.all([
      nixImage(["stream", "--tar", spec], { stdoutFile: local }),
      host.run(["stream", "--tar", spec, ...store], { stdoutFile: remote }),
    ]);
    assert.equal(there.code, 0, there.stderr);
    assert.equal(elsewhere.code, 0, elsewhere.stderr);
    await succeed(["cmp", local, remote]);
  });
}
