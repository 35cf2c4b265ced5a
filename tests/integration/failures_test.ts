/**
 * What goes wrong while an image is streamed, and what the user and the consumer see of it.
 * @module
 */

import assert from "node:assert/strict";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const { big, hello } = await buildFixtures("big", "hello");

Deno.test("stream ends quietly with a failure when its consumer goes away", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "big", contents: [big] });
  const script = '"$@" | head -c 1000 | wc -c; exit "${PIPESTATUS[0]}"';
  const stream = [...nixImageCommand(), "stream", "--quiet", spec];
  const { code, text, stderr } = await runCommand(["bash", "-c", script, "bash", ...stream]);
  assert.equal(text.trim(), "1000");
  assert.notEqual(code, 0);
  assert.equal(stderr, "");
});

Deno.test("stream fails with a message when the disk is full", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "hello", contents: [hello] });
  const { code, stderr } = await nixImage(["stream", spec], { stdoutFile: "/dev/full" });
  assert.equal(code, 1);
  assert.match(stderr, /No space left on device/);
  assert.doesNotMatch(stderr, /defect|\n\s+at /);
});

Deno.test("stream refuses a terminal, and says how to redirect", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "hello", contents: [hello] });
  const line = [...nixImageCommand(), "stream", spec].map((word) => `'${word}'`).join(" ");
  const { code, text } = await runCommand(["script", "-qec", line, "/dev/null"]);
  assert.equal(code, 2);
  assert.match(text, /nix-image stream spec\.json \| docker load/);
});

Deno.test("stream writes every byte to a pipe that does not block", async () => {
  await using scratch = new Scratch();
  const stream = [...nixImageCommand(), "stream", scratch.spec({ name: "big", contents: [big] })];
  const plain = await succeed(["bash", "-c", '"$@" | sha256sum', "bash", ...stream]);
  const { code, text, stderr } = await runCommand(["python3", "-c", NON_BLOCKING, ...stream]);
  assert.equal(code, 0, stderr);
  assert.equal(text.trim(), plain.slice(0, 64));
});

const NON_BLOCKING = `
import hashlib, os, subprocess, sys, time
read, write = os.pipe()
os.set_blocking(write, False)
child = subprocess.Popen(sys.argv[1:], stdout=write)
os.close(write)
digest = hashlib.sha256()
time.sleep(1)
while data := os.read(read, 1 << 20):
    digest.update(data)
print(digest.hexdigest())
sys.exit(child.wait())
`;

Deno.test("a wrong spec ends with status 2 and a line for each mistake", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: 5, content: [], maxLayers: 1, created: "yesterday" });
  for (const command of ["stream", "plan"]) {
    const { code, stdout, stderr } = await nixImage([command, spec]);
    assert.equal(code, 2);
    assert.equal(stdout.length, 0);
    assert.ok(stderr.includes(spec), stderr);
    for (
      const pattern of [/: name: .*5/, /: content: .*contents/, /: maxLayers: .*2/, /: created: /]
    ) {
      assert.ok(stderr.split("\n").some((line) => pattern.test(line)), `${pattern} in ${stderr}`);
    }
  }
});

Deno.test("a spec that is not there or no JSON ends with status 2 and its name", async () => {
  await using scratch = new Scratch();
  const broken = `${scratch.path}/broken.json`;
  await Deno.writeTextFile(broken, '{"name": ');
  for (const spec of [broken, `${scratch.path}/missing.json`]) {
    const { code, stdout, stderr } = await nixImage(["stream", spec]);
    assert.equal(code, 2, stderr);
    assert.equal(stdout.length, 0);
    assert.ok(stderr.includes(spec), stderr);
  }
});

const SIZE = 32 << 20;
/** Less than the program and a pipe buffer at any time, so that the files after it are unread. */
const FIRST = "a-large-file";
const SECOND = "b-file";

for (
  const [what, change, culprit] of [
    ["grows", (file) => Deno.writeTextFile(file(SECOND), "more", { append: true }), SECOND],
    ["shrinks", (file) => Deno.truncate(file(SECOND), 1), SECOND],
    ["shrinks while it is read", (file) => Deno.truncate(file(FIRST), SIZE - 4096), FIRST],
    ["disappears", (file) => Deno.remove(file(SECOND)), SECOND],
    ["becomes unreadable", (file) => Deno.chmod(file(SECOND), 0), SECOND],
  ] as readonly (readonly [string, (file: (name: string) => string) => Promise<void>, string])[]
) {
  Deno.test(`stream aborts and names a file that ${what}, and no image is loaded`, async () => {
    await using scratch = new Scratch();
    const path = await addPath(scratch);
    const spec = scratch.spec({ name: "changed", tag: "latest", contents: [path] });
    const archive = `${scratch.path}/image.tar`;
    const { code, stderr } = await streamAndChange(
      ["stream", spec, "--store-root", scratch.path],
      archive,
      () => change((name) => `${scratch.path}${path}/${name}`),
    );
    assert.equal(code, 1, stderr);
    assert.ok(stderr.includes(`${path}/${culprit}`), stderr);
    assert.doesNotMatch(stderr, /defect|\n\s+at /);
    assert.notEqual((await docker.tryDocker("load", "--input", archive)).code, 0);
    assert.notEqual((await docker.tryDocker("image", "inspect", "changed:latest")).code, 0);
  });
}

async function addPath(scratch: Scratch): Promise<string> {
  const tree = `${scratch.path}/tree`;
  await Deno.mkdir(tree);
  await Deno.writeFile(`${tree}/${FIRST}`, new Uint8Array(SIZE));
  await Deno.writeTextFile(`${tree}/${SECOND}`, "content");
  const env = { ...nixEnvironment(), NIX_REMOTE: `local?root=${scratch.path}` };
  return (await succeed(["nix-store", "--add", tree], { env })).trim();
}

/** Streams to a file, and makes the change once the first bytes have come. */
async function streamAndChange(
  args: readonly string[],
  archive: string,
  change: () => Promise<void>,
): Promise<{ code: number; stderr: string }> {
  // Root may read everything; without these capabilities it is held to the mode of a file.
  const held = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
  const [program = "", ...rest] = [...held, ...nixImageCommand(), ...args];
  const child = new Deno.Command(program, { args: rest, stdout: "piped", stderr: "piped" }).spawn();
  const stderr = new Response(child.stderr).text();
  using file = await Deno.open(archive, { write: true, create: true });
  let changed = false;
  for await (const chunk of child.stdout) {
    if (!changed) await change();
    changed = true;
    await file.write(chunk);
  }
  return { code: (await child.status).code, stderr: await stderr };
}
