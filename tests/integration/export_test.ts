/**
 * `nix-image export`: the root file system of an image, as other programs make it of the same image.
 * @module
 */

import assert from "node:assert/strict";
import { dockerArchive } from "../../src/sinks/docker_archive.ts";
import { Docker } from "../support/dockerd.ts";
import { skopeoCopy } from "../support/engines.ts";
import { type FoundEntry, type FoundRoot, readRoots } from "../support/exported_roots.ts";
import { imageWith, layerOf } from "../support/layers.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { makeTars, type TarRecipeMember } from "../support/tars.ts";

const docker = new Docker();
const scratch = new Scratch();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(async () => {
  await docker.stop();
  await scratch[Symbol.asyncDispose]();
});

const { bash } = await buildFixtures("bash");

const directory = (name: string, mode = 0o755, more: Partial<TarRecipeMember> = {}) => ({
  name,
  type: "directory" as const,
  mode,
  mtime: 1_500_000_000,
  ...more,
});
const file = (name: string, content: string, more: Partial<TarRecipeMember> = {}) => ({
  name,
  content,
  mtime: 1_600_000_000,
  ...more,
});
const symlink = (name: string, linkname: string) => ({
  name,
  type: "symlink" as const,
  linkname,
  mtime: 1_400_000_000,
});
/** Programs write the file's attributes in its links' headers, too. */
const hard = (name: string, linkname: string, more: Partial<TarRecipeMember> = {}) => ({
  name,
  type: "link" as const,
  linkname,
  mtime: 1_600_000_000,
  ...more,
});
const gone = (name: string) => ({ name, mode: 0 });

/** Version 2, `cap_net_raw=ep`, as the kernel has it. */
const CAPABILITY = "\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/** As layers are made by others: with members for all directories that something is in. */
const AWKWARD: readonly (readonly TarRecipeMember[])[] = [
  [
    directory("usr"),
    directory("usr/bin", 0o775, { gid: 5 }),
    file("usr/bin/setuid", "setuid", { mode: 0o4755, uid: 3 }),
    file("usr/bin/setgid", "setgid", { mode: 0o2711, gid: 4_000_000, uid: 3_000_000 }),
    file("usr/bin/capable", "capable", { pax: { "SCHILY.xattr.security.capability": CAPABILITY } }),
    hard("usr/bin/other-name", "usr/bin/setuid", { mode: 0o4755, uid: 3 }),
    symlink("bin", "usr/bin"),
    directory("tmp", 0o1777),
    directory("opaque", 0o711, { uid: 8 }),
    file("opaque/hidden", "hidden"),
    directory("opaque/below"),
    file("opaque/below/hidden", "hidden"),
    directory("gone"),
    directory("gone/deep"),
    file("gone/deep/file", "gone"),
    hard("survivor", "gone/deep/file"),
    hard("survivor2", "gone/deep/file"),
    directory("becomes-link"),
    file("becomes-link/x", "x"),
    symlink("becomes-directory", "usr"),
    file("becomes-directory2", "file"),
    file("replaced", "lower"),
    hard("replaced-link", "replaced"),
    file("old", "before 1970", { mtime: -86_400 }),
    file("late", "after 2038", { mtime: 2 ** 32 + 5 }),
    file("caf\udce9 \udcff", "bytes"),
    file("new\nline", "line"),
    file("ünï/文", "unicode"),
    file(`${"n".repeat(200)}/${"m".repeat(255)}`, "long", { mode: 0o400 }),
    symlink("long-link", `/${"t/".repeat(300)}`),
    symlink("dangling", "../../../nowhere"),
    file("empty", ""),
    file("large", "0123456789abcdef".repeat(200_000), { mode: 0 }),
  ],
  [
    directory("tmp", 0o1770, { gid: 9 }),
    directory("opaque", 0o700),
    file("opaque/new", "new"),
    gone("opaque/.wh..wh..opq"),
    gone(".wh.gone"),
    gone(".wh.never-there"),
    symlink("becomes-link", "tmp"),
    directory("becomes-directory"),
    file("becomes-directory/new", "new"),
    directory("becomes-directory2", 0o500),
    file("replaced", "upper"),
    { name: "null", type: "character", device: [1, 3], mode: 0o666, mtime: 1 },
    { name: "disk", type: "block", device: [300, 70_000], mode: 0o660, gid: 6, mtime: 1 },
    hard("disk2", "disk", { mode: 0o660, gid: 6, mtime: 1 }),
    { name: "fifo", type: "fifo", mode: 0o600, mtime: 1 },
    symlink("lib", "usr/library"),
    directory("usr"),
    directory("usr/library"),
    file("lib/through-link", "through"),
    hard("lib/hard", "usr/library/through-link"),
    hard("lib-link", "lib", { mtime: 1_400_000_000 }),
  ],
  [
    gone(".wh.survivor2"),
    directory("gone", 0o750),
    file("gone/again", "again"),
    directory("opaque", 0o701),
    file("opaque/third", "third"),
  ],
];

