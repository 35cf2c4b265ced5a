import assert from "node:assert/strict";
import { buildScript, rcFile, type ShellCommand } from "../../src/nix_shell/scripts.ts";
import { inDirectory } from "../support/directories.ts";
import { succeed } from "../support/program.ts";

const SHELL = "/nix/store/shell's/bin/bash";

/** What a real bash prints that reads the rc file, and then `more`. */
async function bash(
  { setup = "", command = null, more = "", env = {} }: {
    setup?: string;
    command?: ShellCommand | null;
    more?: string;
    env?: Record<string, string>;
  },
): Promise<string> {
  let printed = "";
  await inDirectory(async (directory) => {
    Deno.mkdirSync(`${directory}/std env`);
    Deno.writeTextFileSync(`${directory}/std env/setup`, setup);
    Deno.writeTextFileSync(`${directory}/rc`, rcFile(SHELL, ["/own's/bin", "/b"], command) + more);
    printed = await succeed(["bash", `${directory}/rc`], {
      env: { stdenv: `${directory}/std env`, ...env },
    });
  });
  return printed;
}

Deno.test("rcFile() puts its directories before what the setup makes of no PATH", async () => {
  const more = 'echo "$PATH"; /bin/sh -c \'echo "$PATH"\'';
  const setup = 'PATH="${PATH-none}:/setup/bin"';
  const path = "/own's/bin:/b:none:/setup/bin";
  assert.equal(await bash({ setup, more }), `${path}\n${path}\n`);
  // No empty component, which would be the working directory.
  assert.equal(await bash({ more }), "/own's/bin:/b\n/own's/bin:/b\n");
  assert.equal(await bash({ more, env: { stdenv: "/nowhere" } }), "/own's/bin:/b\n/own's/bin:/b\n");
});

Deno.test("rcFile() leaves the shell as nix-shell does", async () => {
  const setup = "set -e; shopt -s nullglob; hidden=$dontAddDisableDepTrack";
  const more = `false
echo "$hidden $SHELL $BASH \${NIX_ENFORCE_PURITY-unset}"
shopt nullglob execfail
echo /nowhere/*`;
  assert.equal(
    await bash({ setup, more, env: { NIX_ENFORCE_PURITY: "1" } }),
    `1 ${SHELL} ${SHELL} unset\nnullglob       \toff\nexecfail       \ton\n/nowhere/*\n`,
  );
});

Deno.test("rcFile() runs the shellHook where the setup can", async () => {
  const env = { shellHook: "echo hooked" };
  const setup = 'runHook() { eval "${!1}"; }';
  assert.equal(await bash({ setup, env }), "hooked\n");
  assert.equal(await bash({ env }), "");
});

Deno.test("rcFile() changes the prompt unless it is asked not to", async () => {
  const more = 'echo "${PS1-unset}"';
  const ours = "\\n\\[\\033[1;32m\\][nix-shell:\\w]\\$\\[\\033[0m\\] \n";
  assert.equal(await bash({ more, setup: "PS1=old" }), ours);
  assert.equal(
    await bash({ more, setup: "PS1=old", env: { NIX_SHELL_PRESERVE_PROMPT: "1" } }),
    "old\n",
  );
  assert.equal(await bash({ more, setup: "unset PS1" }), "unset\n");
});

Deno.test("rcFile() carries a command out and ends with its status", async () => {
  const text = `echo "it's done" # and a comment`;
  for (const how of ["command", "run"] as const) {
    assert.equal(await bash({ command: { how, text }, more: "echo not reached" }), "it's done\n");
  }
});

Deno.test("buildScript() becomes the builder, whatever its arguments hold", async () => {
  await inDirectory(async (directory) => {
    const args = [
      "-c",
      'printf "<%s>" "$@"',
      "sh",
      "it's",
      "",
      "a b",
      "$(x)",
      "line\nline",
      "\\",
      "ä",
    ];
    const script = `${directory}/build`;
    Deno.writeTextFileSync(script, buildScript("/bin/sh", "/bin/sh", args), { mode: 0o755 });
    assert.equal(
      await succeed([script]),
      "<it's><><a b><$(x)><line\nline><\\><ä>",
    );
  });
});
