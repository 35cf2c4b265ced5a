import assert from "node:assert/strict";
import { saidBy } from "./said_by.ts";

const root = new URL("../../", import.meta.url).pathname;
const probe = ["run", "--quiet", "--no-prompt", "--no-config", "--allow-run=sh"];
const probeFile = "tests/terminal/captured_probe.ts";

/** What the probe said, run where `PROG` stands in a command. */
async function answer(
  command: readonly string[],
  { env = {}, prog = [Deno.execPath(), ...probe, root + probeFile] }: {
    env?: Record<string, string>;
    prog?: readonly string[];
  } = {},
): Promise<string> {
  const words = prog.map((word) => `'${word}'`).join(" ");
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.chmod(cwd, 0o777);
    return await saidBy(command, { prog: words, env, cwd });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** Runs `script` under each shell and compares what the probe said. */
async function inShells(shells: readonly string[], script: string, expected: string) {
  const answers = await Promise.all(
    shells.map(async (shell) => [shell, await answer([...shell.split(" "), "-c", script])]),
  );
  assert.deepEqual(answers, shells.map((shell) => [shell, expected]));
}

const everyShell = ["bash", "dash", "zsh", "busybox sh"];
const node = `node -e 'require("child_process").spawnSync(process.argv[1],process.argv.slice(2),` +
  `{stdio:"inherit"})'`;

/** What it is called, the script, and the shells that have it: every one if not given. */
type Form = readonly [form: string, script: string, shells?: readonly string[]];

const captured: readonly Form[] = [
  ["$(…)", "x=$(PROG)"],
  ["backquotes", "x=`PROG`"],
  ["the documented use", "$(PROG) | cat"],
  ["the documented use, quoted", `"$(PROG)" 2>/dev/null | cat`],
  ["the end of a pipeline in $(…)", "x=$(echo spec | PROG)"],
  ["a group in $(…)", "x=$( (:; PROG; :) )"],
  ["a function in $(…)", "f() { PROG; }; x=$(f)"],
  ["$(…) in $(…)", "x=$(y=$(PROG); echo $y)"],
  ["$(…) in a pipeline", "echo line | { x=$(PROG); cat; } >/dev/null"],
  ["a here document", "cat <<END\n$(PROG)\nEND"],
  ["a shell between", 'x=$(sh -c "PROG; true")'],
  ["a Node.js program between", `x=$(${node} PROG)`],
  ["$(…) while another pipe is open", "exec 3< <(:); x=$(PROG)", [
    "bash",
    "zsh",
  ]],
];
for (const [form, script, shells = everyShell] of captured) {
  Deno.test(`isCaptured() is true for ${form} in ${shells.join(", ")}`, async () => {
    await inShells(shells, script, "captured");
  });
}

const bashAndZsh = ["bash", "zsh"];
const notCaptured: readonly Form[] = [
  ["a pipe to a program", "PROG | cat"],
  ["a pipe to a program in $(…)", "x=$(PROG | cat)"],
  ["a pipe to a subshell that reads", "PROG | (read -r x; cat)"],
  ["a pipe to a loop that reads", "PROG | while read -r x; do :; done"],
  ["a redirect", "PROG > file"],
  ["a redirect in $(…)", "x=$(PROG > file)"],
  ["/dev/null", "PROG > /dev/null"],
  ["a shell that does not get to read", "x=$(kill -STOP $$; PROG; kill -CONT $$)"],
  ["a job in the background", "PROG > file & wait"],
  ["a named FIFO that the shell reads", "mkfifo f; PROG > f & exec 3<f; read -r x <&3"],
  ["a named FIFO that $(…) reads", "mkfifo f; PROG > f & exec 3<f; x=$(cat <&3)"],
  ["process substitution", "cat <(PROG)", bashAndZsh],
  ["process substitution in $(…)", "x=$(cat <(PROG); :)", bashAndZsh],
  ["process substitution on a descriptor", "exec 3< <(PROG); cat <&3", bashAndZsh],
  ["process substitution that read reads", "read -r x < <(PROG)", bashAndZsh],
  ["process substitution that read -u reads", "exec 3< <(PROG); read -r -u 3 x", bashAndZsh],
  ["process substitution that a loop reads", "while read -r x; do :; done < <(PROG)", bashAndZsh],
  ["process substitution that $(…) reads", "exec 3< <(PROG); x=$(cat <&3)", bashAndZsh],
  ["process substitution that mapfile reads", "mapfile x < <(PROG)", ["bash"]],
  ["a coprocess that a program reads", `coproc PROG; cat <&"\${COPROC[0]}"`, ["bash"]],
  ["a coprocess that $(…) reads", `coproc PROG; x=$(cat <&"\${COPROC[0]}")`, ["bash"]],
  ["a coprocess that read reads", `coproc PROG; read -r -u "\${COPROC[0]}" x`, ["bash"]],
  ["a coprocess that a program reads", "coproc PROG; cat <&p", ["zsh"]],
  ["a coprocess that read reads", "coproc PROG; read -r -p x", ["zsh"]],
  ["the last part of a pipeline in the shell", "shopt -s lastpipe; PROG | read -r x", ["bash"]],
  ["several redirects", "PROG > a > b", ["zsh"]],
];
for (const [form, script, shells = everyShell] of notCaptured) {
  Deno.test(`isCaptured() is false for ${form} in ${shells.join(", ")}`, async () => {
    await inShells(shells, script, "not captured");
  });
}

const python = `import socket, subprocess, sys
def run(**options):
    return subprocess.run(sys.argv[1:], **options)
`;
for (
  const [form, run] of [
    ["a program that captures", "sys.stderr.buffer.write(run(capture_output=True).stderr)"],
    ["a socket", "ends = socket.socketpair(); run(stdout=ends[0])"],
  ] as const
) {
  for (const between of [[], ["sh", "-c", "PROG; true"]]) {
    const name = `${form}, ${between.length > 0 ? "a shell" : "nothing"} between`;
    Deno.test(`isCaptured() is false for ${name}`, async () => {
      const prog = [Deno.execPath(), ...probe, root + probeFile];
      const command = ["/usr/bin/python3", "-c", python + run];
      assert.equal(
        await answer([...command, ...(between.length > 0 ? between : prog)]),
        "not captured",
      );
    });
  }
}

for (const shell of everyShell) {
  Deno.test(`isCaptured() answers when sh is ${shell}`, async () => {
    const bin = await Deno.makeTempDir();
    try {
      const which = new Deno.Command("sh", { args: ["-c", `command -v ${shell.split(" ")[0]}`] });
      const target = new TextDecoder().decode((await which.output()).stdout).trim();
      await Deno.symlink(target, `${bin}/sh`);
      const env = { PATH: `${bin}:${Deno.env.get("PATH")}` };
      assert.equal(await answer(["bash", "-c", "x=$(PROG)"], { env }), "captured");
      assert.equal(
        await answer(["bash", "-c", "exec 3< <(PROG); x=$(cat <&3)"], { env }),
        "not captured",
      );
    } finally {
      await Deno.remove(bin, { recursive: true });
    }
  });
}

for (
  const [statuses, expected] of [
    ["11 11 10", "captured"],
    ["11 11 11 11 11 11 11 11", "not captured"],
    ["11 1 10", "not captured"],
    ["0", "not captured"],
    ["2", "not captured"],
  ] as const
) {
  Deno.test(`isCaptured() is ${expected} when sh exits with ${statuses} in turn`, async () => {
    const bin = await Deno.makeTempDir();
    try {
      const next = `read -r status rest <${bin}/statuses; echo "$rest" >${bin}/statuses`;
      await Deno.writeTextFile(`${bin}/statuses`, statuses + "\n");
      await Deno.writeTextFile(`${bin}/sh`, `#!/bin/sh\n${next}\nexit $status\n`);
      await Deno.chmod(`${bin}/sh`, 0o755);
      const env = { PATH: `${bin}:${Deno.env.get("PATH")}` };
      assert.equal(await answer(["bash", "-c", "PROG | cat"], { env }), expected);
    } finally {
      await Deno.remove(bin, { recursive: true });
    }
  });
}

Deno.test("isCaptured() is false when there is no sh", async () => {
  const prog = ["env", "PATH=/nonexistent", Deno.execPath(), ...probe, root + probeFile];
  assert.match(await answer(["bash", "-c", "x=$(PROG)"], { prog }), /^(Info .*\n)?not captured$/);
});

Deno.test("isCaptured() is false when it may not start sh", async () => {
  const prog = [Deno.execPath(), "run", "--no-prompt", "--no-config", root + probeFile];
  assert.equal(await answer(["bash", "-c", "x=$(PROG)"], { prog }), "not captured");
});

Deno.test("isCaptured() answers under LD_ variables, which Deno refuses to hand on", async () => {
  const env = { LD_LIBRARY_PATH: "/nonexistent", LD_BIND_NOW: "1" };
  assert.equal(await answer(["bash", "-c", "x=$(PROG)"], { env }), "captured");
});

// Another user than root can be tried by root alone; for anybody else all tests above are it.
if (Deno.uid() === 0) {
  Deno.test("isCaptured() answers for another user's shell, and is false across users", async () => {
    const dir = await Deno.makeTempDir();
    try {
      for (const file of [probeFile, "src/terminal/captured.ts", "src/terminal/ask_shell.ts"]) {
        await Deno.mkdir(`${dir}/${file}`.replace(/[^/]*$/, ""), { recursive: true });
        await Deno.copyFile(root + file, `${dir}/${file}`);
      }
      await Deno.copyFile(Deno.execPath(), `${dir}/deno`);
      await Deno.mkdir(`${dir}/cache`);
      await Deno.chmod(`${dir}/cache`, 0o777);
      await Deno.chmod(dir, 0o755);
      const env = { DENO_DIR: `${dir}/cache`, HOME: `${dir}/cache` };
      const prog = [`${dir}/deno`, ...probe, `${dir}/${probeFile}`];
      const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
      for (const shell of everyShell) {
        const command = [...nobody, ...shell.split(" "), "-c", "x=$(PROG)"];
        assert.equal(await answer(command, { env, prog }), "captured", shell);
      }
      const across = ["bash", "-c", `x=$(${nobody.join(" ")} PROG)`];
      assert.equal(await answer(across, { env, prog }), "not captured");
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });

  for (
    const [form, script, expected] of [
      ["$(…)", "x=$(PROG)", "captured"],
      ["$(…) in a pipeline", "echo line | { x=$(PROG); cat; } >/dev/null", "captured"],
      ["a coprocess that $(…) reads", `coproc PROG; x=$(cat <&"\${COPROC[0]}")`, "not captured"],
      ["a loop that reads", "while read -r -u 3 x; do :; done 3< <(PROG)", "not captured"],
      ["read", "read -r x < <(PROG)", "not captured"],
    ] as const
  ) {
    Deno.test(`isCaptured() is ${expected} for ${form} without /proc/PID/syscall`, async () => {
      const hide = "mount --bind /dev/null /proc/$BASHPID/syscall &&";
      const command = [
        "unshare",
        "--mount",
        "bash",
        "-c",
        `${hide} ${script.replace("{ x", `{ ${hide} x`)}`,
      ];
      assert.equal(await answer(command), expected);
    });
  }
}
