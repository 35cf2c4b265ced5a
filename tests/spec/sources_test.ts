import assert from "node:assert/strict";
import { baseDirectory, resolveSource, resolveToolPath } from "../../src/spec/sources.ts";
import { inDirectory as inNewDirectory, output } from "../support/directories.ts";
import { makeTars, type TarRecipe } from "../support/tars.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const HELLO = `/nix/store/${HASH}-hello-2.12`;

/** Runs `body` in a new directory, whose path is free of links. */
function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  return inNewDirectory(async (directory) => await body(await Deno.realPath(directory)));
}

async function resolved(path: string, base = "/"): Promise<string> {
  const result = await resolveSource(path, base);
  if ("problem" in result) assert.fail(result.problem);
  assert.equal(result.kind, "store");
  return result.path;
}

async function problem(path: string, base = "/"): Promise<string> {
  const result = await resolveSource(path, base);
  return "problem" in result ? result.problem : assert.fail(result.path);
}

Deno.test("resolveSource() takes store paths that no store here has", async () => {
  assert.equal(await resolved(HELLO), HELLO);
  assert.equal(await resolved(`${HELLO}/`), HELLO);
  assert.equal(
    await resolved(`//nix/./store/${HASH}-hello-2.12//bin/./hello`),
    `${HELLO}/bin/hello`,
  );
  assert.equal(await resolved(`/nix/store/../store/${HASH}-hello-2.12`), HELLO);
  assert.equal(await resolved(`${HASH}-hello-2.12/share`, "/nix/store"), `${HELLO}/share`);
  assert.equal(await resolved("rootfs", `${HELLO}/specs`), `${HELLO}/specs/rootfs`);
});

Deno.test("resolveSource() follows links until they reach the store", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/sub/deep`, { recursive: true });
    await Deno.symlink(HELLO, `${directory}/result`);
    await Deno.symlink("result", `${directory}/again`);
    await Deno.symlink("../../again", `${directory}/sub/deep/up`);
    await Deno.symlink(`${directory}/sub`, `${directory}/elsewhere`);
    await Deno.symlink("../../../../../../../../../../../nix/store", `${directory}/store`);
    await Deno.symlink(`${HELLO}/bin/hello`, `${directory}/program`);

    assert.equal(await resolved("./result", directory), HELLO);
    assert.equal(await resolved("result/bin", directory), `${HELLO}/bin`);
    assert.equal(await resolved(`${directory}/again/`), HELLO);
    assert.equal(await resolved("../result", `${directory}/sub`), HELLO);
    assert.equal(await resolved("up/share", `${directory}/sub/deep`), `${HELLO}/share`);
    assert.equal(await resolved("elsewhere/deep/up", directory), HELLO);
    assert.equal(await resolved("elsewhere/../result", directory), HELLO);
    assert.equal(await resolved(`store/${HASH}-hello-2.12/x`, directory), `${HELLO}/x`);
    assert.equal(await resolved("program", directory), `${HELLO}/bin/hello`);
  });
});

Deno.test("resolveSource() takes .. from where a link led, as the kernel does", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/a/b`, { recursive: true });
    await Deno.symlink(HELLO, `${directory}/a/result`);
    await Deno.symlink("a/b", `${directory}/link`);
    assert.equal(await resolved("link/../result", directory), HELLO);
  });
});

Deno.test("resolveSource() says why a path leads to nothing that can be taken", async () => {
  await inDirectory(async (directory) => {
    const file = "a file of another kind " +
      "(put it into a directory as it is to be in the image, and give that)";
    const store = "which holds the Nix store";
    await Deno.writeTextFile(`${directory}/file`, "");
    await Deno.symlink("file", `${directory}/link`);
    await Deno.symlink("loop", `${directory}/loop`);
    await Deno.symlink("nowhere", `${directory}/dangling`);
    assert.equal(
      await problem("missing/x", directory),
      `but ${directory}/missing does not exist`,
    );
    assert.equal(await problem("dangling", directory), `but ${directory}/nowhere does not exist`);
    assert.equal(
      await problem("link", directory),
      `which leads to ${directory}/file, ${file}`,
    );
    assert.equal(await problem("loop", directory), "which leads through too many links");
    assert.match(
      await problem("file/x", directory),
      /^but .*\/file\/x cannot be read: .*[Dd]irectory/,
    );
    assert.match(await problem("a\0b", directory), /^but .* cannot be read: /);
    assert.equal(await problem("/"), `which leads to /, ${store}`);
    assert.equal(await problem("/.."), `which leads to /, ${store}`);
    assert.equal(await problem("/nix"), `which leads to /nix, ${store}`);
    assert.equal(await problem("/nix/store"), `which leads to /nix/store, ${store}`);
    assert.equal(
      await problem(`/nix/store/${HASH}/bin`),
      `which leads to /nix/store/${HASH}, no store path`,
    );
    assert.equal(
      await problem("/nix/store/.links/x"),
      "which leads to /nix/store/.links, no store path",
    );
    assert.equal(await problem(`${HELLO}/../x`), `which has ".." below ${HELLO}`);
  });
});

