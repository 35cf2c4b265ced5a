/**
 * nixpkgs' own test scenarios for nix-shell images, numbered as there, with a real Docker daemon.
 * @module
 */

import assert from "node:assert/strict";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { Derivations } from "../support/derivations.ts";
import { Docker } from "../support/dockerd.ts";
import { nixImage, nixImageCommand, runCommand } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const derivations = await Derivations.prepare();

/** `nix-image shell DRV ARGS --stream | docker load`; gives the image's name. */
async function load(expression: string, ...args: string[]): Promise<string> {
  const drv = await derivations.instantiate(expression);
  const script = 'set -o pipefail; "$@" --stream | docker load';
  const { code, text, stderr } = await runCommand(
    ["bash", "-c", script, "bash", ...nixImageCommand(), "shell", drv, ...args],
    { env: { ...nixEnvironment(), ...docker.env } },
  );
  const loaded = /^Loaded image: (.*)$/m.exec(text)?.[1];
  assert.ok(code === 0 && loaded !== undefined, `Not loaded: ${text}${stderr}`);
  return loaded;
}

/** What the image's own command prints on a terminal, or does with input that is none. */
async function run(image: string, options: readonly string[] = [], ...command: string[]) {
  const args = ["run", "--rm", "--network=none", ...options, image, ...command];
  return (await docker.docker(...args)).replaceAll("\r\n", "\n");
}

/** What bash does with commands in the image's shell. */
async function inShell(image: string, commands: string): Promise<string> {
  const { Config: { Cmd } } = await docker.inspect(image);
  assert.equal(Cmd?.[1], "--rcfile");
  const [shell = "", , rc = ""] = Cmd;
  return await run(image, [], shell, "-c", `source ${rc}\n${commands}`);
}

Deno.test("scenario 54: the derivation is built in the container, and the result runs", async () => {
  const image = await load("hello", "--tag", "latest");
  assert.equal(image, "hello-1.0-env:latest");
  assert.equal(
    await inShell(image, "buildDerivation && $out/bin/hello-1.0"),
    "Hello, it's the world!\n",
  );
  // Also without a shell, as the container's command.
  assert.equal(
    await run(image, [], "bash", "-c", "buildDerivation && exec $out/bin/hello-1.0"),
    "Hello, it's the world!\n",
  );
});

Deno.test("scenario 54: what is built in the container is what Nix builds", async () => {
  const drv = await derivations.instantiate("hello");
  const realised = await runCommand(
    ["nix-store", "--realise", drv, "--option", "sandbox", "true"],
    { env: nixEnvironment() },
  );
  const out = realised.text.trim();
  assert.match(out, /^\/nix\/store\/.*-hello-1\.0$/, realised.stderr);
  const image = await load("hello", "--tag", "built");
  // It is in the store by now, and still has to be built in the container.
  const found = await run(
    image,
    [],
    "bash",
    "-c",
    `PATH=$PATH:${derivations.coreutils}/bin; test ! -e $out && buildDerivation && cat $out/bin/*; echo $out`,
  );
  assert.equal(found, `${await Deno.readTextFile(`${out}/bin/hello-1.0`)}${out}\n`);
});

Deno.test("scenario 55: the shell runs shellHook", async () => {
  const image = await load("hook");
  const output = await inShell(image, "echo $greeting");
  assert.equal(output, "This is the shell hook!\nhooked into shell-test\n");
});

Deno.test("scenario 56: the inputs are on the PATH", async () => {
  const image = await load("hook");
  assert.match(await inShell(image, "hello-1.0"), /^Hello, it's the world!$/m);
});

Deno.test("scenario 57: attributes in passAsFile are files, and their variables say which", async () => {
  const image = await load("passAsFile");
  const drv = await derivations.instantiate("hello");
  const { text } = await runCommand(["nix-store", "--query", "--outputs", drv]);
  assert.equal(
    await inShell(image, 'cat "$str1Path" "$str2Path" "$referencePath"; echo "[${str1-unset}]"'),
    `this is\na stringhello\n${text.trim()}/bin/hello-1.0[unset]\n`,
  );
  // What such a file mentions is in the image.
  assert.equal(await inShell(image, '"$(cat $referencePath)"'), "Hello, it's the world!\n");
  assert.equal(
    await inShell(image, "buildDerivation && cat $out"),
    `this is\na stringhello\n${text.trim()}/bin/hello-1.0`,
  );
});

Deno.test("scenario 58: run is carried out by a shell that is not interactive", async () => {
  const script = 'case "$-" in *i*) echo interactive;; *) echo "not interactive: $greeting";; esac';
  const image = await load("hook", "--run", script);
  const expected = "This is the shell hook!\nnot interactive: hooked into shell-test\n";
  assert.equal(await run(image), expected);
  assert.equal(await run(image, ["-t"]), expected);
});

Deno.test("scenario 59: command is carried out by an interactive shell", async () => {
  const script = 'case "$-" in *i*) echo "interactive: $greeting";; *) echo not interactive;; esac';
  const image = await load("hook", "--command", script);
  const output = await run(image, ["-t"]);
  assert.match(output, /^This is the shell hook!\n/m);
  assert.match(output, /^interactive: hooked into shell-test$/m);
});

Deno.test("scenario 60: the home directory is the user's, and can be written to", async () => {
  const script = 'echo "$HOME" ~nixbld ~; : > "$HOME/test-file" && echo written; ' +
    'stat --format="%u:%g" /build /nix/store "$HOME/test-file"';
  const image = await load("hook", "--run", script, "--uid", "1234", "--gid", "4321");
  assert.equal(
    await run(image),
    "This is the shell hook!\n/build /build /build\nwritten\n1234:4321\n1234:4321\n1234:4321\n",
  );
});

Deno.test("scenario 61: a home directory that is not /build is not made", async () => {
  const script = 'echo "$HOME" ~nixbld; if [ -e "$HOME" ]; then echo "it is there"; fi';
  const image = await load("hook", "--run", script, "--home-directory", "/homeless-shelter");
  assert.equal(
    await run(image),
    "This is the shell hook!\n/homeless-shelter /homeless-shelter\n",
  );
});

Deno.test("scenario 62: run builds the derivation, and the result runs", async () => {
  const image = await load("hello", "--run", "buildDerivation && $out/bin/hello-1.0");
  assert.equal(await run(image), "Hello, it's the world!\n");
  const failing = await load("hello", "--run", "exit 7");
  const { code } = await docker.tryDocker("run", "--rm", "--network=none", failing);
  assert.equal(code, 7);
});

Deno.test("the spec of a nix-shell image builds to what is streamed", async () => {
  await using scratch = new Scratch();
  const drv = await derivations.instantiate("hook");
  const name = "registry-1.docker.io/team/shell";
  const spec = `${scratch.path}/spec.json`;
  const args = ["shell", drv, "--name", name, "--quiet"];
  const { code, stderr } = await nixImage([...args, "--output", spec], { env: nixEnvironment() });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  const [built, streamed] = [
    await docker.build(scratch.path, spec),
    await load("hook", ...args.slice(2)),
  ];
  assert.equal(built, streamed);
  assert.match(built, /^registry-1\.docker\.io\/team\/shell:[0-9a-z]{32}$/);
});
