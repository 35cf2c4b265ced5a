/**
 * The guest by itself: what its init does, seen on its serial line and its disk.
 * @module
 */

import assert from "node:assert/strict";
import { ENVIRONMENT, runGuest } from "../support/guest.ts";
import { encodeName } from "../../src/tar/name.ts";
import { succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { makeTar, type TarRecipeMember } from "../support/tars.ts";

const LONG = `${"d".repeat(150)}/${"f".repeat(150)}`;

function directory(name: string, more: Partial<TarRecipeMember> = {}): TarRecipeMember {
  return { name, type: "directory", mode: 0o755, ...more };
}

/** What a script has said. */
function outputOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith("| ")).map((line) => line.slice(2));
}

/** What a guest says at the end, but for the kernel's last line. */
function endOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith("@")).slice(-2);
}

Deno.test("a guest without a base image runs a script by its own shell, and leaves no trace", async () => {
  await using scratch = new Scratch();
  const script = `
    echo "$0: process $$ of $(hostname), umask $(umask), in $PWD, at $(date +%Y-%m-%dT%H:%M)"
    env | sort
    wc -c
    ls -a /
    ls /nix/store
    ip address show lo | grep -o 127.0.0.1/8
    echo to stderr >&2
    echo @done
    [ -c /dev/null ] && [ -d /proc/self ] && [ -d /sys/kernel ] && [ -w /dev/shm ] && echo mounted
    echo x >/tmp/x
    rm /tmp/x
    (while :; do echo x; sleep 0.1; done) >/dev/null &
    printf 'no newline'
  `;
  const { lines, upper } = await runGuest(scratch, { scripts: [{ field: "runAsRoot", script }] });
  assert.deepEqual(lines.slice(0, 3), ["@alive", "@phase unpacking", "@phase runAsRoot"]);
  assert.deepEqual(outputOf(lines), [
    "runAsRoot: process 1 of localhost, umask 0022, in /, at 2020-01-02T03:04",
    `HOME=${ENVIRONMENT.HOME}`,
    `LC_ALL=C`,
    `PATH=${ENVIRONMENT.PATH}:/.nix-image/bin`,
    "PWD=/",
    "SHLVL=1",
    "0",
    ".",
    "..",
    ".nix-image",
    "dev",
    "nix",
    "proc",
    "sys",
    "tmp",
    "127.0.0.1/8",
    "to stderr",
    "@done",
    "mounted",
    "no newline",
  ]);
  assert.deepEqual(lines.filter((line) => line.startsWith("@")).slice(3), [
    "@exit runAsRoot 0",
    "@phase finishing",
    "@done",
  ]);
  assert.deepEqual(upper.paths, []);
});

