/**
 * `nix-image build`: what it writes, and that it is whole or not there.
 * @module
 */

import assert from "node:assert/strict";
import { findProgram } from "../../tasks/programs.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const { big, hello } = await buildFixtures("big", "hello");
const SPEC = { name: "registry.example/some/built", tag: "v1", contents: [big, hello] };

/** A PATH with these programs alone; a text is the script that stands in for one. */
function pathOf(scratch: Scratch, programs: Readonly<Record<string, string | undefined>>): string {
  const directory = Deno.makeTempDirSync({ dir: scratch.path });
  for (const [name, script] of Object.entries(programs)) {
    const file = `${directory}/${name}`;
    if (script === undefined) Deno.symlinkSync(findProgram(name) ?? "", file);
    else Deno.writeTextFileSync(file, script, { mode: 0o755 });
  }
  return directory;
}

async function streamed(scratch: Scratch, spec: string): Promise<string> {
  const file = `${scratch.path}/streamed.tar`;
  const { code, stderr } = await nixImage(["stream", "--quiet", spec], { stdoutFile: file });
  assert.equal(code, 0, stderr);
  return file;
}

/** Loads the archive that {@linkcode SPEC} gives, whatever compressed it. */
async function load(file: string, decompress: string): Promise<void> {
  // Docker reads zstd since version 23, and Debian's skopeo that but not gzip.
  const zstd = decompress.startsWith("zstd");
  const script = `${zstd ? decompress : "cat"} "$1" | docker load`;
  const loaded = await succeed(["sh", "-c", script, "sh", file], { env: docker.env });
  assert.match(loaded, /^Loaded image: registry\.example\/some\/built:v1$/m);
  if (zstd) await succeed(["skopeo", "inspect", `docker-archive:${file}`]);
}

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

for (
  const [compressor, extension, decompress, upstream] of [
    ["gz", ".gz", "gzip -dc", "pigz -p1 -nTR"],
    ["zstd", ".zst", "zstd -dcq", "zstd -T2"],
    ["none", "", "cat", "cat"],
  ] as const
) {
  Deno.test(`scenario 10, layered: build compresses with ${compressor}, as upstream does, and the image loads`, async () => {
    await using scratch = new Scratch();
    const spec = scratch.spec(SPEC);
    const output = `${scratch.path}/output`;
    await Deno.mkdir(output);
    const { code, text, stderr } = await nixImage(
      ["build", spec, ...compressor === "gz" ? [] : ["--compressor", compressor]],
      { cwd: output },
    );
    assert.equal(code, 0, stderr);
    assert.equal(text, "");
    const name = `built.tar${extension}`;
    assert.match(stderr, new RegExp(`v1: \\d+ layers[^]*Written to ${name}, `));
    assert.deepEqual(namesIn(output), [name]);
    const plain = await streamed(scratch, spec);
    const same = `${decompress} "$1" | cmp - "$2" && ${upstream} <"$2" | cmp - "$1"`;
    await succeed(["sh", "-c", same, "sh", `${output}/${name}`, plain]);
    await load(`${output}/${name}`, decompress);
  });

  if (compressor === "none") continue;
  Deno.test(`build compresses with ${compressor} where its program is missing, the same on one processor, and the image loads`, async () => {
    await using scratch = new Scratch();
    const spec = scratch.spec(SPEC);
    const env = { PATH: pathOf(scratch, { "nix-store": undefined, sh: undefined }) };
    const files = [`${scratch.path}/two`, `${scratch.path}/one`];
    for (const [index, prefix] of [[], [findProgram("taskset") ?? "", "-c", "0"]].entries()) {
      const build = ["build", spec, "--quiet", "--compressor", compressor];
      const command = [...prefix, ...nixImageCommand(), ...build, "-o", files[index] ?? ""];
      const { code, stderr } = await runCommand(command, { env });
      assert.deepEqual([code, stderr], [0, ""]);
    }
    const plain = await streamed(scratch, spec);
    const same = `cmp "$1" "$2" && ${decompress} "$1" | cmp - "$3"`;
    await succeed(["sh", "-c", same, "sh", ...files, plain]);
    await load(files[0] ?? "", decompress);
  });
}

Deno.test("the environment does not change what the compressors do", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec(SPEC);
  const env = { GZIP: "-1", PIGZ: "-1 -K", ZSTD_CLEVEL: "19", ZSTD_NBTHREADS: "1" };
  for (const compressor of ["gz", "zstd"]) {
    const build = ["build", spec, "--quiet", "--compressor", compressor, "-o"];
    const files = [`${scratch.path}/${compressor}`, `${scratch.path}/${compressor}-other`];
    for (const [index, file] of files.entries()) {
      const { code, stderr } = await nixImage([...build, file], index === 0 ? {} : { env });
      assert.equal(code, 0, stderr);
    }
    await succeed(["cmp", ...files]);
  }
});

