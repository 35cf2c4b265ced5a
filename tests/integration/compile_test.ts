/**
 * `deno task compile`: what it makes, and what it says where it can't.
 * @module
 */

import assert from "node:assert/strict";
import { compileTo, executable, SOURCES } from "../support/executable.ts";
import { type EmbeddedMetadata, embeddedMetadata } from "../support/embedded.ts";
import { listedPermissions } from "../support/permissions_page.ts";
import { runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { PROJECT } from "../../tasks/program_command.ts";

const COMPILE = [Deno.execPath(), "run", "--allow-all", "tasks/compile.ts"];

/** Compiles with the Deno that runs the tests, and any program in the place of its runtime. */
async function compileAround(runtime: string, output: string, ...args: string[]) {
  return await runCommand([...COMPILE, "--output", output, ...args], {
    cwd: PROJECT,
    env: { DENORT_BIN: runtime },
  });
}

function checkPermissions({ permissions, log_level }: EmbeddedMetadata): void {
  const { options, variables, programs } = listedPermissions();
  // An empty list is all, null is nothing; some hosts may be imported from by default.
  const { allow_env, allow_run, allow_import: _, deny_import, prompt, ...others } = permissions;
  assert.deepEqual(allow_env, variables);
  assert.deepEqual(allow_run, programs);
  assert.deepEqual(deny_import, []);
  assert.equal(prompt, false);
  const granted = Object.entries(others).filter(([, value]) => value !== null);
  for (const [name, value] of granted) assert.deepEqual(value, [], name);
  const names = [...granted.map(([name]) => name), "allow_env", "allow_run"];
  assert.deepEqual(
    names.map((name) => `--${name.replace("_", "-")}`).sort(),
    [...options].sort(),
  );
  assert.equal(log_level, "ERROR");
}

Deno.test("an executable has the permissions of docs/permissions.md, as a Deno up to 2.8 writes them", async () => {
  const found = embeddedMetadata(await executable());
  checkPermissions(found);
  assert.equal(found.code_cache_key, null);
});

Deno.test("the same as a Deno from 2.9 on writes them, and the name of the program", async () => {
  await using scratch = new Scratch();
  const { code, stderr } = await compileAround("/bin/true", scratch.path);
  assert.equal(code, 0, stderr);
  const found = embeddedMetadata(`${scratch.path}/nix-image`);
  checkPermissions(found);
  assert.equal(found.code_cache_key, null);
  assert.equal(found.app_name, "nix-image");
});

Deno.test("the same source gives the same bytes: elsewhere, later, and by other umasks", async () => {
  await using scratch = new Scratch();
  const sums: string[] = [];
  for (const [name, mask] of [["one", 0o022], ["a longer/name", 0o077]] as const) {
    const project = `${scratch.path}/${name}`;
    await Deno.mkdir(project, { recursive: true });
    for (const source of SOURCES) {
      await succeed(["cp", "-r", `${PROJECT}/${source}`, `${project}/${source}`]);
    }
    const before = Deno.umask(mask);
    try {
      await compileTo(`${project}/out`, { project, env: { TMPDIR: project, TZ: `UTC${mask}` } });
    } finally {
      Deno.umask(before);
    }
    assert.deepEqual(
      [...Deno.readDirSync(`${project}/out`)].map(({ name }) => name).sort(),
      ["SHA256SUMS", "nix-image"],
    );
    sums.push(await succeed(["sha256sum", "nix-image"], { cwd: `${project}/out` }));
    assert.equal(await Deno.readTextFile(`${project}/out/SHA256SUMS`), sums.at(-1));
    // No checkout of Git, no commit.
    assert.match(await succeed([`${project}/out/nix-image`, "--version"]), /^\d+\.\d+\.\d+\n$/);
  }
  assert.equal(sums[0], sums[1]);
});

Deno.test("the commit is in it, and whether files differ from that", async () => {
  await using scratch = new Scratch();
  const project = scratch.path;
  for (const source of SOURCES) await succeed(["cp", "-r", `${PROJECT}/${source}`, project]);
  await Deno.writeTextFile(`${project}/.gitignore`, "/out\n");
  const author = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
  const git = async (...args: string[]) =>
    await succeed(["git", "-C", project, ...author, ...args]);
  await git("init", "--quiet");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "All");
  const commit = (await git("rev-parse", "HEAD")).trim();
  const versionOfBuild = async () => {
    await compileTo(`${project}/out`, { project });
    return await succeed([`${project}/out/nix-image`, "--version"]);
  };
  assert.match(await versionOfBuild(), new RegExp(`^\\d+\\.\\d+\\.\\d+ \\(${commit}\\)\n$`));
  await Deno.writeTextFile(`${project}/src/new.ts`, "");
  assert.match(await versionOfBuild(), new RegExp(`\\(${commit}-dirty\\)\n$`));
});

