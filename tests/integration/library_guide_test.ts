/**
 * docs/library.md: each of its programs is run as a user of the package would, with the permissions
 * that its first line gives and no others.
 * @module
 */

import assert from "node:assert/strict";
import { PROJECT } from "../../tasks/program_command.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { runCommand, type RunResult, succeed } from "../support/program.ts";
import { freePort, htpasswdLine, startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";

/** A program of the guide. */
interface GuideProgram {
  readonly permissions: readonly string[];
  readonly text: string;
}

const guide = await Deno.readTextFile(`${PROJECT}/docs/library.md`);
const programs = new Map<string, GuideProgram>();
for (const [, text = ""] of guide.matchAll(/^```ts\n(.*?)^```$/gms)) {
  const [, permissions = "", name] = /^\/\/ deno run (.*) (\w+\.ts)\n/.exec(text) ?? [];
  assert.ok(name, `a program says how it is run: ${text.slice(0, 100)}`);
  assert.ok(!programs.has(name), `two programs are called ${name}`);
  programs.set(name, { permissions: permissions.split(" "), text });
}

const { hello } = await buildFixtures("hello");
const docker = new Docker();
const scratch = new Scratch();
const ran = new Set<string>();

Deno.test.beforeAll(async () => {
  await docker.start();
  const write = (name: string, value: unknown) =>
    Deno.writeTextFile(`${scratch.path}/${name}`, JSON.stringify(value));
  const [, config = ""] = /^```json\n(.*?)^```$/ms.exec(guide) ?? [];
  await write("deno.json", { ...JSON.parse(config), links: [PROJECT] });
  for (const [name, { text }] of programs) {
    await Deno.writeTextFile(`${scratch.path}/${name}`, text);
  }
  await Deno.symlink(hello, `${scratch.path}/result`);
  await write("spec.json", {
    name: "hello",
    tag: "guide",
    contents: ["./result"],
    config: { Cmd: ["hello"], Env: ["PATH=/bin"] },
  });
  const graph = ["nix", "--extra-experimental-features", "nix-command", "path-info"];
  const json = await succeed([...graph, "--json", "--recursive", hello]);
  await Deno.writeTextFile(`${scratch.path}/graph.json`, json);
});
Deno.test.afterAll(async () => {
  await docker.stop();
  await scratch[Symbol.asyncDispose]();
});

/** The words that run a program, in which `changes` stand for what a machine of tests has not. */
async function commandOf(
  name: string,
  changes: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const program = programs.get(name);
  assert.ok(program, `the guide has ${name}`);
  ran.add(name);
  const changed = (text: string) =>
    Object.entries(changes).reduce((done, [from, to]) => {
      assert.ok(program.text.includes(from), `${name} has ${from}`);
      return done.replaceAll(from, to);
    }, text);
  await Deno.writeTextFile(`${scratch.path}/${name}`, changed(program.text));
  const permissions = program.permissions.map(changed);
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check", ...permissions, name];
}

async function tryProgram(name: string, changes?: Record<string, string>): Promise<RunResult> {
  return await runCommand(await commandOf(name, changes), {
    cwd: scratch.path,
    env: docker.env,
  });
}

async function run(name: string, changes?: Record<string, string>): Promise<string> {
  const { code, text, stderr } = await tryProgram(name, changes);
  assert.equal(code, 0, `${name}: ${stderr}`);
  return text;
}

Deno.test("the programs of the guide have the right types", async () => {
  const { code, stderr } = await runCommand(
    [Deno.execPath(), "check", "--quiet", ...programs.keys()],
    { cwd: scratch.path },
  );
  assert.equal(code, 0, stderr);
});

Deno.test("guide: a spec to a file, what is in it, and further images", async () => {
  const closure = await closureOf(hello);
  const layers = closure.length + 1;
  const size = /^hello:guide: (\d+) layers, (\d+) bytes\n$/.exec(await run("file.ts"));
  assert.equal(Number(size?.[1]), layers);
  assert.equal(Number(size?.[2]), (await Deno.stat(`${scratch.path}/image.tar`)).size);

  const inspected = await run("inspect.ts");
  assert.match(inspected, /^hello:guide for linux\/amd64: \d+ bytes\n/);
  for (const path of closure) assert.ok(inspected.includes(path));
  assert.ok(inspected.includes(`/bin/hello -> ${hello}/bin/hello\n`));

  await run("base.ts");
  assert.match(await run("both.ts"), /^2 images in \d+ bytes\n$/);
  const names = await succeed(["tar", "-tf", `${scratch.path}/rootfs.tar`]);
  assert.ok(names.includes(`.${hello}/bin/hello\n`));
  const raw = await succeed([
    "skopeo",
    "inspect",
    "--format={{.Layers | len}}",
    `oci-archive:${scratch.path}/both.oci:1.0`,
  ]);
  assert.equal(Number(raw), layers + 1);
});

Deno.test("guide: in answer to a request", async () => {
  const port = `${freePort()}`;
  const [program = "", ...args] = await commandOf("serve.ts", { "8080": port });
  const child = new Deno.Command(program, { args, cwd: scratch.path, stdout: "null" }).spawn();
  try {
    const script = "set -o pipefail; curl -s --retry 20 --retry-connrefused --retry-delay 1 " +
      '"http://127.0.0.1:$1/served" | docker load';
    const loaded = await succeed(["bash", "-c", script, "bash", port], { env: docker.env });
    assert.match(loaded, /^Loaded image: served:/m);
    const wrong = await fetch(`http://127.0.0.1:${port}/Not:A:Name`);
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /^spec: name: /);
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
});

Deno.test("guide: to Docker, and without what it has", async () => {
  assert.equal(await run("load.ts"), "Loaded image: hello:guide\n");
  assert.equal(await docker.run("hello:guide"), "Hello, world!\n");
  const { length } = await closureOf(hello);
  assert.equal(await run("update.ts"), `hello:guide: 0 of ${length + 1} layers sent\n`);
});

Deno.test("guide: to a registry, with progress", async () => {
  const users = `${scratch.path}/users`;
  await Deno.writeTextFile(users, await htpasswdLine("guide", "secret"));
  await using registry = await startRegistry({ htpasswd: users });
  await Deno.mkdir(`${scratch.path}/docker-config`);
  const auths = { [registry.host]: { auth: btoa("guide:secret") } };
  await Deno.writeTextFile(`${scratch.path}/docker-config/config.json`, JSON.stringify({ auths }));
  const layers = (await closureOf(hello)).length + 1;
  const first = await run("push.ts", { "localhost:5000": registry.host });
  assert.match(first, /^layer 1: sending \? bytes$/m);
  const [, digest = ""] =
    new RegExp(`^(sha256:\\S+): ${layers + 1} blobs sent, `, "m").exec(first) ??
      [];
  const stored = await succeed([
    "skopeo",
    "inspect",
    "--tls-verify=false",
    "--creds=guide:secret",
    "--format={{.Digest}}",
    `docker://${registry.host}/team/hello:1.0`,
  ]);
  assert.equal(stored.trim(), digest);
  const second = await run("push.ts", { "localhost:5000": registry.host });
  assert.match(second, /: 0 blobs sent, /);
  assert.doesNotMatch(second, /sending/);
});

Deno.test("the README's program streams an image, and is that of mod.ts", async () => {
  const readme = await Deno.readTextFile(`${PROJECT}/README.md`);
  const [, text = ""] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
  await Deno.writeTextFile(`${scratch.path}/readme.ts`, text);
  const permissions = ["--no-prompt", "--allow-read", "--allow-run=nix-store"];
  const script = 'set -o pipefail; "$@" | tar -tf - | tail -n 1';
  const deno = [Deno.execPath(), "run", "--quiet", "--no-check", ...permissions, "readme.ts"];
  const last = await succeed(["bash", "-c", script, "bash", ...deno], { cwd: scratch.path });
  assert.equal(last, "manifest.json\n");
  const library = await Deno.readTextFile(`${PROJECT}/mod.ts`);
  const [, example = ""] = /^ \* ```ts ignore\n(.*?)^ \* ```$/ms.exec(library) ?? [];
  const plain = (code: string) => code.replaceAll(/^ \* ?/gm, "").replaceAll(/[\s,]/g, "");
  assert.equal(plain(example), plain(text));
});

Deno.test("guide: a closure to layers", async () => {
  const lines = (await run("layers.ts")).trim().split("\n");
  assert.equal(lines.pop(), "true");
  const counts = lines.map((line) => Number.parseInt(line));
  assert.equal(counts.reduce((a, b) => a + b), (await closureOf(hello)).length);
});

Deno.test("guide: own layers", async () => {
  await Deno.mkdir(`${scratch.path}/etc`);
  await Deno.writeTextFile(`${scratch.path}/etc/motd`, "welcome\n");
  await succeed(["tar", "-C", scratch.path, "-cf", `${scratch.path}/files.tar`, "etc/motd"]);
  assert.equal(await run("own.ts"), "0\n");
  const loaded = await docker.docker("load", "--input", `${scratch.path}/own.tar`);
  assert.equal(loaded, "Loaded image: own:1.0\n");
  assert.ok((await docker.exportedNames("own:1.0")).includes("etc/motd"));
});

Deno.test("guide: ending early", async () => {
  const { code, text } = await tryProgram("abort.ts");
  assert.equal(code, 1);
  assert.match(text, /^That is enough, after \d+ bytes\n$/);
  const left = Array.from(Deno.readDirSync(scratch.path), ({ name }) => name);
  assert.deepEqual(left.filter((name) => name.includes("aborted")), []);
});

Deno.test("all programs of the guide were run", () => {
  assert.deepEqual([...ran].sort(), [...programs.keys()].sort());
});