Deno.test("build replaces a file or a link, with the permissions of a new file", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "small" });
  const [file, link, behind] = ["file", "link", "behind"].map((name) => `${scratch.path}/${name}`);
  assert.ok(file && link && behind);
  await Deno.writeTextFile(file, "before", { mode: 0o600 });
  await Deno.writeTextFile(behind, "behind");
  await Deno.symlink("behind", link);
  for (const target of [file, link]) {
    const build = [...nixImageCommand(), "build", spec, "--quiet", "--output", target];
    const { code, stderr } = await runCommand(["sh", "-c", 'umask 027; "$@"', "sh", ...build]);
    assert.equal(code, 0, stderr);
    assert.equal(await succeed(["stat", "-c", "%a %F", target]), "640 regular file\n");
    await succeed(["gzip", "-t", target]);
  }
  assert.equal(await Deno.readTextFile(behind), "behind");
});

Deno.test("build says what is wrong with its target, and leaves nothing behind", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "small" });
  const readOnly = `${scratch.path}/read-only`;
  await Deno.mkdir(readOnly, { mode: 0o555 });
  await succeed(["mkfifo", `${scratch.path}/fifo`]);
  const before = namesIn(scratch.path);
  // Root may write everywhere; without this capability it is held to the mode of a directory.
  const held = ["setpriv", "--bounding-set=-dac_override"];
  const cases: [target: string, code: number, message: RegExp][] = [
    [`${scratch.path}/missing/image`, 1, /there is no directory .*\/missing$/m],
    [`${readOnly}/image`, 1, /Cannot write .*\/read-only\/image: Permission denied/],
    [scratch.path, 2, /is a directory; name a file in it/],
    [`${scratch.path}/new/`, 2, /is a directory; name a file in it/],
    [`${scratch.path}/fifo`, 2, /is not a file; write to it with nix-image stream/],
    [`${spec}/image`, 1, /Cannot write .*: Not a directory/],
    // Deno 2.6 lets a program see what is in /dev.
    ["/dev/full", 1, /Cannot write \/dev\/full: Deno gives no program \/dev|is not a file/],
  ];
  for (const [target, expected, message] of cases) {
    const { code, text, stderr } = await runCommand(
      [...held, ...nixImageCommand(), "build", spec, "-o", target],
    );
    const usage = target === "/dev/full" && stderr.includes("is not a file");
    assert.equal(code, usage ? 2 : expected, stderr);
    assert.equal(text, "");
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /defect|\n\s+at /);
  }
  assert.deepEqual(namesIn(scratch.path), before);
  assert.deepEqual(namesIn(readOnly), []);
});

Deno.test("build fails with a message when the disk is full, and leaves nothing behind", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec(SPEC);
  const small = `${scratch.path}/small`;
  await Deno.mkdir(small);
  await succeed(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small]);
  try {
    const kinds = ["--compressor=gz", "--compressor=none", "--format=oci", "--format=oci-archive"];
    for (const kind of kinds) {
      const { code, stderr } = await nixImage(["build", spec, kind, "-o", `${small}/image`]);
      assert.equal(code, 1);
      assert.match(stderr, /^nix-image: Cannot write .*\/image: No space left on device/m);
      assert.doesNotMatch(stderr, /defect|\n\s+at /);
      assert.deepEqual(namesIn(small), []);
    }
  } finally {
    await succeed(["umount", small]);
  }
});

Deno.test("build fails with what its compressor said, and leaves nothing behind", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec(SPEC);
  const output = `${scratch.path}/output`;
  await Deno.mkdir(output);
  const programs = { "nix-store": undefined, sh: undefined };
  for (
    const [script, message] of [
      ["echo no memory >&2; exit 3", /pigz .* failed \(exit status 3\):\n {2}no memory/],
      ["kill -9 $$", /pigz .* failed \(ended by SIGKILL\)/],
    ] as const
  ) {
    // It takes a part of its input first, and gives some output.
    const pigz = `#!/bin/sh\n/usr/bin/head -c 100000\n${script}\n`;
    const env = { PATH: pathOf(scratch, { ...programs, pigz }) };
    const { code, stderr } = await nixImage(["build", spec, "-o", `${output}/image`], { env });
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /defect|\n\s+at /);
    assert.deepEqual(namesIn(output), []);
  }
});

Deno.test("build fails when a file can not be read, and leaves nothing behind", async () => {
  await using scratch = new Scratch();
  const path = `/nix/store/${"0".repeat(32)}-changed`;
  const graph = `${scratch.path}/graph.json`;
  await Deno.mkdir(`${scratch.path}/root/nix/store`, { recursive: true });
  await Deno.mkdir(`${scratch.path}/output`);
  await Deno.writeTextFile(
    graph,
    JSON.stringify([{ path, narSize: 100, references: [] }]),
  );
  const spec = scratch.spec({ name: "gone", config: { Cmd: [path] } });
  const build = ["build", spec, "--closure", graph, "--store-root", `${scratch.path}/root`];
  const { code, stderr } = await nixImage([...build, "-o", `${scratch.path}/output/image`]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`${path} is not there`));
  assert.deepEqual(namesIn(`${scratch.path}/output`), []);
});
