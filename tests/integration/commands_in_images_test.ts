/**
 * A spec's commands through the program: what they print, how they fail, what becomes of it.
 * @module
 */

import assert from "node:assert/strict";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const { big, message } = await buildFixtures("big", "message");
const VERBS = ["stream", "build", "layer", "plan"];

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

function outputOf(verb: string, file: string): string[] {
  return verb === "build" || verb === "layer" ? ["-o", file] : [];
}

for (const field of ["extraCommands", "fakeRootCommands"]) {
  Deno.test(`${field} that fail are told with status, line and output, with --quiet too`, async () => {
    await using scratch = new Scratch();
    await Deno.mkdir(`${scratch.path}/temporary`);
    const spec = scratch.spec({
      name: "failing",
      [field]: "echo to the output\necho to the errors >&2\n(exit 7)\necho too far",
    });
    const env = { TMPDIR: `${scratch.path}/temporary` };
    for (const verb of VERBS) {
      for (const quiet of [[], ["--quiet"]]) {
        const to = outputOf(verb, `${scratch.path}/output`);
        const { code, text, stderr } = await nixImage([verb, spec, ...to, ...quiet], { env });
        assert.deepEqual([code, text], [1, ""], verb);
        const output = "to the output\nto the errors\n";
        const error = `nix-image: ${field} failed with exit status 7 at line 3: (exit 7)\n`;
        // What was shown while they ran is not shown again.
        const expected = quiet.length > 0
          ? error + "  to the output\n  to the errors\n"
          : output + error;
        assert.equal(stderr, expected, verb);
        assert.ok(!namesIn(scratch.path).includes("output"));
      }
    }
    assert.deepEqual(namesIn(env.TMPDIR), []);
  });
}

Deno.test("what commands print goes to standard error while they run, and is no part of the image", async () => {
  await using scratch = new Scratch();
  const told = `${scratch.path}/told`;
  // The command ends when its first line has come out.
  const spec = scratch.spec({
    name: "talking",
    extraCommands: `echo begun; until [ -e ${told} ]; do sleep 0.02; done; echo ended >&2`,
  });
  const [program = "", ...args] = [...nixImageCommand(), "stream", spec];
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = new Response(child.stdout).bytes();
  let text = "";
  for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("begun\n")) await Deno.writeTextFile(told, "");
  }
  assert.equal((await child.status).code, 0, text);
  assert.match(text, /^begun\nended\n/);
  const quiet = await nixImage(["stream", "--quiet", spec]);
  assert.equal(quiet.stderr, "");
  assert.deepEqual(quiet.stdout, await stdout);
});

Deno.test("plan runs the commands, and tells contents and size of the top layer", async () => {
  await using scratch = new Scratch();
  for (const type of ["layered", "single"]) {
    const spec = scratch.spec({
      type,
      name: "planned",
      tag: "latest",
      [type === "single" ? "copyToRoot" : "contents"]: [big],
      extraCommands: `echo made; head -c 100000 /dev/zero >zeros; cat ${message} >text; ` +
        `ln -s ${message} link`,
    });
    const { code, text, stderr } = await nixImage(["plan", "--json", spec]);
    assert.deepEqual([code, stderr], [0, "made\n"]);
    const plan = JSON.parse(text);
    assert.deepEqual(plan.topLayer.contents, [big]);
    assert.equal(plan.repoTag, "planned:latest");
    const paths = plan.layers.flatMap((layer: { paths: string[] }) => layer.paths);
    assert.ok(paths.includes(message), "the link's target");
    assert.equal(paths.includes(big), type === "layered");

    const table = await nixImage(["plan", spec]);
    assert.equal(table.code, 0, table.stderr);
    assert.match(table.text, /all that is not in the store +top layer/);
    assert.doesNotMatch(table.text, /^made$/m);

    // The layer has the same members, the store paths of a single image, and the archive's end.
    const layer = `${scratch.path}/${type}`;
    const written = await nixImage(["layer", spec, "-o", layer]);
    assert.deepEqual([written.code, written.text], [0, ""], written.stderr);
    assert.deepEqual(namesIn(layer), ["VERSION", "json", "layer.tar"]);
    const tar = `${layer}/layer.tar`;
    const members = (await succeed(["tar", "-tf", tar])).trim().split("\n");
    for (const name of ["./zeros", "./text", "./link"]) assert.ok(members.includes(name), name);
    assert.equal(members.includes(`.${message}`), type === "single");
    const rest = type === "single" ? await succeed(["tar", "-tvf", tar]) : "";
    const blocks = rest.split("\n").filter((line) => line.includes(" ./nix"))
      .reduce((sum, line) => sum + 512 + 512 * Math.ceil(Number(line.split(/ +/)[2]) / 512), 0);
    const end = Math.ceil((plan.topLayer.size + blocks + 1024) / 10240) * 10240;
    assert.equal((await Deno.stat(tar)).size, end);
  }
});