const tars = await makeTars(...AWKWARD.map((members) => ({ format: "pax" as const, members })));
const archive = `${scratch.path}/awkward.tar`;
const layers = tars.map((tar, index) => layerOf(`layer ${index}`, tar));
await Deno.writeFile(
  archive,
  dockerArchive([{ image: imageWith(layers), repoTags: ["awkward:v1"] }], { mtime: 1 }),
);
const layout = `${scratch.path}/layout`;
await skopeoCopy(`docker-archive:${archive}`, `oci:${layout}:v1`);

/** Exports an image, which has to succeed, and has Python read it. */
async function exported(...args: string[]): Promise<FoundRoot> {
  const output = `${scratch.path}/${crypto.randomUUID()}.tar`;
  const { code, stderr } = await nixImage(["export", ...args, "-o", output]);
  assert.equal(code, 0, stderr);
  const [root] = await readRoots([output]);
  return root!;
}

/** What a container of an image has, without what Docker adds to any. */
async function dockerExported(image: string, added: readonly string[] = []): Promise<FoundRoot> {
  const container = (await docker.docker("create", "--network=none", image, "/none")).trim();
  const output = `${scratch.path}/${container}.tar`;
  await docker.docker("export", "--output", output, container);
  await docker.docker("rm", container);
  const [root] = await readRoots([output]);
  return {
    ...root!,
    entries: Object.fromEntries(
      Object.entries(root!.entries).filter(([path]) => !added.includes(path)),
    ),
  };
}

/** What all programs agree on: owners' names are those of a host, or none. */
function comparable(
  { entries }: FoundRoot,
  also: (path: string, entry: FoundEntry) => Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries).filter(([path]) => path !== "").map(([path, entry]) => {
      const { type, uid, gid, size, linkname, device, names, sha256 } = entry;
      // Docker has the type in there, too.
      const mode = entry.mode & 0o7777;
      const facts = { type, mode, uid, gid, size, linkname, device, names, sha256 };
      return [path, { ...facts, ...also(path, entry) }];
    }),
  );
}

/** Directories that have no member of their own are as old as their unpacking. */
const IMPLIED = ["ünï", "n".repeat(200)];
const mtimeOf = (path: string, { mtime }: FoundEntry) => IMPLIED.includes(path) ? {} : { mtime };

Deno.test("export gives the root file system that docker export does", async () => {
  await docker.docker("load", "--input", archive);
  const [tar] = await makeTars({ members: [file("own", "")] });
  const image = imageWith([layerOf("own", tar!)]);
  await Deno.writeFile(
    `${scratch.path}/own.tar`,
    dockerArchive([{ image, repoTags: ["own:v1"] }], { mtime: 1 }),
  );
  await docker.docker("load", "--input", `${scratch.path}/own.tar`);
  const added = Object.keys((await dockerExported("own:v1")).entries).filter((path) =>
    path !== "own"
  );
  assert.ok(added.includes(".dockerenv"), `${added}`);

  // Docker has no times before 1970, and of extended attributes capabilities alone.
  const also = (path: string, entry: FoundEntry) => ({
    ...mtimeOf(path, { ...entry, mtime: Math.max(0, entry.mtime) }),
    capability: entry.xattrs["security.capability"],
  });
  const expected = comparable(await dockerExported("awkward:v1", added), also);
  assert.deepEqual(comparable(await exported(archive), also), expected);
});

