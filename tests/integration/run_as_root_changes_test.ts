/**
 * What a script that runs as root does to the files of a base image, seen by Docker.
 * @module
 */

import assert from "node:assert/strict";
import { readImage } from "../support/archive.ts";
import { mergedUsrRoot } from "../support/base_images.ts";
import { debianClosure } from "../support/debian_closure.ts";
import { Docker } from "../support/dockerd.ts";
import { readRoots } from "../support/exported_roots.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const [libcap = "", attr = ""] = await debianClosure(["libcap2-bin", "attr"]);

/** What the lower layer of the base holds besides programs. */
const LOWER = `
mkdir deleted-directory replaced changed moved moved/deep mode hard closed deleted-deep deleted-deep/a
for name in deleted deleted-directory/f replaced/old changed/f moved/f moved/deep/f mode/f closed/f \\
  file-to-directory deleted-deep/a/f deleted-deep/b owner only-mode gone-before; do
  echo "$name" >"$name"
done
echo linked >hard/a
ln hard/a hard/b
ln -s owner link
ln -s nowhere link-to-directory
printf x >"$(printf 'byte-\\377')"
printf x >"$(printf 'deleted-\\376')"
chmod 500 closed
chmod 4711 owner
chown 5:6 owner
mkdir directory-to-file
echo x >directory-to-file/f
for name in ping written given; do
  echo "$name" >"$name"
  "$(command -v setcap || echo /usr/sbin/setcap)" cap_net_raw+ep "$name"
done
echo far >far
chown 4000000000:3000000000 far
`;

/** What the script does. */
const CHANGES = `
rm /deleted /deleted-deep/a/f "$(printf '/deleted-\\376')"
rm -r /deleted-directory /replaced /directory-to-file
mkdir /replaced
echo new >/replaced/new
echo now a file >/directory-to-file
rm /file-to-directory /link-to-directory
mkdir -m 750 /file-to-directory /link-to-directory
echo x >/file-to-directory/x
chmod 6750 /only-mode
chmod 2770 /mode
chown 12:34 /owner
chown -h 56:78 /link
ln /changed/f /changed/linked
ln /changed/f /elsewhere
echo more >>/hard/a
mv /moved /moved-to
rm -r /moved-to/deep
mkdir -p /moved/other
echo x >/closed/new
mknod -m 600 /null c 1 3
mknod /block b 7 300
mkfifo -m 622 /pipe
ln -s "$(printf 'to-\\375')" "$(printf '/link-\\374')"
echo "a \\"name\\"" >"$(printf '/-new line\\n\\351 *')"
printf '%s' 12345 >"/$(printf '%0120d' 1)"
cp /bin/busybox /suid
chmod 4755 /suid
cp /bin/busybox /capable
${libcap}/usr/sbin/setcap cap_net_raw,cap_chown+ep /capable
${attr}/usr/bin/setfattr -n user.note -v 'a note' /only-mode
${attr}/usr/bin/setfattr -n user.note -v 'a note' /mode
echo mine >/tmp/mine
echo theirs >/dev/shm/theirs
mkdir /proc-like
chmod 4711 /ping
ln /ping /ping-too
echo more >>/written
chown 1:1 /given
chmod 600 /far
`;

/**
 * All of a root file system that is neither mounted nor Docker's: types, modes, owners, devices, and
 * for files the number of links, size and checksum.
 */
const LIST = `
cd /
busybox find . \\( -path ./dev -o -path ./proc -o -path ./sys -o -path ./nix -o -path ./.nix-image \\
  -o -name .dockerenv -o -path ./etc/hosts -o -path ./etc/hostname -o -path ./etc/resolv.conf \\
  -o -path ./etc/mtab \\) -prune -o -exec busybox sh -c '
  for path do
    {
      busybox stat -c "%N %F %a %u:%g %t:%T" "$path"
      if [ -f "$path" ] && [ ! -L "$path" ]; then
        busybox stat -c "%h %s" "$path"
        busybox md5sum <"$path"
      fi
    } | busybox tr "\\n" " "
    echo
  done' sh {} +
`;

