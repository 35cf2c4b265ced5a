import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ImageError } from "../../src/errors.ts";
import { WorkDirectory } from "../../src/disk/work_directory.ts";
import { inDirectory } from "../support/directories.ts";

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

Deno.test("WorkDirectory is private and gone afterwards with all that is in it", async () => {
  await inDirectory(async (tmpdir) => {
    {
      await using work = await WorkDirectory.create(tmpdir);
      assert.equal(work.path, `${tmpdir}/${namesIn(tmpdir).join()}`);
      assert.match(work.path, /\/nix-image-[0-9a-f]{16}$/);
      assert.equal((Deno.statSync(work.path).mode ?? 0) & 0o7777, 0o700);
      await Deno.mkdir(`${work.path}/a/b`, { recursive: true });
      await Deno.writeTextFile(`${work.path}/a/b/file`, "");
      await Deno.symlink(tmpdir, `${work.path}/a/link`);
    }
    assert.deepEqual(namesIn(tmpdir), []);
  });
});

Deno.test("WorkDirectory removes what was left by programs that were killed, and nothing else", async () => {
  await inDirectory(async (tmpdir) => {
    const left = "nix-image-0123456789abcdef";
    await Deno.mkdir(`${tmpdir}/${left}/a`, { recursive: true });
    // Root may find another user's.
    const foreign = "nix-image-bbbbbbbbbbbbbbbb";
    await Deno.mkdir(`${tmpdir}/${foreign}`);
    if (Deno.uid() === 0) await Deno.chown(`${tmpdir}/${foreign}`, 65534, 65534);
    else await Deno.remove(`${tmpdir}/${foreign}`);
    const others = ["nix-image-test-0123456789abcdef", "nix-image-0123456789abcde", "others"];
    for (const name of others) await Deno.mkdir(`${tmpdir}/${name}`);
    await Deno.symlink("others", `${tmpdir}/nix-image-aaaaaaaaaaaaaaaa`);
    await using living = await WorkDirectory.create(tmpdir);
    const name = living.path.slice(tmpdir.length + 1);
    if (Deno.uid() === 0) others.push(foreign);
    const expected = [...others, "nix-image-aaaaaaaaaaaaaaaa", name].sort();
    assert.deepEqual(namesIn(tmpdir), expected);
    {
      await using _second = await WorkDirectory.create(tmpdir);
    }
    assert.deepEqual(namesIn(tmpdir), expected, "the living one is still there");
  });
});

Deno.test("WorkDirectory says where it could not be made", async () => {
  await inDirectory(async (tmpdir) => {
    const missing = `${tmpdir}/missing`;
    await assert.rejects(WorkDirectory.create(missing), (error) => {
      assert.ok(error instanceof ImageError);
      assert.ok(error.message.startsWith(`Cannot make a work directory in ${missing} (set TMPDIR`));
      return true;
    });
  });
});

/** Starts a program that has two, held to the modes of files even if it is root's. */
async function startProbe(tmpdir: string) {
  const probe = fileURLToPath(new URL("../support/work_directory_probe.ts", import.meta.url));
  const permissions = ["--allow-read", "--allow-write", "--allow-env=TMPDIR", "--allow-run=sh"];
  const held = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
  const [program = "", ...args] = [
    ...Deno.uid() === 0 ? held : [],
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check", ...permissions, probe],
  ];
  const child = new Deno.Command(program, {
    args,
    env: { TMPDIR: tmpdir },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let printed = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (printed.split("\n").length < 3) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The probe has ended");
    printed += value;
  }
  const [first = "", second = ""] = printed.split("\n");
  const end = async (signal: Deno.Signal) => {
    child.kill(signal);
    await reader.cancel();
    return await child.status;
  };
  return { first, second, end };
}

for (const [signal, status] of [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} ends the program with status ${status} and removes all work directories, unwritable ones too`, async () => {
    await inDirectory(async (tmpdir) => {
      const probe = await startProbe(tmpdir);
      assert.equal(namesIn(tmpdir).length, 2);
      assert.equal((await probe.end(signal)).code, status);
      assert.deepEqual(namesIn(tmpdir), []);
    });
  });
}

Deno.test("work directories of a running program stay, those of one killed by SIGKILL go", async () => {
  await inDirectory(async (tmpdir) => {
    const [killed, running] = [await startProbe(tmpdir), await startProbe(tmpdir)];
    await killed.end("SIGKILL");
    assert.equal(namesIn(tmpdir).length, 4);
    {
      await using _work = await WorkDirectory.create(tmpdir);
    }
    const left = namesIn(tmpdir).map((name) => `${tmpdir}/${name}`);
    assert.deepEqual(left, [running.first, running.second].sort());
    await running.end("SIGTERM");
  });
});