Deno.test("executables for other machines have names of their own", async () => {
  await using scratch = new Scratch();
  const { path } = scratch;
  // An ELF file for the other machine, as far as its header says so.
  const arm = await Deno.readFile("/bin/true");
  arm[18] = 183;
  await Deno.writeFile(`${path}/arm`, arm, { mode: 0o755 });
  const out = `${path}/out`;
  const names = () => [...Deno.readDirSync(out)].map(({ name }) => name).sort();

  const first = await compileAround("/bin/true", out, "--target", "x86_64-unknown-linux-gnu");
  assert.deepEqual([first.code, names()], [0, ["SHA256SUMS", "nix-image-x86_64-linux"]]);
  const second = await compileAround(`${path}/arm`, out, "--target", "aarch64");
  const both = ["nix-image-aarch64-linux", "nix-image-x86_64-linux"];
  assert.deepEqual([second.code, names()], [0, ["SHA256SUMS", ...both]]);
  checkPermissions(embeddedMetadata(`${out}/nix-image-aarch64-linux`));
  await succeed(["sha256sum", "--check", "--strict", "SHA256SUMS"], { cwd: out });
  const sums = await Deno.readTextFile(`${out}/SHA256SUMS`);
  assert.deepEqual(sums.match(/\S+$/gm), both);

  const wrong = await compileAround("/bin/true", out, "--target", "aarch64");
  assert.equal(wrong.code, 1);
  assert.equal(
    wrong.stderr,
    "What came out is not for aarch64-unknown-linux-gnu: DENORT_BIN, /bin/true, is for another\n",
  );
  const unknown = await compileAround("/bin/true", out, "--target", "riscv64");
  assert.match(unknown.stderr, /^--target riscv64 is none of x86_64-unknown-linux-gnu, x86_64, /);
  assert.deepEqual(names(), ["SHA256SUMS", ...both]);
  assert.equal(await Deno.readTextFile(`${out}/SHA256SUMS`), sums);
});

Deno.test("without a runtime the error says what DENORT_BIN is for, and leaves nothing behind", async () => {
  await using scratch = new Scratch();
  const { code, stderr } = await compileAround(`${scratch.path}/none`, `${scratch.path}/out`);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot get denort, Deno's runtime in an executable, for x86_64-unknown-linux-gnu:\n {2}.*\nWhere Deno cannot download it, DENORT_BIN names such a file\. Take that of Deno \d+\.\d+\.\d+:\n {2}unpack https:.*\.zip,\n {2}or with nixpkgs: .*deno\.denort.*\n$/,
  );
  assert.deepEqual([...Deno.readDirSync(`${scratch.path}/out`)], []);

  // As where Deno's host is out of reach: nothing listens there.
  const cut = {
    DENO_DIR: `${scratch.path}/cache`,
    https_proxy: "http://127.0.0.1:1",
    HTTPS_PROXY: "http://127.0.0.1:1",
  };
  await Deno.mkdir(cut.DENO_DIR);
  const cache = JSON.parse(await succeed([Deno.execPath(), "info", "--json"]));
  for (const { name } of Deno.readDirSync(cache.denoDir)) {
    // All but what was downloaded before: of dl, only esbuild.
    if (name !== "dl") await Deno.symlink(`${cache.denoDir}/${name}`, `${cut.DENO_DIR}/${name}`);
  }
  await Deno.mkdir(`${cut.DENO_DIR}/dl`);
  for (const { name } of Deno.readDirSync(`${cache.denoDir}/dl`)) {
    if (name !== "release") {
      await Deno.symlink(`${cache.denoDir}/dl/${name}`, `${cut.DENO_DIR}/dl/${name}`);
    }
  }
  const away = await runCommand([
    "env",
    "-u",
    "DENORT_BIN",
    ...COMPILE,
    "--output",
    `${scratch.path}/out`,
  ], {
    cwd: PROJECT,
    env: cut,
  });
  assert.equal(away.code, 1);
  assert.match(
    away.stderr,
    /^Cannot get denort, .*:\n {2}error sending request for url \(https:.*denort-.*\nWhere Deno cannot/,
  );
});
