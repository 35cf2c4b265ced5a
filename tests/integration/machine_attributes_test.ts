/**
 * What becomes of extended attributes, capabilities among them, when a script runs as root: read
 * back by GNU tar and the tools of Linux.
 * @module
 */

import assert from "node:assert/strict";
import { decodeName } from "../../src/tar/name.ts";
import { builtArchive } from "../support/base_images.ts";
import { readRoots } from "../support/exported_roots.ts";
import { nixImageCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { makeTars } from "../support/tars.ts";

/** User 1000 has what owner and group have together (Linux, include/uapi/linux/posix_acl_xattr.h). */
const ACL = "02000000" + "01000600ffffffff" + "02000700e8030000" + "04000400ffffffff" +
  "10000700ffffffff" + "20000400ffffffff";
const ACL_NAME = "system.posix_acl_access", DEFAULT_ACL = "system.posix_acl_default";

const PATH = `${Deno.env.get("PATH")}:/usr/sbin:/sbin`;

async function shell(script: string, ...args: string[]): Promise<string> {
  return await succeed(["sh", "-ec", script, "sh", ...args], { env: { PATH } });
}

/** A tarball that GNU tar makes of what a script leaves in its directory. */
async function tarballOf(scratch: Scratch, name: string, script: string): Promise<string> {
  const root = `${scratch.path}/${name}`;
  await shell(
    `mkdir "$1"; cd "$1"; ${script}
    tar --create --file "$1.tar" --xattrs --xattrs-include='*' .`,
    root,
  );
  return `${root}.tar`;
}

Deno.test("a script that runs as root leaves files the attributes that Linux leaves them", async () => {
  await using scratch = new Scratch();
  const base = await tarballOf(
    scratch,
    "base",
    `mkdir bin etc
    cp "$(command -v busybox)" bin/busybox
    ln -s busybox bin/sh
    for name in untouched mode owner content copied; do
      echo $name >bin/$name
      setcap cap_net_raw+ep bin/$name
      chmod 755 bin/$name
    done
    setfattr -n user.note -v directory etc
    echo x >etc/f
    setfattr -n user.note -v "a b=c" etc/f
    setfattr -n trusted.note -v 0x00ff00 etc/f
    mkdir odd
    echo odd >odd/f
    setfattr -n trusted.overlay.redirect -v /etc odd
    setfattr -n trusted.overlay.metacopy -v '' odd/f`,
  );
  const contents = await tarballOf(
    scratch,
    "contents",
    `mkdir -p new/closed
    for name in untouched mode owner deleted; do
      echo $name >new/closed/$name
      setcap cap_net_admin+ep new/closed/$name
    done
    echo plain >new/closed/plain
    setfattr -n user.note -v new new/closed
    chown 1000:1001 new/closed new/closed/mode
    setcap cap_net_admin+ep new/closed/mode
    chmod 500 new/closed`,
  );
  const value = decodeName(Uint8Array.fromHex(ACL));
  const [acl = new Uint8Array(), defaultAcl = new Uint8Array()] = await makeTars({
    format: "pax",
    members: [{ name: "acl/f", mode: 0o674, pax: { [`SCHILY.xattr.${ACL_NAME}`]: value } }],
  }, {
    format: "pax",
    members: [
      {
        name: "d",
        type: "directory",
        mode: 0o755,
        pax: { [`SCHILY.xattr.${DEFAULT_ACL}`]: value },
      },
      { name: "d/f" },
    ],
  });
  Deno.writeFileSync(`${scratch.path}/default-acl.tar`, defaultAcl);
  Deno.writeFileSync(`${scratch.path}/acl.tar`, acl);
  const fromImage = await builtArchive(scratch, {
    type: "single",
    name: "base",
    tag: "1",
    copyToRoot: [base, `${scratch.path}/acl.tar`],
  });
  const image = await builtArchive(scratch, {
    type: "single",
    name: "changed",
    tag: "1",
    fromImage,
    copyToRoot: [contents, `${scratch.path}/default-acl.tar`],
    runAsRoot: `
      stat -c %Y /new/closed /new/closed/plain /new/closed/owner >/times
      chmod 700 /bin/mode /etc /new/closed/mode
      chown 5 /bin/owner /new/closed/owner
      echo more >>/bin/content
      cp /bin/copied /bin/copy
      chmod 664 /etc/f
      chown 7 /acl/f
      cat /odd/f >/odd/g
      rm /new/closed/deleted
    `,
  }, ...["--accel", "tcg"]);
  const unpacked = `${scratch.path}/unpacked`;
  await succeed([...nixImageCommand(), "export", image, "-o", `${unpacked}.tar`]);
  const unpack = 'mkdir "$1"; tar -xf "$1.tar" -C "$1" --xattrs --xattrs-include="*"';
  await shell(unpack, unpacked);
  const capabilities = await shell('cd "$1"; getcap -r . | sort', unpacked);
  assert.deepEqual(capabilities.trimEnd().split("\n"), [
    "./bin/copied cap_net_raw=ep",
    "./bin/mode cap_net_raw=ep",
    "./bin/untouched cap_net_raw=ep",
    "./new/closed/mode cap_net_admin=ep",
    "./new/closed/untouched cap_net_admin=ep",
  ]);
  const attributes = await shell(
    `cd "$1"; getfattr -Rh -m '^(user|trusted)' --dump . | grep -v '^$'
    stat -c '%n %a %u:%g' etc acl/f new/closed new/closed/*`,
    unpacked,
  );
  assert.deepEqual(attributes.trimEnd().split("\n"), [
    "# file: etc",
    'user.note="directory"',
    "# file: etc/f",
    "trusted.note=0sAP8A",
    'user.note="a b=c"',
    "# file: new/closed",
    'user.note="new"',
    // The base has it, and nothing in the machine took it for the overlay's own.
    "# file: odd/f",
    'trusted.overlay.metacopy=""',
    "etc 700 0:0",
    "acl/f 674 7:0",
    "new/closed 500 1000:1001",
    "new/closed/mode 700 1000:1001",
    "new/closed/owner 644 5:0",
    "new/closed/plain 644 0:0",
    "new/closed/untouched 644 0:0",
  ]);
  const [root] = await readRoots([`${unpacked}.tar`]);
  assert.equal(root?.entries["acl/f"]?.xattrs[ACL_NAME], ACL);
  assert.equal(root?.entries["times"]?.text, "315532800\n".repeat(3));
  assert.equal(root?.entries["odd/g"]?.text, "odd\n");
  assert.deepEqual(root?.entries["d"]?.xattrs, { [DEFAULT_ACL]: ACL });
  assert.deepEqual(root?.entries["d/f"]?.xattrs, {});
});
