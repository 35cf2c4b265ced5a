/**
 * The same bytes, whoever streams an image, where and when.
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { assertSameBytes } from "../support/bytes.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const { coreutils, hello } = await buildFixtures("coreutils", "hello");
const NAMES = ["z", "a-b", "A", "a.b", "a b", "é", "😀", "\ue000", "_", ...Array(30).keys()].map(
  String,
);

Deno.test("stream writes the same bytes under another time zone, language, umask, directory, user, CPU count and creation order", async () => {
  await using scratch = new Scratch();
  // In a tmpfs the order of a directory is that of creation, elsewhere mostly that of a hash.
  const memory = join(scratch.path, "memory");
  await Deno.mkdir(memory);
  await succeed(["mount", "-t", "tmpfs", "tmpfs", memory]);
  try {
    const path = await addTree(scratch);
    await copyStore(scratch.path, memory, path);
    const spec = scratch.spec({
      name: "reproducible",
      contents: [path],
      config: { Cmd: [`${path}/A`], Labels: { é: "ü" } },
    });
    const here = ["--store-root", scratch.path];
    const there = ["--store-root", memory];
    for (const names of [[], ["--layer-names=digest"]]) {
      const stream = [...nixImageCommand(), "stream", "--quiet", spec, ...names];
      const plain = await runCommand([...stream, ...here], { env: { TZ: "UTC", LANG: "C" } });
      assert.equal(plain.code, 0, plain.stderr);
      assert.ok(plain.stdout.length > 10_240);
      const otherwise = await runCommand(
        [...UMASK, ...USER, ...ONE_CPU, ...stream, ...there],
        { env: elsewhere(scratch.path), cwd: "/" },
      );
      assert.equal(otherwise.code, 0, otherwise.stderr);
      assert.deepEqual(otherwise.stdout, plain.stdout);
    }
  } finally {
    await succeed(["umount", memory]);
  }
});

for (
  const [what, specOf] of [
    ["a single image with a Nix database", (_: string) => ({
      type: "single",
      copyToRoot: [coreutils, hello],
      includeNixDB: true,
    })],
    ["a layered image with commands, helpers, rules and a directory", (source: string) => ({
      contents: [coreutils, source],
      helpers: ["fakeNss", "binSh", "usrBinEnv"],
      extraCommands:
        `mkdir made; touch made/file; mkfifo made/fifo; echo "$PWD" | wc -l >made/lines;
        cp file made/copy; (umask 077; touch made/private)`,
      fakeRootCommands: `chown 1000:100 made/file; mkdir -p other/directory; touch other/file;
        chmod 0 made/private; id -u >other/user; stat -c "%u %g" file >other/owner`,
      path: ["/usr/bin", "/bin"],
      permissions: [{ path: "/made/**", type: "directory", gid: 7, mode: "2775" }],
    })],
  ] as const
) {
  Deno.test(`${what} has the same bytes under another time zone, language, umask, directory, TMPDIR, user and owner of its files`, async () => {
    await using scratch = new Scratch();
    const [here, there] = [join(scratch.path, "here"), join(scratch.path, "there")];
    for (const [directory, names] of [[here, NAMES], [there, NAMES.toReversed()]] as const) {
      for (const path of [directory, join(directory, "source"), join(directory, "temporary")]) {
        await Deno.mkdir(path);
      }
      for (const name of ["file", ...names]) {
        await Deno.writeTextFile(join(directory, "source", name), name);
      }
    }
    await succeed(["chown", "-R", "1234:4321", join(there, "source")]);
    // One spec, whose directory is another one.
    const source = join(scratch.path, "source");
    const spec = scratch.spec({ name: "reproducible", ...specOf(source) });
    const stream = [...nixImageCommand(), "stream", "--quiet", spec];
    await Deno.symlink("here/source", source);
    const env = { TZ: "UTC", LANG: "C", TMPDIR: join(here, "temporary") };
    const plain = await runCommand(stream, { env });
    assert.equal(plain.code, 0, plain.stderr);
    await Deno.remove(source);
    await Deno.symlink("there/source", source);
    const otherwise = await runCommand([...UMASK, ...USER, ...ONE_CPU, ...stream], {
      env: { ...elsewhere(scratch.path), TMPDIR: join(there, "temporary") },
      cwd: "/",
    });
    assert.equal(otherwise.code, 0, otherwise.stderr);
    assertSameBytes(otherwise.stdout, plain.stdout, what);
    assert.ok(plain.stdout.length > 20_000);
  });
}

const UMASK = ["sh", "-c", 'umask 077; exec "$@"', "sh"];
/** Another user, who may still read what this one may: in a user namespace of its own. */
const USER = ["unshare", "--user", "--map-user=1234", "--map-group=4321"];
const ONE_CPU = ["taskset", "--cpu-list", "0"];

function elsewhere(home: string): Record<string, string> {
  return {
    TZ: "Asia/Kathmandu",
    LANG: "tr_TR.UTF-8",
    LC_ALL: "tr_TR.UTF-8",
    USER: "somebody",
    HOME: home,
  };
}

/** A store path with many names, added to the chroot store in the scratch directory. */
async function addTree(scratch: Scratch): Promise<string> {
  const tree = join(scratch.path, "tree");
  for (const directory of [tree, join(tree, "directory")]) {
    await Deno.mkdir(directory);
    for (const name of NAMES) await Deno.writeTextFile(join(directory, name), name);
  }
  await Deno.symlink("A", join(tree, "link"));
  return (await nixStore(scratch.path, "--add", tree)).trim();
}

/** Makes a second chroot store with the same path, its entries created in another order. */
async function copyStore(from: string, to: string, path: string): Promise<void> {
  await Deno.mkdir(`${to}/nix/store`, { recursive: true });
  await copyTree(from + path, to + path);
  assert.notDeepEqual(entries(to + path), entries(from + path));
  const database = await nixStore(from, "--dump-db");
  await succeed(["nix-store", "--load-db"], { env: storeAt(to), stdin: database });
}

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for (const name of entries(from)) {
    const { isDirectory } = await Deno.lstat(join(from, name));
    if (isDirectory) await copyTree(join(from, name), join(to, name));
    else await succeed(["cp", "--no-dereference", join(from, name), join(to, name)]);
  }
  await succeed(["chmod", "--reference", from, to]);
}

function entries(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name);
}

async function nixStore(root: string, ...args: string[]): Promise<string> {
  return await succeed(["nix-store", ...args], { env: storeAt(root) });
}

function storeAt(root: string): Record<string, string> {
  return { ...nixEnvironment(), NIX_REMOTE: `local?root=${root}` };
}
