import assert from "node:assert/strict";
import { SHADOW_SETUP } from "../../src/rootfs/shadow_setup.ts";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { runCommand, succeed } from "../support/program.ts";

const FILES = {
  passwd: ["root:x:0:0::/root:/bin/sh\n", 0o644],
  shadow: ["root:!x:::::::\n", 0o600],
  group: ["root:x:0:\n", 0o644],
  gshadow: ["root:x::\n", 0o600],
  "pam.d/other": [
    "account sufficient pam_unix.so\nauth sufficient pam_rootok.so\n" +
    "password requisite pam_unix.so nullok yescrypt\nsession required pam_unix.so\n",
    0o644,
  ],
  "login.defs": ["", 0o644],
} as const;

const names = (directory: string) =>
  [...Deno.readDirSync(directory)].map(({ name }) => name).sort();

/** The words that run the script after other lines, with mkdir as the only program. */
function command(shell: readonly string[], directory: string, before = ""): string[] {
  const programs = `${directory}/programs`;
  Deno.mkdirSync(programs, { recursive: true });
  Deno.removeSync(programs, { recursive: true });
  makeFiles(directory, { "programs/mkdir": "-> /bin/mkdir" });
  const after = 'echo "${etc-unset} $(umask)"';
  const environment = [`PATH=${programs}`, `SHADOW_SETUP_ROOT=${directory}/a root`];
  return ["env", ...environment, ...shell, "-c", `${before}\n${SHADOW_SETUP}\n${after}`];
}

for (const shell of [["/bin/bash"], ["/bin/dash"], ["/bin/busybox", "sh"], ["/bin/bash", "-eu"]]) {
  Deno.test(`the shadow setup works in ${shell.join(" ")}`, async () => {
    await inDirectory(async (directory) => {
      const etc = `${directory}/a root/etc`;
      const run = command(shell, directory, "umask 027");
      // It leaves variables and the mask as they were.
      assert.equal(await succeed(run), "unset 0027\n");
      assert.deepEqual(names(etc), ["group", "gshadow", "login.defs", "pam.d", "passwd", "shadow"]);
      assert.equal((Deno.statSync(`${etc}/pam.d`).mode ?? 0) & 0o7777, 0o755);
      for (const [name, [text, mode]] of Object.entries(FILES)) {
        assert.equal(Deno.readTextFileSync(`${etc}/${name}`), text, name);
        assert.equal((Deno.statSync(`${etc}/${name}`).mode ?? 0) & 0o7777, mode, name);
      }
    });
  });
}

Deno.test("the shadow setup touches nothing that is there, not even a link to nowhere", async () => {
  await inDirectory(async (directory) => {
    const etc = `${directory}/a root/etc`;
    makeFiles(etc, { passwd: "own\n", group: "-> elsewhere", "pam.d/other": "own\n" });
    await succeed(command(["/bin/dash"], directory));
    assert.equal(Deno.readTextFileSync(`${etc}/passwd`), "own\n");
    assert.equal(Deno.readTextFileSync(`${etc}/pam.d/other`), "own\n");
    assert.equal(Deno.readLinkSync(`${etc}/group`), "elsewhere");
    assert.ok(!names(etc).includes("elsewhere"));
    assert.equal(Deno.readTextFileSync(`${etc}/shadow`), FILES.shadow[0]);
  });
});

Deno.test("the shadow setup sets root's shell, and fails where it can not write", async () => {
  await inDirectory(async (directory) => {
    const shell = "SHADOW_SETUP_SHELL=/nix/store/x/bin/bash";
    await succeed(command(["/bin/dash"], directory, shell));
    const passwd = `${directory}/a root/etc/passwd`;
    assert.equal(Deno.readTextFileSync(passwd), "root:x:0:0::/root:/nix/store/x/bin/bash\n");
    await Deno.remove(`${directory}/a root`, { recursive: true });
    await Deno.writeTextFile(`${directory}/a root`, "");
    const { code, text } = await runCommand(command(["/bin/bash"], directory, "set -e"));
    assert.notEqual(code, 0);
    assert.equal(text, "");
  });
});
