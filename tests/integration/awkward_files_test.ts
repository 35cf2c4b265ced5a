/**
 * Files of every kind and name, on every way into the top layer, against GNU tar and rsync.
 * @module
 */

import assert from "node:assert/strict";
import { readImage } from "../support/archive.ts";
import { assertSameBytes } from "../support/bytes.ts";
import { Docker } from "../support/dockerd.ts";
import { nixImage, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

/** Makes files in the working directory; a script for bash. */
const MAKE = String.raw`
umask 022
mkdir -p "a dir" empty deep/er .hidden
printf 1 > "a dir/it's \"quoted\" (twice)"
printf 2 > $'new\nline'
printf 3 > $'raw-\377\376'
mkdir $'raw-directory-\201'
printf 4 > $'raw-directory-\201/inside'
printf 5 > "$(printf 'n%.0s' {1..200})"
printf 6 > ünïcödé
printf 7 > setuid; chmod 4755 setuid
printf 8 > setgid; chmod 2711 setgid
printf 9 > one-name; ln one-name other-name
ln -s "$(printf 't%.0s' {1..150})" dangling
ln -s "a dir" to-directory
mkfifo fifo
printf 10 > private; chmod 0600 private
chmod 1777 empty; chmod 0555 deep/er
`;
const TAR = "tar --format=gnu --sort=name --numeric-owner --owner=0 --group=0 " +
  "--mtime=@315532800 --hard-dereference -cf - .";
const FAKEROOT_TAR = "tar --format=gnu --sort=name --numeric-owner --mtime=@315532800 " +
  "--hard-dereference -cf - .";

/** Runs scripts in a new directory; the last of them prints a tar. */
async function oracle(scratch: Scratch, script: string, fakeroot = false): Promise<Uint8Array> {
  const directory = `${scratch.path}/expected`;
  await Deno.mkdir(directory);
  const bash = ["bash", "-euc", script];
  const { code, stdout, stderr } = await runCommand(fakeroot ? ["fakeroot", ...bash] : bash, {
    cwd: directory,
  });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function topLayerOf(scratch: Scratch, spec: string): Promise<Uint8Array> {
  const archive = `${scratch.path}/image.tar`;
  const { code, stderr } = await nixImage(["stream", spec], { stdoutFile: archive });
  assert.equal(code, 0, stderr);
  const { manifest } = await readImage(archive);
  const { stdout } = await runCommand(
    ["tar", "--extract", "--to-stdout", "--file", archive, manifest.Layers.at(-1) ?? ""],
  );
  return stdout;
}

Deno.test("what extraCommands make becomes the layer that GNU tar makes of it", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "awkward", shell: "/bin/bash", extraCommands: MAKE });
  const expected = await oracle(scratch, MAKE + TAR);
  assertSameBytes(await topLayerOf(scratch, spec), expected, "extraCommands");
});

Deno.test("what fakeRootCommands make becomes the layer that GNU tar makes of it under fakeroot", async () => {
  await using scratch = new Scratch();
  const script = MAKE + String.raw`
    chown 1000:100 private; chown -h 7:8 dangling; chown 12345 "a dir"
    mknod null c 1 3; mknod disk b 8 17; chmod 0000 one-name
    chown 3000000:4000000 setuid; chmod u+s setuid
  `;
  const spec = scratch.spec({ name: "awkward", shell: "/bin/bash", fakeRootCommands: script });
  const expected = await oracle(scratch, script + FAKEROOT_TAR, true);
  assertSameBytes(await topLayerOf(scratch, spec), expected, "fakeRootCommands");
});

Deno.test("a directory in copyToRoot becomes the layer that rsync and GNU tar make of it", async () => {
  await using scratch = new Scratch();
  const source = `${scratch.path}/source`;
  await Deno.mkdir(source);
  await succeed(["bash", "-euc", MAKE.replace(/^.*raw.*$/gm, "")], { cwd: source });
  const spec = scratch.spec({ type: "single", name: "awkward", copyToRoot: [source] });
  const expected = await oracle(scratch, `rsync -ak ${source}/ ./ && chmod 0755 . && ${TAR}`);
  assertSameBytes(await topLayerOf(scratch, spec), expected, "copyToRoot");
});

Deno.test("all of them arrive in a container's file system, from a single image and a layered one", async () => {
  await using scratch = new Scratch();
  const source = `${scratch.path}/source`;
  await Deno.mkdir(source);
  // Where names are not UTF-8, a directory is read as a NAR, which has no FIFOs.
  await succeed(["bash", "-euc", MAKE.replace("mkfifo fifo", "")], { cwd: source });
  const list = `find . -mindepth 1 -printf '%y %P\\0' | LC_ALL=C sort -z | od -An -tx1`;
  const expected = await succeed(["bash", "-euc", list], { cwd: source });
  for (
    const spec of [
      { type: "single", name: "s", copyToRoot: [source], keepContentsDirlinks: true },
      { type: "layered", name: "l", contents: [source] },
    ]
  ) {
    const image = await docker.load(scratch.spec(spec));
    const root = `${scratch.path}/${spec.type}`;
    await Deno.mkdir(root);
    const unpack = `
      set -o pipefail
      container=$(docker create --network=none "$1" /none)
      docker export "$container" | tar -xf - -C "$2"
      docker rm "$container" >/dev/null
      cd "$2"; rm -rf .dockerenv dev etc proc sys`;
    await succeed(["bash", "-euc", unpack, "bash", image, root], { env: docker.env });
    assert.equal(await succeed(["bash", "-euc", list], { cwd: root }), expected, spec.type);
  }
});

Deno.test("a socket is refused with its name", async () => {
  await using scratch = new Scratch();
  const source = `${scratch.path}/source`;
  await Deno.mkdir(source);
  using _socket = Deno.listen({ transport: "unix", path: `${source}/a-socket` });
  for (const spec of [{ type: "single", copyToRoot: [source] }, { contents: [source] }]) {
    const { code, stderr } = await nixImage(["stream", scratch.spec({ name: "x", ...spec })]);
    assert.equal(code, 1);
    assert.match(stderr, /a-socket/);
  }
});