Deno.test("export gives the root file system that umoci unpack does, from each format", async () => {
  await succeed(["umoci", "unpack", "--image", `${layout}:v1`, `${scratch.path}/bundle`]);
  const unpacked = `${scratch.path}/unpacked.tar`;
  await succeed([
    ...["tar", "--create", "--format=pax", "--xattrs", "--xattrs-include=*", "--numeric-owner"],
    ...["--file", unpacked, "--directory", `${scratch.path}/bundle/rootfs`, "."],
  ]);
  const [root] = await readRoots([unpacked]);
  const also = (path: string, entry: FoundEntry) => ({
    ...mtimeOf(path, entry),
    xattrs: entry.xattrs,
    // GNU tar takes devices for different ones.
    ...entry.device ? { names: [path] } : {},
  });
  const expected = comparable(root!, also);
  assert.deepEqual(comparable(await exported(layout), also), expected);
  assert.deepEqual(comparable(await exported(archive), also), expected);
});

Deno.test("export writes the same bytes from every format, to a file and to standard output", async () => {
  await skopeoCopy(`docker-archive:${archive}`, `oci-archive:${scratch.path}/oci.tar`);
  await succeed(["gzip", "--keep", "--fast", archive]);
  await succeed(["xz", "--keep", "-0", archive]);
  const sums = new Set<string>();
  const sum = ["bash", "-c", 'set -o pipefail; "$@" | sha256sum', "bash", ...nixImageCommand()];
  for (const source of [archive, layout, `${scratch.path}/oci.tar`, `${archive}.gz`]) {
    sums.add(await succeed([...sum, "export", "--quiet", source]));
  }
  const fromStdin = ["bash", "-c", 'file=$1; shift; exec "$@" <"$file"', "bash"];
  for (const source of [archive, `${archive}.gz`, `${archive}.xz`]) {
    sums.add(await succeed([...fromStdin, source, ...sum, "export", "--quiet", "-"]));
  }
  const output = `${scratch.path}/output.tar`;
  const { code, text, stderr } = await nixImage(["export", archive, "--output", output]);
  assert.deepEqual([code, text], [0, ""]);
  const { size } = await Deno.stat(output);
  const sizeText = `${(size / 1e6).toFixed(1)} MB`;
  assert.match(stderr, /^layer 1\/3: \S+\n(layer \S+: \S+\n)*awkward:v1: 3 layers, /);
  assert.ok(stderr.includes(`${sizeText}, sha256:`), stderr);
  assert.ok(stderr.endsWith(`Written to ${output}\n`), stderr);
  sums.add(await succeed(["sh", "-c", 'sha256sum <"$1"', "sh", output]));
  assert.equal(sums.size, 1, [...sums].join(""));
});

Deno.test("scenario 46: an exported image of bash has ./bin/bash, and runs when it is imported", async () => {
  const spec = scratch.spec({ name: "bash", tag: "v1", contents: [bash] });
  const built = `${scratch.path}/bash.tar.gz`;
  await succeed([...nixImageCommand(), "build", "--quiet", spec, "-o", built]);
  const root = `${scratch.path}/bash-root.tar`;
  await succeed([...nixImageCommand(), "export", "--quiet", built, "-o", root]);
  const names = (await succeed(["tar", "--list", "--file", root])).split("\n");
  assert.ok(names.includes("./bin/bash"), names.slice(0, 20).join("\n"));
  await docker.docker("import", root, "imported:v1");
  assert.equal(await docker.run("imported:v1", "/bin/bash", "-c", "echo it runs"), "it runs\n");
});

