/**
 * Tar headers against GNU tar: its own format, and extended attributes in the pax format.
 * @module
 */

import assert from "node:assert/strict";
import { parseCapabilities } from "../../src/spec/capabilities.ts";
import type { TarHeader } from "../../src/tar/tar_header.ts";
import { BLOCK, encodeHeader } from "../../src/tar/header.ts";
import { membersOf, tarStream } from "../../src/tar/stream.ts";
import { askPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";
import { runCommand, succeed } from "../support/program.ts";

const PLAIN: TarHeader = {
  name: "x",
  type: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 1,
  linkname: "",
  uname: "",
  gname: "",
};

const GIB = 2 ** 30;
const LONG = "n".repeat(120);

/** How `x` is made, what it is, and what tar is told besides. */
const CASES: Record<string, [make: string, Partial<TarHeader>, options?: string[]]> = {
  "a FIFO": ["mkfifo x", { type: "fifo" }],
  "a FIFO with a long name": [`mkfifo ${LONG}`, { type: "fifo", name: LONG }],
  "a character device": ["mknod x c 5 130", {
    type: "character",
    device: { major: 5, minor: 130 },
  }],
  "a block device": ["mknod x b 4095 1048575", {
    type: "block",
    device: { major: 4095, minor: 1048575 },
  }],
  "the first id that does not fit": [":>x", { uid: 8 ** 7, gid: 8 ** 7 - 1 }],
  "the last id": [":>x", { uid: 2 ** 32 - 2, gid: 2 ** 32 - 2 }],
  "a size that just fits": [`truncate -s ${8 * GIB - 1} x`, { size: 8 * GIB - 1 }],
  "a size that does not fit": [`truncate -s ${8 * GIB} x`, { size: 8 * GIB }],
  "a size far beyond": [`truncate -s ${3000 * GIB} x`, { size: 3000 * GIB }],
  "a time before 1970": [":>x", { mtime: -1 }],
  "a time long before 1970": [":>x", { mtime: -(2 ** 40) }],
  "a time that does not fit": [":>x", { mtime: 8 ** 11 }],
};

for (const [what, [make, fields]] of Object.entries(CASES)) {
  Deno.test(`encodeHeader() writes what GNU tar writes: ${what}`, async () => {
    await using scratch = new Scratch();
    const header = { ...PLAIN, ...fields };
    const expected = encodeHeader(header, "gnu");
    await succeed(["sh", "-c", `umask 022; ${make}`], { cwd: scratch.path });
    const { stdout, stderr } = await runCommand([
      "sh",
      "-c",
      // Of a large file, no more than the header is read.
      `tar "$@" | head -c ${expected.length}`,
      "sh",
      "--format=gnu",
      "--numeric-owner",
      `--owner=${header.uid}`,
      `--group=${header.gid}`,
      `--mtime=@${header.mtime}`,
      "-cf",
      "-",
      header.name,
    ], { cwd: scratch.path });
    assert.equal(stdout.toHex(), expected.toHex(), stderr);
  });
}

/** Sets each attribute with the value in hexadecimal. */
const SET_XATTRS = "import json, os, sys\n" +
  "for name, value in json.load(sys.stdin).items(): os.setxattr('x', name, bytes.fromhex(value))";

Deno.test("extended attributes have the records of GNU tar, which gives them back", async () => {
  await using scratch = new Scratch();
  const cwd = scratch.path;
  const values: Record<string, Uint8Array> = {
    "security.capability": parseCapabilities("cap_setuid,cap_net_raw+ep"),
    "user.a": Uint8Array.of(0x80, 0xff, 0, 10),
    "user.b=c%d": Uint8Array.of(),
    "user.é": new TextEncoder().encode("naïve"),
  };
  const names = Object.keys(values);
  Deno.writeTextFileSync(`${cwd}/x`, "");
  const hexadecimal = names.map((name) => [name, values[name]?.toHex()]);
  await succeed(["python3", "-c", SET_XATTRS], {
    cwd,
    stdin: JSON.stringify(Object.fromEntries(hexadecimal)),
  });
  const options = ["--xattrs", "--xattrs-include=*"];
  const { stdout } = await runCommand(
    ["tar", ...options, "--format=pax", "--pax-option=delete=?time", "--mtime=@1", "-cf", "-", "x"],
    { cwd },
  );
  const ours = encodeHeader({
    ...PLAIN,
    xattrs: new Map(names.reverse().map((name) => [name, values[name] ?? Uint8Array.of()])),
  }, "pax");
  // GNU tar has them in the order of the file system.
  assert.deepEqual(records(ours).sort(), records(stdout).sort());

  const member = { ...PLAIN, origin: "x", xattrs: new Map(Object.entries(values)) };
  const archive = await new Response(tarStream(membersOf([member]), "pax")).bytes();
  Deno.mkdirSync(`${cwd}/out`);
  Deno.writeFileSync(`${cwd}/ours.tar`, archive);
  await succeed(["tar", ...options, "-xf", "../ours.tar"], { cwd: `${cwd}/out` });
  const read = await askPython<Record<string, string>>("get_xattrs.py", `${cwd}/out/x`);
  assert.deepEqual(read, Object.fromEntries(hexadecimal));
});

/** The records of an extended header, each as a string of bytes. */
function records(archive: Uint8Array): string[] {
  const text = new TextDecoder("latin1");
  const size = parseInt(text.decode(archive.subarray(124, 135)), 8);
  const extended = archive.subarray(BLOCK, BLOCK + size);
  const found: string[] = [];
  for (let at = 0; at < size;) {
    const length = parseInt(text.decode(extended.subarray(at, at + 10)));
    found.push(extended.subarray(at, at + length).toHex());
    at += length;
  }
  return found;
}
