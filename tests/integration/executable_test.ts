/**
 * The executable: as it is made, and where users put it.
 * @module
 */

import assert from "node:assert/strict";
import { programCommand, PROJECT } from "../../tasks/program_command.ts";
import { librariesOf } from "../support/bare_root.ts";
import { makeConf } from "../support/confs.ts";
import { Docker } from "../support/dockerd.ts";
import { compileKit, executable } from "../support/executable.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const program = await executable();
const { hello, big } = await buildFixtures("hello", "big");
const docker = new Docker();
const [library = ""] = await librariesOf(program);

Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

Deno.test("a copy by another name, and a link to it, are the same program, also in a script", async () => {
  await using scratch = new Scratch();
  const [copy, link] = [`${scratch.path}/other name`, `${scratch.path}/bin/nix-image`];
  await Deno.copyFile(program, copy);
  await Deno.mkdir(`${scratch.path}/bin`);
  await Deno.symlink(copy, link);
  const env = { ...docker.env, XDG_CACHE_HOME: `${scratch.path}/cache` };
  for (const [index, path] of [program, copy, link].entries()) {
    const spec = scratch.spec({ name: `captured-${index}`, tag: "1", contents: [hello] });
    // As nixpkgs documents it.
    const line = '$("$1" stream "$2") | docker load';
    const loaded = await succeed(["sh", "-c", line, "sh", path, spec], { env });
    assert.match(loaded, new RegExp(`Loaded image: captured-${index}:1`));
  }
  const left = [...Deno.readDirSync(`${scratch.path}/bin`)].map(({ name }) => name);
  assert.deepEqual(left, ["nix-image"]);
});

Deno.test("what it is started by loads no code: neither its directory, nor TMPDIR, nor a deno.json", async () => {
  await using scratch = new Scratch();
  const { path } = scratch;
  for (const name of ["deno.json", "package.json", "deno.lock"]) {
    await Deno.writeTextFile(`${path}/${name}`, "{ broken");
  }
  await Deno.writeTextFile(`${path}/cli.js`, "console.log('loaded')");
  const options = { cwd: path, env: { TMPDIR: path, HOME: path } };
  const before = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  const { code, stderr, text } = await runCommand([program, "schema"], options);
  assert.deepEqual([code, stderr, text], [0, "", (await nixImage(["schema"])).text]);
  assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name).sort(), before);
});

Deno.test("threads compress where there is no pigz, and the layers of an OCI layout", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "threads", tag: "1", contents: [big] });
  const [gzip, oci] = [`${scratch.path}/image.tar.gz`, `${scratch.path}/oci`];
  const bin = await Deno.makeTempDir({ dir: scratch.path });
  await Deno.symlink(
    (await succeed(["sh", "-c", "command -v nix-store"])).trim(),
    `${bin}/nix-store`,
  );
  for (const words of [["-o", gzip], ["--format", "oci", "-o", oci]]) {
    const { code, stderr } = await runCommand([program, "build", spec, "--quiet", ...words], {
      env: { PATH: bin },
    });
    assert.deepEqual([code, stderr], [0, ""]);
  }
  const tar = `${scratch.path}/image.tar`;
  assert.equal((await nixImage(["stream", spec], { stdoutFile: tar })).code, 0);
  await succeed(["sh", "-c", 'gzip -dc "$1" | cmp - "$2"', "sh", gzip, tar]);
  const inspect = ["skopeo", "inspect", "--config"];
  assert.deepEqual(
    JSON.parse(await succeed([...inspect, `oci:${oci}:1`])),
    JSON.parse(await succeed([...inspect, `docker-archive:${tar}`])),
  );
  await succeed(["umoci", "stat", "--image", `${oci}:1`]);
});

Deno.test("a thread reads the digests of a conf.json's layers ahead", async () => {
  await using scratch = new Scratch();
  const { path: root } = scratch;
  const conf = makeConf(root);
  const large = "/nix/store/1123456789abcdfghijklmnpqrsvwxyz-large";
  await Deno.writeFile(root + large, new Uint8Array(8 << 20));
  const layers = [[large], ...conf.store_layers as string[][]];
  const file = scratch.spec({ ...conf, store_layers: layers });
  const stream = ["stream", "--store-root", root, "--quiet", file];
  const child = new Deno.Command(program, { args: stream, stdin: "null", stdout: "piped" }).spawn();
  // Nobody takes the first layer yet, so that all else waits.
  let threads: string[] = [];
  for (let tries = 0; tries < 200 && !threads.some((name) => name.startsWith("worker-")); tries++) {
    await new Promise((done) => setTimeout(done, 20));
    threads = [...Deno.readDirSync(`/proc/${child.pid}/task`)].map(({ name }) =>
      Deno.readTextFileSync(`/proc/${child.pid}/task/${name}/comm`)
    );
  }
  assert.ok(threads.some((name) => name.startsWith("worker-")), threads.join(""));
  const [bytes, { code }] = [await new Response(child.stdout).bytes(), await child.status];
  assert.equal(code, 0);
  const { stdout } = await nixImage(stream);
  assert.ok(bytes.length === stdout.length && bytes.every((byte, n) => byte === stdout[n]));
});

