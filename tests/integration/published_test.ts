/**
 * The package as others load it: over HTTP, in the files and with the specifiers that are published.
 * @module
 */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { RUN_OPTIONS } from "../../src/process/run_options.ts";
import { PROJECT } from "../../tasks/program_command.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, runCommand, succeed } from "../support/program.ts";
import { publishedFiles, PublishedPackage } from "../support/published.ts";
import { Scratch } from "../support/scratch.ts";

const { hello } = await buildFixtures("hello");

Deno.test("only what programs need is published, and its documents", async () => {
  const files = await publishedFiles();
  const others = files.filter((file) => !/^src\/[\w/]+\.ts$/.test(file));
  assert.deepEqual(others.sort(), [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "cli.ts",
    "deno.json",
    "mod.ts",
  ]);
});

Deno.test("the published program streams, compresses in threads, and writes a script of itself", async () => {
  await using published = await PublishedPackage.start();
  await using scratch = new Scratch();
  const cwd = scratch.path;
  const spec = scratch.spec({ name: "hello", tag: "published", contents: [hello] });
  const run = ["run", "--no-config", ...RUN_OPTIONS, published.url("cli.ts")];
  const program = [Deno.execPath(), ...run];
  const sum = async (command: readonly string[]) =>
    await succeed(["bash", "-c", 'set -o pipefail; "$@" | sha256sum', "bash", ...command], { cwd });

  const expected = `${cwd}/expected.tar`;
  await nixImage(["stream", "--quiet", spec], { stdoutFile: expected });
  const digest = await sum(["cat", expected]);
  assert.equal(await sum([...program, "stream", "--quiet", spec]), digest);

  const layout = async (command: readonly string[], name: string) => {
    const args = ["build", "--quiet", "--format", "oci", "-o", name, spec];
    await succeed([...command, ...args], { cwd });
    return await Deno.readTextFile(`${cwd}/${name}/index.json`);
  };
  assert.deepEqual(
    JSON.parse(await layout(program, "published")),
    JSON.parse(await layout(programFromSource(), "source")),
  );
  assert.ok(published.requests.includes("src/sinks/compress_worker.ts"));

  const cache = { XDG_CACHE_HOME: `${cwd}/cache` };
  const stream = [...program, "stream", "--script", "--quiet", spec];
  const script = (await succeed(stream, { cwd, env: cache })).trim();
  assert.equal(await sum([script]), digest);
  // As a shell installs it for its user.
  const install = ["install", "--global", "--root", cwd, "--name", "nix-image", "--no-config"];
  await succeed([Deno.execPath(), ...install, ...RUN_OPTIONS, published.url("cli.ts")]);
  const PATH = `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`;
  const installed = ["env", `PATH=${PATH}`, `${cwd}/bin/nix-image`];
  assert.equal(await sum([...installed, "stream", "--quiet", spec]), digest);
});

Deno.test("the published library makes images, threads and all", async () => {
  await using published = await PublishedPackage.start();
  await using scratch = new Scratch();
  const cwd = scratch.path;
  await Deno.writeTextFile(
    `${cwd}/make.ts`,
    `import * as images from "@nix-image/nix-image";
     const { spec } = await images.checkSpec({ name: "hello", tag: "1", contents: ["${hello}"] });
     const plan = await images.planImage(spec, { source: images.storeDatabase() });
     const { image, mtime } = await images.imageOf(plan, new Date());
     const named = [{ image, repoTags: [plan.repoTag] }];
     await images.writeOciArchive(named, "image.oci", { mtime });
     await images.writeDockerArchive(named, "image.tar.gz", { mtime, compressor: "gz" });
     for (const file of ["image.oci", "image.tar.gz"]) {
       console.log((await images.checkImages(file)).problemCount);
     }`,
  );
  const imports = { "@nix-image/nix-image": published.url("mod.ts") };
  await Deno.writeTextFile(`${cwd}/deno.json`, JSON.stringify({ imports }));
  const permissions = [
    "--allow-read",
    "--allow-write",
    "--allow-run=nix-store",
    // Of jsr.io this need not be said.
    `--allow-import=${new URL(published.url("")).host}`,
  ];
  const { code, text, stderr } = await runCommand(
    [Deno.execPath(), "run", "--no-prompt", ...permissions, "make.ts"],
    { cwd },
  );
  assert.equal(code, 0, stderr);
  assert.equal(text, "0\n0\n");
});

/** Threads compress as here whatever program is under test otherwise. */
function programFromSource(): string[] {
  const run = ["run", "--config", `${PROJECT}/deno.json`, ...RUN_OPTIONS];
  return [Deno.execPath(), ...run, `${PROJECT}/cli.ts`];
}
