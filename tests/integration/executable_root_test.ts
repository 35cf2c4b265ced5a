/**
 * The executable in a root directory with nothing else: no Deno, no shell, no /etc.
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readImage } from "../support/archive.ts";
import { BareRoot, type BareRunOptions, librariesOf } from "../support/bare_root.ts";
import { executable } from "../support/executable.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { nixImage, type RunResult, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const program = await executable();
const { hello } = await buildFixtures("hello");
const closure = await closureOf(hello);

/** A root with the executable and a spec, and the closure of the spec as files. */
async function rootWithSpec(scratch: Scratch): Promise<BareRoot> {
  const root = await BareRoot.create(scratch.path);
  await root.addProgram(program, "nix-image");
  for (const path of closure) await root.add(path);
  const graph = await succeed([
    "nix",
    "--extra-experimental-features",
    "nix-command",
    "path-info",
    "--json",
    "--recursive",
    hello,
  ]);
  await Deno.writeTextFile(`${root.path}/graph.json`, graph);
  await Deno.writeTextFile(`${root.path}/spec.json`, spec);
  return root;
}

const spec = JSON.stringify({ name: "bare", contents: [hello], config: { Cmd: ["hello"] } });

/** The same with Nix, whose database knows the closure; nobody owns the store, as in a single user's Nix. */
async function rootWithNix(scratch: Scratch): Promise<BareRoot> {
  const root = await rootWithSpec(scratch);
  await root.addProgram("/usr/bin/nix-store", "nix-store");
  const dump = await succeed(["nix-store", "--dump-db", ...closure]);
  await succeed(["chown", "-R", "65534:65534", `${root.path}/nix`]);
  const loaded = await root.run(["nix-store", "--load-db"], { ...NOBODY, stdin: dump });
  assert.equal(loaded.code, 0, loaded.stderr);
  return root;
}

/** Nix wants to know who it works for. */
const NOBODY: BareRunOptions = {
  asNobody: true,
  env: { PATH: "/bin", USER: "nobody", HOME: "/none" },
};