/** What the layer has of that, and no more. */
const CHANGED = [
  ...["", ".wh.deleted", ".wh.deleted-directory", ".wh.deleted-\udcfe", "1".padStart(120, "0")],
  ...["NEW LINE", "block", "capable", "changed", "changed/f", "changed/linked", "closed"],
  ...["closed/new", "deleted-deep", "deleted-deep/a", "deleted-deep/a/.wh.f"],
  ...["directory-to-file", "elsewhere", "file-to-directory", "file-to-directory/x", "hard"],
  ...["far", "given", "ping", "ping-too", "written"],
  ...["hard/a", "link", "link-\udcfc", "link-to-directory", "mode", "moved", "moved-to"],
  ...["moved-to/f", "moved/.wh..wh..opq", "moved/other", "null", "only-mode", "owner", "pipe"],
  ...["proc-like", "replaced", "replaced/.wh..wh..opq", "replaced/new", "suid", "tmp"],
  "tmp/mine",
];

/** What Docker made: of two layers, the upper of which deletes something of the lower. */
async function baseOfTwoLayers(scratch: Scratch): Promise<string> {
  const root = await mergedUsrRoot(scratch.path);
  const add = `
    mkdir "$1.more"
    cd "$1.more"
    tar -xf "$1"
    ${LOWER}
    tar --create --file "$1" --numeric-owner --format=pax --xattrs --xattrs-include='*' .`;
  await succeed(["sh", "-ec", add, "sh", root]);
  await docker.docker("import", root, "changes:lower");
  const run = ["run", "--network=none", "--name=changes", "changes:lower", "/bin/busybox", "rm"];
  await docker.docker(...run, "/gone-before");
  await docker.docker("commit", "changes", "changes:base");
  await docker.docker("rm", "changes");
  const archive = `${scratch.path}/base.tar`;
  await docker.docker("save", "--output", archive, "changes:base");
  return archive;
}

/** The members of the uppermost layer of an archive, as Python's tarfile has them. */
async function topLayer(scratch: Scratch, archive: string) {
  const { manifest } = await readImage(archive);
  const file = `${scratch.path}/top.tar`;
  const script = 'tar --extract --to-stdout --file "$1" "$2" >"$3"';
  await succeed(["sh", "-c", script, "sh", archive, manifest.Layers.at(-1) ?? "", file]);
  const [root] = await readRoots([file]);
  assert.ok(root);
  return root;
}

Deno.test("what a script leaves of a base image is what Docker shows, and the layer has no more than the changes", async () => {
  await using scratch = new Scratch();
  const archive = `${scratch.path}/image.tar`;
  const spec = scratch.spec({
    type: "single",
    name: "changes",
    tag: "root",
    fromImage: await baseOfTwoLayers(scratch),
    runAsRoot: `set -e\ntest ! -e /gone-before\n${CHANGES}\necho LISTING\n${LIST}`,
  });
  const { code, stderr } = await nixImage([
    ...["build", spec, "--accel", "tcg", "--compressor", "none", "-o", archive],
  ]);
  assert.equal(code, 0, stderr);
  const lines = stderr.split("\n").filter((line) => line.startsWith("runAsRoot: "))
    .map((line) => line.slice("runAsRoot: ".length));
  const left = lines.slice(lines.indexOf("LISTING") + 1).sort();
  assert.ok(left.length > 50, stderr);

  await docker.docker("load", "--input", archive);
  const list = await docker.docker(
    ...["run", "--rm", "--network=none", "changes:root", "/bin/sh", "-ec"],
    LIST,
  );
  assert.deepEqual(list.replace(/\n$/, "").split("\n").sort(), left);

  const { entries } = await topLayer(scratch, archive);
  const paths = Object.keys(entries).map((path) => path.replace(/^-new line.*/s, "NEW LINE"));
  assert.deepEqual(paths.sort(), CHANGED.toSorted());
  const xattrs = Object.values(entries).flatMap(({ xattrs }) => Object.keys(xattrs));
  const capability = "security.capability";
  assert.deepEqual(xattrs.sort(), [capability, capability, capability, "user.note", "user.note"]);
  const ask = (...command: string[]) =>
    docker.docker(
      ...["run", "--rm", "--network=none", "--volume=/nix/store:/nix/store:ro", "changes:root"],
      ...command,
    );
  const files = ["/capable", "/ping", "/ping-too", "/written", "/given"];
  assert.equal(
    await ask(`${libcap}/usr/sbin/getcap`, ...files),
    "/capable cap_chown,cap_net_raw=ep\n/ping cap_net_raw=ep\n/ping-too cap_net_raw=ep\n",
  );
  const note = ["--absolute-names", "--only-values", "--name=user.note"];
  const notes = await ask(`${attr}/usr/bin/getfattr`, ...note, "/only-mode", "/mode");
  assert.equal(notes, "a notea note");
});
