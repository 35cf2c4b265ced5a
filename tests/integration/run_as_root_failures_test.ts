/**
 * Scripts that run as root and fail, are too long in it, or can't start: each ends soon, says why, and
 * leaves nothing.
 * @module
 */

import assert from "node:assert/strict";
import { findProgram } from "../../tasks/programs.ts";
import { processesWith } from "../support/machines.ts";
import { nixImageCommand } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

/** What came of a build, and when it said what. */
interface Ended {
  readonly code: number;
  readonly stderr: string;
  /** In seconds. */
  readonly duration: number;
}

/** How a build is run. */
interface BuildOptions {
  readonly args?: readonly string[];
  readonly path?: string;
  /** Told what it says, as it comes. */
  readonly onText?: (text: string, child: Deno.ChildProcess) => void;
}

const TCG = ["--accel", "tcg"];

/** Builds an image, which fails, and checks that nothing is left. */
async function failingBuild(
  spec: Record<string, unknown>,
  { args = TCG, path, onText }: BuildOptions = {},
): Promise<Ended> {
  await using scratch = new Scratch();
  const TMPDIR = `${scratch.path}/tmp`;
  await Deno.mkdir(TMPDIR);
  const file = scratch.spec({ name: "fails", type: "single", ...spec });
  const [program = "", ...options] = [...nixImageCommand(), "build", file, ...args];
  const start = performance.now();
  const child = new Deno.Command(program, {
    args: [...options, "-o", `${scratch.path}/image`],
    env: {
      TMPDIR,
      XDG_CACHE_HOME: `${scratch.path}/cache`,
      ...path === undefined ? {} : { PATH: path },
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let stderr = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    onText?.(text, child);
  }
  const { code } = await child.status;
  assert.deepEqual([...Deno.readDirSync(TMPDIR)], [], "nothing is left");
  const names = [...Deno.readDirSync(scratch.path)].map(({ name }) => name);
  assert.ok(!names.some((name) => name.includes("image")), names.join(" "));
  assert.deepEqual(processesWith(TMPDIR), []);
  return { code, stderr, duration: (performance.now() - start) / 1000 };
}

Deno.test("a script's output is shown while it runs, and its failure with status, line and text", async () => {
  const script = "echo first\nsleep 3\nprintf 'second\\n\\nthird' >&2\n(exit 3)\necho not reached";
  let first = 0, last = 0;
  const onText = (text: string) => {
    if (text.includes("runAsRoot: first\n")) first = performance.now();
    last = performance.now();
  };
  const { code, stderr } = await failingBuild({ runAsRoot: script }, { onText });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "runAsRoot: first\nrunAsRoot: second\nrunAsRoot: \nrunAsRoot: third\n" +
      "nix-image: runAsRoot failed with exit status 3 at line 4: (exit 3)\n",
  );
  assert.ok(last - first > 2500, `${last - first} ms`);
});

Deno.test("under --quiet the end of a script's output is in the error, as for a later script that does not parse", async () => {
  const spec = {
    runAsRoot: "echo from root",
    extraCommands: "for n in $(seq 30); do\n  echo line $n\ndone\nif true; then",
  };
  const { code, stderr } = await failingBuild(spec, { args: [...TCG, "--quiet"] });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^nix-image: extraCommands failed with exit status 2 at line 4: if true; then\n/,
  );
  assert.match(stderr, /\n {2}line 30\n {2}.*syntax error/);
  assert.doesNotMatch(stderr, /from root|line 10\n|@/);
});

Deno.test("a full disk is reported as that, with diskSize", async () => {
  const { code, stderr } = await failingBuild({
    diskSize: 64,
    runAsRoot: "dd if=/dev/zero of=/big bs=1M",
  });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\nnix-image: The virtual machine's disk is full: diskSize says how large it is/,
  );
  assert.match(stderr, /runAsRoot: dd: .*No space left on device\n/);
});

Deno.test("a script that says nothing for ever ends at --vm-timeout", async () => {
  const { code, stderr, duration } = await failingBuild({
    runAsRoot: "echo last words; trap '' TERM INT HUP; while :; do sleep 1000; done",
  }, { args: [...TCG, "--vm-timeout", "10"] });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\nnix-image: The virtual machine has said nothing for 10 seconds; --vm-timeout /,
  );
  assert.match(stderr, /:\n {2}last words\n$/);
  assert.ok(duration < 30, `${duration} s`);
});

Deno.test("signals end the machine at once", async () => {
  const ended = async (signal: Deno.Signal, status: number) => {
    let sent = 0;
    const { code, stderr } = await failingBuild({ runAsRoot: "echo running; sleep 1000" }, {
      onText(text, child) {
        if (!text.includes("running")) return;
        sent = performance.now();
        child.kill(signal);
      },
    });
    assert.deepEqual([code, stderr], [status, "runAsRoot: running\n"]);
    const seconds = (performance.now() - sent) / 1000;
    assert.ok(seconds < 5, `${seconds} s`);
  };
  await Promise.all([ended("SIGINT", 130), ended("SIGTERM", 143)]);
});

Deno.test("what is missing for a machine is one message", async () => {
  const spec = { runAsRoot: "echo not reached" };
  const kernel = await failingBuild(spec, { args: ["--kernel", "/nonexistent/vmlinuz"] });
  assert.equal(kernel.code, 1);
  assert.match(
    kernel.stderr,
    /^nix-image: --kernel: cannot read \/nonexistent\/vmlinuz: [^\n]*\n$/,
  );

  await using scratch = new Scratch();
  for (const name of ["sh", "nix-store"]) {
    await Deno.symlink(findProgram(name) ?? "", `${scratch.path}/${name}`);
  }
  const qemu = await failingBuild(spec, { path: scratch.path });
  assert.equal(qemu.code, 1);
  assert.equal(
    qemu.stderr,
    "nix-image: A virtual machine for scripts as root can't be made here:\n" +
      "- qemu-system-x86_64 is not on the PATH\n" +
      "On Debian: apt-get install qemu-system-x86\n",
  );
});

Deno.test("--accel kvm is an error where it does not work, and says why", async () => {
  // Without KVM in QEMU, as on hosts that have none.
  await using scratch = new Scratch();
  const qemu = findProgram("qemu-system-x86_64") ?? "";
  const script = `#!/bin/sh
for word; do
  if [ "$word" = kvm ]; then echo "$0: failed to initialize kvm: No such device" >&2; exit 1; fi
done
exec ${qemu} "$@"
`;
  await Deno.writeTextFile(`${scratch.path}/qemu-system-x86_64`, script, { mode: 0o755 });
  const path = `${scratch.path}:${Deno.env.get("PATH")}`;
  const { code, stderr } = await failingBuild({ runAsRoot: "echo not reached" }, {
    args: ["--accel", "kvm"],
    path,
  });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^nix-image: QEMU ended before .*; --accel tcg does without KVM:\n.*No such device\n$/,
  );

  const warned = await failingBuild({ runAsRoot: "exit 4" }, { args: [], path });
  assert.equal(warned.code, 1);
  const [warning = "", failure] = warned.stderr.split("\n");
  assert.match(
    warning,
    /^KVM does not work here \(.*No such device\); the virtual machine runs without/,
  );
  assert.equal(failure, "nix-image: runAsRoot failed with exit status 4 at line 1: exit 4");
});
