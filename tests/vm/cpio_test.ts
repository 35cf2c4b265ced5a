import assert from "node:assert/strict";
import { cpioArchive, type CpioEntry } from "../../src/vm/cpio.ts";
import { succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const ENTRIES: readonly CpioEntry[] = [
  { path: "dev", kind: "directory" },
  { path: "dev/console", kind: "character-device", major: 5, minor: 1 },
  { path: "init", kind: "file", content: bytes("#!/bin/sh\n"), executable: true },
  { path: "[", kind: "symlink", target: "bin/busybox" },
  // Names and contents of every length up to a few paddings.
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((length): CpioEntry => ({
    path: `dev/é${"n".repeat(length)}`,
    kind: "file",
    content: bytes("x".repeat(length)),
    executable: false,
  })),
];

Deno.test("cpioArchive writes what GNU cpio lists", async () => {
  await using scratch = new Scratch();
  const file = `${scratch.path}/archive`;
  Deno.writeFileSync(file, cpioArchive(ENTRIES));
  const listing = await succeed(["sh", "-c", 'cpio -itvn --quiet <"$1"', "sh", file], {
    env: { TZ: "UTC", LC_ALL: "C" },
  });
  const lines = listing.trimEnd().split("\n").map((line) => line.split(/\s+/));
  assert.deepEqual(lines.slice(0, 4).map((line) => line.join(" ")), [
    "drwxr-xr-x 2 0 0 0 Jan 1 1970 dev",
    "crw------- 1 0 0 5, 1 Jan 1 1970 dev/console",
    "-rwxr-xr-x 1 0 0 10 Jan 1 1970 init",
    "lrwxrwxrwx 1 0 0 11 Jan 1 1970 [ -> bin/busybox",
  ]);
  assert.deepEqual(
    lines.slice(4).map((line) => `${line[0]} ${line[4]}`),
    [0, 1, 2, 3, 4, 5, 6, 7].map((length) => `-rw-r--r-- ${length}`),
  );
});

Deno.test("cpioArchive writes what GNU cpio extracts", async () => {
  await using scratch = new Scratch();
  const extracted = `${scratch.path}/extracted`;
  Deno.mkdirSync(extracted);
  Deno.writeFileSync(`${scratch.path}/archive`, cpioArchive(ENTRIES));
  // Without the device, which root alone can make.
  const script = 'cpio -id --quiet --no-absolute-filenames -f dev/console <"$1"';
  await succeed(["sh", "-c", script, "sh", `${scratch.path}/archive`], { cwd: extracted });
  for (const entry of ENTRIES) {
    const path = `${extracted}/${entry.path}`;
    if (entry.kind === "file") {
      assert.deepEqual(new Uint8Array(Deno.readFileSync(path)), new Uint8Array(entry.content));
      assert.equal(Deno.statSync(path).mode! & 0o777, entry.executable ? 0o755 : 0o644);
    } else if (entry.kind === "symlink") assert.equal(Deno.readLinkSync(path), entry.target);
    else if (entry.kind === "directory") assert.ok(Deno.statSync(path).isDirectory);
  }
});
