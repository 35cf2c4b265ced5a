import assert from "node:assert/strict";
import { baseDirectory, resolveContentsPath } from "../../src/spec/contents.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const HELLO = `/nix/store/${HASH}-hello-2.12`;

/** Runs `body` in a new directory, whose path is free of links. */
async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function resolved(path: string, base = "/"): Promise<string> {
  const result = await resolveContentsPath(path, base);
  return "path" in result ? result.path : assert.fail(result.problem);
}

async function problem(path: string, base = "/"): Promise<string> {
  const result = await resolveContentsPath(path, base);
  return "problem" in result ? result.problem : assert.fail(result.path);
}

Deno.test("resolveContentsPath() takes store paths that no store here has", async () => {
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

Deno.test("resolveContentsPath() follows links until they reach the store", async () => {
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

Deno.test("resolveContentsPath() takes .. from where a link led, as the kernel does", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/a/b`, { recursive: true });
    await Deno.symlink(HELLO, `${directory}/a/result`);
    await Deno.symlink("a/b", `${directory}/link`);
    assert.equal(await resolved("link/../result", directory), HELLO);
  });
});

Deno.test("resolveContentsPath() says why a path does not lead to the store", async () => {
  await inDirectory(async (directory) => {
    const hint =
      ' (copy it into the store with "nix-store --add" and give the path that this prints)';
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
      `which leads to ${directory}/file, no store path${hint}`,
    );
    assert.equal(await problem("loop", directory), "which leads through too many links");
    assert.match(
      await problem("file/x", directory),
      /^but .*\/file\/x cannot be read: .*[Dd]irectory/,
    );
    assert.match(await problem("a\0b", directory), /^but .* cannot be read: /);
    assert.equal(await problem("/"), `which leads to /, no store path${hint}`);
    assert.equal(await problem("/.."), `which leads to /, no store path${hint}`);
    assert.equal(await problem("/nix"), `which leads to /nix, no store path${hint}`);
    assert.equal(await problem("/nix/store"), "which leads to /nix/store, no store path");
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
  name: "resolveContentsPath() says what Deno does not open to a program with plain permissions",
  permissions: { read: true },
  fn: async () => {
    const message = "but /proc cannot be read: this program may not open it";
    assert.equal(await problem("/proc/self/exe"), message);
  },
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