for (
  const [variable, value] of [
    ["LD_LIBRARY_PATH", "/nix/store/none/lib:/usr/lib"],
    ["LD_PRELOAD", library],
    ["LD_BIND_NOW", "1"],
    ["LD_RUN_PATH", "/usr/lib"],
    ["LD_DEBUG_OUTPUT", "/nowhere/x"],
  ] as const
) {
  Deno.test(`an inherited ${variable} keeps no program from being started`, async () => {
    await using scratch = new Scratch();
    const fields = { contents: [hello], extraCommands: "echo ${LD_LIBRARY_PATH-none} >file" };
    const spec = scratch.spec({ name: "loader", tag: "1", ...fields });
    const build = ["build", spec, "--quiet", "-o"];
    const [with_, without] = [`${scratch.path}/with.tar.gz`, `${scratch.path}/without.tar.gz`];
    const env = { [variable]: value };
    const { code, stderr } = await runCommand([program, ...build, with_], { env });
    assert.deepEqual([code, stderr], [0, ""]);
    await succeed([program, ...build, without]);
    await succeed(["cmp", with_, without]);
  });
}

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} ends a stream and a build, and nothing stays behind`, async () => {
    await using scratch = new Scratch();
    const names = () => [...Deno.readDirSync(output)].map(({ name }) => name);
    const output = `${scratch.path}/output`;
    await Deno.mkdir(output);
    const commands = { extraCommands: "echo ready; sleep 100" };
    const spec = scratch.spec({ name: "ended", contents: [big], ...commands });
    for (const words of [["stream"], ["build", "-o", `${output}/image`]]) {
      const child = new Deno.Command(program, {
        args: [...words, spec],
        env: { TMPDIR: output },
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; !text.includes("ready");) {
        text += (await reader.read()).value ?? assert.fail(text);
      }
      assert.notDeepEqual(names(), []);
      child.kill(signal);
      await reader.cancel();
      assert.equal((await child.status).code, status);
      assert.deepEqual(names(), []);
    }
  });
}

Deno.test("programs that run on another Deno see that its work directory is in use", async () => {
  await using scratch = new Scratch();
  const fifo = `${scratch.path}/fifo`;
  await succeed(["mkfifo", fifo]);
  const spec = scratch.spec({
    name: "first",
    contents: [hello],
    extraCommands: `read -r go <${fifo}`,
  });
  const env = { TMPDIR: scratch.path };
  const first = runCommand([program, "stream", spec], { env });
  while (![...Deno.readDirSync(scratch.path)].some(({ name }) => name.startsWith("nix-image-"))) {
    await new Promise((done) => setTimeout(done, 20));
  }
  // These remove what they take for left behind.
  const other = scratch.spec({ name: "other", contents: [hello], extraCommands: "mkdir new" });
  for (const command of [programCommand(), [program]]) {
    const { code, stderr } = await runCommand([...command, "stream", other], { env });
    assert.equal(code, 0, stderr);
  }
  using opened = await Deno.open(fifo, { read: true, write: true });
  await opened.write(new TextEncoder().encode("on\n"));
  const { code, stderr } = await first;
  assert.equal(code, 0, stderr);
});

Deno.test("Ctrl-C on a terminal ends a stream that nobody reads, quietly", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "ended", contents: [big] });
  const line = `'${program}' stream ${spec} 2>/dev/null | sleep 100`;
  const script = `import os, pty, signal, sys, time
pid, fd = pty.fork()
if pid == 0: os.execvp("sh", ["sh", "-c", sys.argv[1]])
time.sleep(1)
os.write(fd, b"\\x03")
printed = b""
try:
    while part := os.read(fd, 1000): printed += part
except OSError: pass
_, status = os.waitpid(pid, 0)
print(repr(printed), os.waitstatus_to_exitcode(status))`;
  const printed = await succeed(["python3", "-c", script, line]);
  assert.equal(printed.trim(), "b'^C' -2");
  await assert.rejects(succeed(["pgrep", "-f", spec]));
});

Deno.test("fewer permissions do for a stream, as docs/permissions.md has it", async () => {
  await using scratch = new Scratch();
  const page = await Deno.readTextFile(`${PROJECT}/docs/permissions.md`);
  const section = page.split("\n## Fewer still\n")[1] ?? "";
  const lines = [...section.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = ""]) =>
    block.trim().split("\n")
  );
  assert.equal(lines.length, 3);
  const { path } = scratch;
  for (const name of ["cli.ts", "deno.json", "deno.lock", "src"]) {
    await Deno.symlink(`${PROJECT}/${name}`, `${path}/${name}`);
  }
  await Deno.mkdir(`${path}/bin`);
  await Deno.symlink(program, `${path}/bin/nix-image`);
  await Deno.symlink(Deno.execPath(), `${path}/bin/deno`);
  await Deno.writeTextFile(`${path}/spec.json`, JSON.stringify({ name: "few", contents: [hello] }));
  const pathInfo = ["nix", "--extra-experimental-features", "nix-command", "path-info"];
  await Deno.writeTextFile(
    `${path}/graph.json`,
    await succeed([...pathInfo, "--json", "--recursive", hello]),
  );
  const env = { PATH: `${path}/bin:${Deno.env.get("PATH")}` };
  const sum = await succeed(["sh", "-c", "nix-image stream --quiet spec.json | sha256sum"], {
    cwd: path,
    env,
  });
  for (const line of lines) {
    const script = `{ ${line}\n} | sha256sum`;
    assert.equal(
      await succeed(["bash", "-ceo", "pipefail", script], { cwd: path, env }),
      sum,
      line,
    );
  }
});

Deno.test("it is at most 3 MiB larger than an empty program", async () => {
  await using scratch = new Scratch();

  const kit = await compileKit();
  await Deno.writeTextFile(`${scratch.path}/empty.js`, "");
  const options = ["--quiet", "--no-config", "--no-code-cache", "--output", "empty", "empty.js"];
  await succeed([kit.deno, "compile", ...options], { cwd: scratch.path, env: kit.env });
  const more = (await Deno.stat(program)).size - (await Deno.stat(`${scratch.path}/empty`)).size;
  assert.ok(more > 0 && more <= 3 << 20, `${more} bytes`);
});