/** @param asFileSystems whether base and store come as such */
async function changesBase(asFileSystems: boolean): Promise<void> {
  await using scratch = new Scratch();
  const lower = [
    directory(".", { mode: 0o750, uid: 7 }),
    directory("bin"),
    {
      name: "bin/real",
      mode: 0o755,
      content: '#!/.nix-image/bin/sh\nexec /.nix-image/bin/sh "$@"',
    },
    { name: "bin/bash", type: "symlink" as const, linkname: "/bin/real" },
    directory("closed", { mode: 0o555, uid: 1000 }),
    { name: "closed/f", content: "f" },
    directory("deleted"),
    { name: "deleted/f", content: "f" },
    { name: "device", type: "character" as const, device: [1, 7] as const },
    { name: "file", content: "file" },
    { name: "fifo", type: "fifo" as const },
    { name: "hard", type: "link" as const, linkname: "suid" },
    { name: "suid", mode: 0o4755, uid: 1000, gid: 8, content: "suid" },
    directory("nix"),
    directory("nix/store"),
    directory("nix/store/own", { mode: 0o555 }),
    { name: "nix/store/own/f", mode: 0o444, content: "own" },
    { name: LONG.split("/")[0]!, type: "directory" as const, mode: 0o755 },
    { name: LONG, content: "long" },
    directory("replaced"),
    { name: "replaced/f", content: "f" },
    { name: "untouched", content: "untouched" },
    { name: "link", type: "symlink" as const, linkname: "/somewhere", uid: 1000, gid: 1001 },
    { name: "up", type: "symlink" as const, linkname: "../../up" },
    { name: "hard-up", type: "link" as const, linkname: "up" },
  ];
  // As a hard link comes after what it leads to.
  lower.sort((a, b) => Number(a.type === "link") - Number(b.type === "link"));
  const upper = [
    directory("content", { mode: 0o1777, uid: 1000, gid: 1001 }),
    { name: "content/f", mode: 0o6711, uid: 1000, content: "content" },
  ];
  const store = [
    directory("nix"),
    directory("nix/store"),
    directory("nix/store/closure", { mode: 0o555 }),
    { name: "nix/store/closure/f", mode: 0o444, content: "closure" },
  ];
  const runAsRoot = `
    stat -c '%n %A %u:%g' /. /closed /device /fifo /hard /suid /link /content /content/f
    cat /nix/store/*/f /${LONG}
    for link in /link /up /hard-up; do readlink $link; done; stat -c %h /up
    ( echo x >/nix/store/x ) 2>&1 | grep -o 'Read-only.*'
    rm /file
    rm -r /deleted /replaced
    mkdir /replaced
    echo new >/replaced/new
    chmod 4700 /closed/f
    mknod /mine c 1 3
    mkdir /new
    echo 1 >/new/a
    ln /new/a /new/b
    mkdir /nix/var
    rm -rf /tmp
    rm /content/f
  `;
  const { lines, upper: result } = await runGuest(scratch, {
    lower,
    upper,
    store,
    asFileSystems,
    scripts: [
      { field: "runAsRoot", script: runAsRoot },
      {
        field: "extraCommands",
        script: "pwd; ls -d c* new/*; cat /nix/store/*/f; echo; mkdir dev; echo x >extra",
      },
      { field: "fakeRootCommands", script: "cd /; ls; rm suid", inRoot: true },
    ],
  });
  assert.deepEqual(outputOf(lines), [
    "/. drwxr-x--- 7:0",
    "/closed dr-xr-xr-x 1000:0",
    "/device crw-r--r-- 0:0",
    "/fifo prw-r--r-- 0:0",
    "/hard -rwsr-xr-x 1000:8",
    "/suid -rwsr-xr-x 1000:8",
    "/link lrwxrwxrwx 1000:1001",
    "/content drwxrwxrwt 1000:1001",
    "/content/f -rws--s--x 1000:0",
    "closureownlong/somewhere",
    "../../up",
    "../../up",
    "2",
    "Read-only file system",
    "/disk/upper",
    "closed",
    "content",
    "new/a",
    "new/b",
    "closure",
    ...["bin", "closed", "content", LONG.split("/")[0], "dev", "device", "extra", "fifo", "hard"],
    ...["hard-up", "link", "mine", "new", "nix", "proc", "replaced", "suid", "sys", "tmp"],
    ...["untouched", "up"],
  ]);
  assert.deepEqual(endOf(lines), ["@phase finishing", "@done"]);
  assert.deepEqual(result.paths, [
    ...["closed", "closed/f", "content", "deleted", "dev", "extra", "file", "mine", "new"],
    ...["new/a", "new/b", "nix", "nix/var", "replaced", "replaced/new", "suid"],
  ]);
  assert.deepEqual(
    await Promise.all(["deleted", "file", "suid", "mine"].map((path) => result.device(path))),
    ["00:00", "00:00", "00:00", "01:03"],
  );
  assert.match(await result.xattrs("replaced"), /^ {2}trusted\.overlay\.opaque \(1\) = "y"$/m);
  assert.doesNotMatch(await result.xattrs("new"), /opaque|whiteout/);
  assert.equal(result.mode(""), "040750");
  assert.equal(result.mode("closed"), "040555");
  assert.equal(result.mode("closed/f"), "104700");
  assert.equal(result.files.get("closed")?.owner, "1000:0");
  assert.equal(result.files.get("new/a")?.inode, result.files.get("new/b")?.inode);
  assert.equal(await result.text("closed/f"), "f");
}

Deno.test("a guest's script changes a base, and the layer has that alone", () =>
  changesBase(false));

Deno.test("a guest's script changes a base that is not unpacked", () => changesBase(true));

