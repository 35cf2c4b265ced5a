/**
 * The files of `nix-image helper shadow-setup`, used by the programs that need them.
 * @module
 */

import assert from "node:assert/strict";
import { busyboxDirectory } from "../../tasks/programs.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

Deno.test("useradd and groupadd work after helper shadow-setup", async () => {
  await using scratch = new Scratch();
  const { code, text, stderr } = await nixImage(["helper", "shadow-setup"]);
  assert.equal(code, 0, stderr);
  const root = `${scratch.path}/root`;
  const commands = `set -e
    groupadd --prefix "$1" --gid 999 staff
    useradd --prefix "$1" --uid 1000 --gid 999 --home-dir /app app`;
  await succeed(["bash", "-c", `${text}\n${commands}`, "bash", root], {
    env: { SHADOW_SETUP_ROOT: root },
  });
  const read = (name: string) => Deno.readTextFileSync(`${root}/etc/${name}`).trimEnd().split("\n");
  assert.match(read("passwd").join(), /^root:x:0:0::\/root:\/bin\/sh,app:x:1000:999::\/app:[^,]*$/);
  assert.deepEqual(read("group"), ["root:x:0:", "staff:x:999:"]);
  assert.deepEqual(read("gshadow"), ["root:x::", "staff:!::"]);
  assert.match(read("shadow").join(), /^root:!x:::::::,app:!:\d+:.*$/);
});

Deno.test("helper shadow-setup works where the root directory is another", async () => {
  await using scratch = new Scratch();
  await Deno.copyFile(`${busyboxDirectory()}/busybox`, `${scratch.path}/busybox`);
  const { text } = await nixImage(["helper", "shadow-setup"]);
  const chroot = ["unshare", "--map-root-user", "chroot", scratch.path, "/busybox", "sh", "-c"];
  await succeed([...chroot, text]);
  assert.equal(
    await Deno.readTextFile(`${scratch.path}/etc/passwd`),
    "root:x:0:0::/root:/bin/sh\n",
  );
});

Deno.test("helper refuses a name that it does not know", async () => {
  const { code, text, stderr } = await nixImage(["helper", "shadowsetup"]);
  assert.equal(code, 2);
  assert.equal(text, "");
  assert.match(stderr, /Allowed choices are shadow-setup/);
});