Deno.test("a file or directory in contents that can't be read is named, and nothing is left", async () => {
  await using scratch = new Scratch();
  await Deno.mkdir(`${scratch.path}/temporary`);
  await Deno.mkdir(`${scratch.path}/source/private`, { recursive: true });
  await Deno.writeTextFile(`${scratch.path}/source/secret`, "secret", { mode: 0 });
  await Deno.chmod(scratch.path, 0o755);
  await Deno.chmod(`${scratch.path}/temporary`, 0o777);
  const held = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
  const env = { TMPDIR: `${scratch.path}/temporary` };
  for (const [type, field] of [["layered", "contents"], ["single", "copyToRoot"]]) {
    for (
      const [name, mode] of [["secret", 0], ["private", 0]] as const
    ) {
      await Deno.chmod(`${scratch.path}/source/secret`, name === "secret" ? mode : 0o644);
      await Deno.chmod(`${scratch.path}/source/private`, name === "private" ? mode : 0o755);
      const spec = scratch.spec({
        type,
        name: "unreadable",
        [field as string]: ["source"],
        extraCommands: "echo not reached",
      });
      const command = [...held, ...nixImageCommand(), "stream", spec];
      const { code, text, stderr } = await runCommand(command, { env });
      assert.deepEqual([code, text], [1, ""], stderr);
      assert.match(stderr, new RegExp(`^nix-image: .*/source/${name}: Permission denied`));
      assert.doesNotMatch(stderr, /not reached|defect|\n\s+at /);
      assert.deepEqual(namesIn(env.TMPDIR), []);
    }
  }
});

Deno.test("a full TMPDIR is named, and nothing is left in it", async () => {
  await using scratch = new Scratch();
  const small = `${scratch.path}/small`;
  await Deno.mkdir(`${scratch.path}/source`);
  await Deno.mkdir(small);
  await Deno.writeFile(`${scratch.path}/source/zeros`, new Uint8Array(3 << 20));
  await succeed(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small]);
  try {
    const database = { includeNixDB: true, contents: [message] };
    const layered = { contents: ["source"] };
    const single = { type: "single", copyToRoot: ["source"] };
    for (
      const fields of [
        layered,
        single,
        // Commands, for which a copy is made; commands that write much themselves; and twice some.
        { ...single, extraCommands: "true" },
        { extraCommands: "head -c 3000000 /dev/zero >zeros" },
        { fakeRootCommands: "head -c 3000000 /dev/zero >zeros" },
        { fakeRootCommands: "head -c 700000 /dev/zero >zeros" },
        database,
      ]
    ) {
      // A database is small.
      if (fields === database) await succeed(["mount", "-o", "remount,size=48k", small]);
      const spec = scratch.spec({ name: "full", ...fields });
      const { code, text, stderr } = await nixImage(["stream", spec], { env: { TMPDIR: small } });
      const about = JSON.stringify(fields) + stderr;
      assert.deepEqual([code, text], [1, ""], about);
      assert.match(stderr, /No space left on device|disk is full/, about);
      assert.match(stderr, /TMPDIR says where temporary files go$/m, about);
      assert.doesNotMatch(stderr, /exit status (0|\D)/, about);
      assert.doesNotMatch(stderr, /defect|\n\s+at /, about);
      assert.deepEqual(namesIn(small), [], about);
    }
  } finally {
    await succeed(["umount", small]);
  }
});