Deno.test("export chooses among several images, and lists them where it can not", async () => {
  const several = `${scratch.path}/several.tar`;
  const named = async (name: string, architecture: string) => {
    const [tar] = await makeTars({ members: [file(name, architecture)] });
    return {
      image: { ...imageWith([layerOf(name, tar!)]), architecture },
      repoTags: [`${name}:v1`],
    };
  };
  const images = [await named("one", "amd64"), await named("two", "arm64")];
  await Deno.writeFile(several, dockerArchive(images, { mtime: 1 }));

  const paths = async (...args: string[]) =>
    Object.keys((await exported(several, ...args)).entries).join();
  assert.equal(await paths("--name", "one"), ",one");
  assert.equal(await paths("--name", "two", "--tag", "v1"), ",two");
  assert.equal(await paths("--platform", "linux/arm64"), ",two");

  const { code, text, stderr } = await nixImage(["export", several]);
  assert.deepEqual([code, text], [1, ""]);
  assert.match(
    stderr,
    /has 2 images; say which[^]*one:v1 {2}linux\/amd64[^]*two:v1 {2}linux\/arm64/,
  );
  const missing = await nixImage(["export", several, "--name", "three"]);
  assert.deepEqual([missing.code, missing.text], [1, ""]);
  assert.match(missing.stderr, /no image with the name three[^]*one:v1/);
  const wrong = await nixImage(["export", several, "--platform", "arm64"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--platform: expected OS\/ARCHITECTURE\[\/VARIANT\]/);
});

/** Exports a damaged archive: there is one line that matches, and nothing at the output. */
async function assertFails(damaged: Uint8Array, expected: RegExp): Promise<void> {
  await using own = new Scratch();
  await Deno.mkdir(`${own.path}/output`);
  await Deno.writeTextFile(`${own.path}/output/kept`, "as before");
  await Deno.writeFile(`${own.path}/image.tar`, damaged);
  for (const name of ["new", "kept"]) {
    const output = `${own.path}/output/${name}`;
    const { code, text, stderr } = await nixImage([
      "export",
      `${own.path}/image.tar`,
      "-o",
      output,
    ]);
    assert.deepEqual([code, text], [1, ""], stderr);
    assert.match(stderr, expected);
    assert.match(stderr, /^nix-image: .*\n$/);
  }
  assert.deepEqual([...Deno.readDirSync(`${own.path}/output`)].map(({ name }) => name), ["kept"]);
  assert.equal(await Deno.readTextFile(`${own.path}/output/kept`), "as before");
}

Deno.test("export fails in one line on damaged and truncated images, and leaves nothing", async () => {
  const bytes = await Deno.readFile(archive);
  const changed = bytes.slice();
  const at = new TextDecoder("latin1").decode(bytes).indexOf("0123456789abcdef");
  changed[at] = 0x58;
  await assertFails(changed, /\(layer 1\) is damaged or another one/);
  for (const length of [0, 1000, at + 5000, bytes.length - 12_000]) {
    await assertFails(bytes.slice(0, length), /image\.tar: |image\.tar holds no images/);
  }
});

Deno.test("export fails in one line on a layer that leads out of the root", async () => {
  const [tar] = await makeTars({ members: [file("fine", ""), file("../../evil", "x")] });
  const image = imageWith([layerOf("evil", tar!)]);
  const hostile = dockerArchive([{ image, repoTags: [] }], { mtime: 1 });
  await assertFails(
    await new Response(hostile).bytes(),
    /^nix-image: layer 1 \(sha256:\w{64}\): "\.\.\/\.\.\/evil" leads out of the image\n$/,
  );
});

Deno.test("export ends quietly with a failure when its consumer goes away", async () => {
  const script = '"$@" | head -c 1000 | wc -c; exit "${PIPESTATUS[0]}"';
  const command = [...nixImageCommand(), "export", "--quiet", archive];
  const { code, text, stderr } = await runCommand(["bash", "-c", script, "bash", ...command]);
  assert.deepEqual([code, text.trim(), stderr], [1, "1000", ""]);
});

Deno.test("export refuses a terminal on either side", async () => {
  const words = [...nixImageCommand(), "export"].map((word) => `'${word}'`).join(" ");
  const onTerminal = (line: string) => runCommand(["script", "-qec", line, "/dev/null"]);
  const toTerminal = await onTerminal(`${words} ${archive}`);
  assert.equal(toTerminal.code, 2);
  assert.match(toTerminal.text, /Standard output is a terminal[^]*-o rootfs\.tar/);
  const fromTerminal = await onTerminal(`${words} - -o ${scratch.path}/none.tar`);
  assert.equal(fromTerminal.code, 2);
  assert.match(fromTerminal.text, /Standard input is a terminal/);
});