/** What the program gives here for the same spec, and what it says. */
async function given(scratch: Scratch, ...options: string[]) {
  const path = `${scratch.path}/spec.json`;
  await Deno.writeTextFile(path, spec);
  const result = await nixImage(["stream", path, ...options]);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

/** Of an image, as the difference between two is nothing to print. */
function digestOf({ stdout }: RunResult): string {
  return createHash("sha256").update(stdout).digest("hex");
}

Deno.test("the executable needs glibc and libgcc_s, no other library", async () => {
  const names = (await librariesOf(program)).map((path) => path.replace(/.*\//, ""));
  const glibc = [
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
  ];
  assert.deepEqual(names.sort(), [...glibc, "libgcc_s.so.1"].sort());
});

Deno.test("with nix-store alone beside it, the executable streams the very image", async () => {
  await using scratch = new Scratch();
  const root = await rootWithNix(scratch);
  const expected = await given(scratch);
  const found = await root.run(["nix-image", "stream", "/spec.json"], NOBODY);
  assert.equal(found.stderr, expected.stderr);
  assert.equal(found.code, 0);
  assert.equal(digestOf(found), digestOf(expected));
});

Deno.test("with --closure it streams it with nothing beside it at all", async () => {
  await using scratch = new Scratch();
  const root = await rootWithSpec(scratch);
  const expected = await given(scratch);
  const stream = ["nix-image", "stream", "--closure", "/graph.json", "/spec.json"];
  for (
    const env of [{ PATH: "/bin" }, { PATH: "" }, { PATH: "/nowhere", HOME: "/home", USER: "root" }]
  ) {
    const found = await root.run(stream, { env });
    assert.equal(found.stderr, expected.stderr);
    assert.equal(found.code, 0);
    assert.equal(digestOf(found), digestOf(expected));
  }
});

Deno.test("without nix-store the executable says what to do", async () => {
  await using scratch = new Scratch();
  const root = await rootWithSpec(scratch);
  const { code, stderr, stdout } = await root.run(["nix-image", "stream", "/spec.json"]);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "nix-image: Cannot run nix-store: install Nix (Debian: apt-get install nix-bin), " +
      "or give the closure with --closure\n",
  );
  assert.equal(stdout.length, 0);
});

const AGAIN = "that home again, with what was kept there";

Deno.test("nothing on disk is needed: the home may be empty, read-only, full or missing", async () => {
  await using scratch = new Scratch();
  const root = await rootWithNix(scratch);
  for (const name of ["home", "tmp"]) {
    await Deno.mkdir(`${root.path}/${name}`);
    await Deno.chmod(`${root.path}/${name}`, 0o777);
  }
  // Without HOME, Nix wants to know of one.
  await Deno.mkdir(`${root.path}/etc`);
  await Deno.writeTextFile(`${root.path}/etc/passwd`, "nobody:x:65534:65534::/nowhere:/none\n");
  const expected = await given(scratch);
  // With it, digests are kept, by which the next one knows what to leave out.
  const have = ["--have", "/have.json"];
  await Deno.writeFile(`${scratch.path}/image.tar`, expected.stdout);
  const Layers = (await readImage(`${scratch.path}/image.tar`)).config.rootfs.diff_ids;
  await Deno.writeTextFile(`${root.path}/have.json`, JSON.stringify([{ RootFS: { Layers } }]));
  const env = { PATH: "/bin", USER: "nobody" };
  const cases: Record<string, BareRunOptions> = {
    "an empty home": { env: { ...env, HOME: "/home" } },
    [AGAIN]: { env: { ...env, HOME: "/home" } },
    "no HOME": { env },
    "a home that is not there": { env: { ...env, HOME: "/nowhere" } },
    "a read-only home": { env: { ...env, HOME: "/home" }, readOnly: "/home" },
    "a full home": { env: { ...env, HOME: "/home" }, full: "/home" },
    "a full cache directory": { env: { ...env, XDG_CACHE_HOME: "/home" }, full: "/home" },
    "a full TMPDIR": { env: { ...env, HOME: "/nowhere", TMPDIR: "/tmp" }, full: "/tmp" },
    "a TMPDIR that is not there": { env: { ...env, TMPDIR: "/nowhere" } },
  };
  for (const [name, options] of Object.entries(cases)) {
    // A user other than root: root could write to a home that is closed.
    const found = await root.run(["nix-image", "stream", "/spec.json"], {
      ...options,
      asNobody: true,
    });
    assert.equal(found.stderr, expected.stderr, name);
    assert.equal(found.code, 0, name);
    assert.equal(digestOf(found), digestOf(expected), name);

    const other = await root.run(["nix-image", "stream", "/spec.json", ...have], {
      ...options,
      asNobody: true,
    });
    assert.equal(other.code, 0, `${name}: ${other.stderr}`);
    if (name === AGAIN) assert.ok(other.stdout.length < expected.stdout.length);
    else assert.equal(digestOf(other), digestOf(expected), name);
  }
  assert.deepEqual([...Deno.readDirSync(`${root.path}/tmp`)], []);
});

Deno.test("a full disk for temporary files ends in an error that names it, where they are needed", async () => {
  await using scratch = new Scratch();
  const root = await rootWithNix(scratch);
  await Deno.mkdir(`${root.path}/tmp`);
  const files = [{ path: "/zeros", type: "file", text: "0".repeat(100_000) }];
  await Deno.writeTextFile(`${root.path}/spec.json`, JSON.stringify({ name: "bare", files }));
  const options = { ...NOBODY, full: "/tmp" };
  const { code, stderr } = await root.run(["nix-image", "stream", "/spec.json"], options);
  assert.equal(code, 1);
  assert.match(stderr, /^nix-image: .*\/tmp.*No space left on device.*TMPDIR/s);
});