Deno.test("a guest reads the file systems that are written for it", async () => {
  await using scratch = new Scratch();
  const names = Array.from({ length: 600 }, (_, index) => {
    const start = `${index}${["+", "\u{ffff}", "\u{10000}", "\udcff", "é"][index % 5]}`;
    return start + "n".repeat(index * 7 % (256 - encodeName(start).length));
  });
  const content = (size: number) =>
    Array.from({ length: size }, (_, index) => `${index % 7}`).join("");
  const lower: TarRecipeMember[] = [
    ...names.map((name, index) => ({ name: `many/${name}`, content: content(index) })),
    ...[1, 60, 2000, 3967, 3968, 3969, 4032, 4033, 4095].flatMap((length, index) => [
      { name: `links/${index}`, type: "symlink" as const, linkname: "t".repeat(length) },
      { name: `links/of ${index}`, type: "symlink" as const, linkname: "u".repeat(length) },
    ]),
    ...[0, 1, 4095, 4096, 4097, 1 << 20, (1 << 20) + 1, 3 << 20].map((size) => ({
      name: `sizes/${size}`,
      content: content(size),
      mtime: size * 1000,
    })),
    // A block's worth of entries, and one more.
    ...Array.from({ length: 254 }, (_, i) => ({ name: `full/${`${i}`.padStart(4, "0")}` })),
    ...Array.from({ length: 255 }, (_, i) => ({ name: `more/${`${i}`.padStart(4, "0")}` })),
    { name: "more/link", type: "link", linkname: "sizes/4097" },
    { name: "-", type: "directory", mode: 0o7751, uid: 2 ** 31, gid: 2 ** 32 - 2 },
    { name: "-/device", type: "block", device: [259, 70000], mode: 0o600 },
  ];
  const belowTree = (member: TarRecipeMember): TarRecipeMember => ({
    ...member,
    name: `tree/${member.name}`,
    ...member.type === "link" ? { linkname: `tree/${member.linkname}` } : {},
  });
  const script = `
    cd "$1"
    find . -mindepth 1 | sort | md5sum
    find many sizes more -type f | sort | tr '\\n' '\\0' | xargs -0 md5sum | md5sum
    find links -type l | sort | xargs -n 1 readlink | md5sum
    stat -c '%n %a %u:%g %h' ./- sizes
    stat -c '%n %s %Y %h' sizes/* more/link
    stat -c '%n %a %t:%T' -- ./-/device
    find sizes more -type f -links 2 | sort
    ls more | wc -l
    [ ! -e more/none ] && [ ! -e many/0 ] && cat full/0253 more/0254
  `;
  Deno.mkdirSync(`${scratch.path}/root`);
  Deno.writeFileSync(`${scratch.path}/expected.tar`, await makeTar(...lower));
  const expected = await succeed([
    ...["sh", "-ec", 'tar -xf "$1" -C "$2" && exec busybox sh -c "$3" sh "$2"', "sh"],
    ...[`${scratch.path}/expected.tar`, `${scratch.path}/root`, script],
  ], { env: { LC_ALL: "C", PATH: Deno.env.get("PATH") ?? "", TZ: "UTC" } });
  const { lines } = await runGuest(scratch, {
    lower: lower.map(belowTree),
    asFileSystems: true,
    scripts: [{
      field: "runAsRoot",
      script: `set -- /tree; ${script}`,
    }],
  });
  assert.deepEqual(outputOf(lines), expected.trimEnd().split("\n"));
});

Deno.test("a guest outlives a script that removes all it can", async () => {
  await using scratch = new Scratch();
  const { lines, upper } = await runGuest(scratch, {
    lower: [directory("etc"), { name: "etc/f", content: "f" }],
    scripts: [
      { field: "runAsRoot", script: "rm -rf /* /.nix-image 2>/dev/null || :" },
      { field: "extraCommands", script: "ls" },
    ],
  });
  assert.deepEqual(endOf(lines), ["@phase finishing", "@done"]);
  assert.deepEqual(outputOf(lines), ["etc"]);
  assert.deepEqual(upper.paths, ["etc"]);
  assert.equal(await upper.device("etc"), "00:00");
});

Deno.test("a guest's script that fails ends everything, with status and line", async () => {
  await using scratch = new Scratch();
  const { lines } = await runGuest(scratch, {
    scripts: [
      { field: "extraCommands", script: "echo one >one" },
      { field: "runAsRoot", script: "cat /one\nsleep 1000 &\n(exit 3)\necho not reached" },
      { field: "fakeRootCommands", script: "echo not reached" },
    ],
  });
  assert.deepEqual(lines.filter((line) => /^[@|]/.test(line)).slice(2), [
    ...["@phase extraCommands", "@exit extraCommands 0"],
    ...["@phase runAsRoot", "| one", "@line 3", "@exit runAsRoot 3"],
  ]);
});

Deno.test("a guest's script without its shell is told from one that fails", async () => {
  await using scratch = new Scratch();
  const { lines } = await runGuest(scratch, {
    scripts: [{ field: "runAsRoot", script: "echo not reached", shell: "/bin/none" }],
  });
  assert.match(lines.find((line) => line.startsWith("| ")) ?? "", /\/bin\/none.*No such file/);
  assert.equal(endOf(lines)[1], "@error runAsRoot could not be started (exit status 127)");
});

Deno.test("a guest tells that its disk is full, from a script and from an archive", async () => {
  await using scratch = new Scratch();
  const scripts = [{
    field: "runAsRoot" as const,
    // The file is gone when the script ends.
    script: "dd if=/dev/zero of=/big bs=1M || { rm /big; exit 1; }",
  }];
  const script = await runGuest(scratch, { scripts, diskSize: 16 });
  assert.deepEqual(endOf(script.lines), ["@exit runAsRoot 1", "@full"]);

  await using other = new Scratch();
  const lower = [{ name: "big", content: "x".repeat(20 << 20) }];
  const archive = await runGuest(other, { lower, scripts: [], diskSize: 16 });
  assert.match(endOf(archive.lines)[0] ?? "", /^@error unpacking to lower failed: .*No space left/);
  assert.equal(endOf(archive.lines)[1], "@full");
});

Deno.test("a guest refuses a base image with something else in the place of a mount point", async () => {
  await using scratch = new Scratch();
  const { lines } = await runGuest(scratch, {
    lower: [{ name: "proc", type: "symlink", linkname: "/etc" }],
    scripts: [{ field: "runAsRoot", script: "echo not reached" }],
  });
  assert.deepEqual(endOf(lines), [
    "@phase runAsRoot",
    "@error /proc of the image is no directory",
  ]);
});