Deno.test({
  name: "resolveSource() says what Deno does not open to a program with plain permissions",
  permissions: { read: true },
  fn: async () => {
    const message = "but /proc cannot be read: this program may not open it";
    assert.equal(await problem("/proc/self/exe"), message);
  },
});

Deno.test("resolveSource() takes directories and tarballs outside of the store", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/rootfs/etc.tar`, { recursive: true });
    await Deno.symlink("rootfs", `${directory}/link`);
    for (const name of ["empty.tar", "a.TGZ", "a.tar.gz", "a.tar.zst", "a.tar.xz", "a.tar.bz2"]) {
      await Deno.writeTextFile(`${directory}/${name}`, "");
      const expected = { kind: "tarball", path: `${directory}/${name}` };
      assert.deepEqual(await resolveSource(name, directory), expected);
    }
    for (
      const [given, path] of [
        ["rootfs", `${directory}/rootfs`],
        ["./rootfs/", `${directory}/rootfs`],
        ["link/etc.tar", `${directory}/rootfs/etc.tar`],
        [directory, directory],
      ] as const
    ) {
      assert.deepEqual(await resolveSource(given, directory), { kind: "directory", path });
    }
    assert.match(await problem("a.tar.gz.sig", directory), /does not exist$/);
    await output("mkfifo", `${directory}/fifo.tar`);
    assert.equal(
      await problem("fifo.tar", directory),
      `which leads to ${directory}/fifo.tar, neither a directory nor a file`,
    );
  });
});

Deno.test("resolveSource() knows tarballs without such a name by what they start with", async () => {
  await inDirectory(async (directory) => {
    const recipes: Readonly<Record<string, Omit<TarRecipe, "members">>> = {
      ustar: { format: "ustar" },
      gnu: { format: "gnu" },
      pax: { format: "pax" },
      gzip: { compression: "gz" },
      bzip2: { compression: "bz2" },
      xz: { compression: "xz" },
    };
    const members = [{ name: "empty" }];
    const tars = await makeTars(...Object.values(recipes).map((how) => ({ ...how, members })));
    for (const [index, name] of Object.keys(recipes).entries()) {
      await Deno.writeFile(`${directory}/${name}`, tars[index]!);
    }
    // What zstd 1.5 makes of no input; Python writes none.
    await Deno.writeFile(`${directory}/zstd`, Uint8Array.fromHex("28b52ffd240001000099e9d851"));
    for (const name of [...Object.keys(recipes), "zstd"]) {
      const expected = { kind: "tarball", path: `${directory}/${name}` };
      assert.deepEqual(await resolveSource(name, directory), expected);
    }
    await Deno.writeTextFile(`${directory}/text`, `${" ".repeat(256)}ustar`);
    assert.match(await problem("text", directory), /, a file of another kind /);
  });
});

Deno.test("resolveToolPath() leads links into the store and keeps other paths, from the base on", async () => {
  await inDirectory(async (directory) => {
    await Deno.symlink(HELLO, `${directory}/result`);
    await Deno.symlink("/usr/bin", `${directory}/bin`);
    const resolve = (path: string) => resolveToolPath(path, `${directory}/.`);
    assert.equal(await resolve("result/bin"), `${HELLO}/bin`);
    assert.equal(await resolve(`${HELLO}/bin/sh`), `${HELLO}/bin/sh`);
    assert.equal(await resolve("./bin//dash"), `${directory}/bin/dash`);
    assert.equal(await resolve("bin/../sh"), `${directory}/bin/../sh`);
    assert.equal(await resolve("nowhere"), `${directory}/nowhere`);
    assert.equal(await resolve("/bin/sh"), "/bin/sh");
    assert.equal(await resolve("/"), "/");
  });
});

Deno.test("baseDirectory() is the spec file's, or the working directory", () => {
  const here = Deno.cwd();
  assert.equal(baseDirectory("/etc/image/spec.json"), "/etc/image");
  assert.equal(baseDirectory("/spec.json"), "/");
  assert.equal(baseDirectory("spec.json"), `${here}/.`);
  assert.equal(baseDirectory("../image/spec.json"), `${here}/../image`);
  assert.equal(baseDirectory(undefined), `${here}/.`);
  assert.equal(baseDirectory("/dev/fd/63"), `${here}/.`);
});
