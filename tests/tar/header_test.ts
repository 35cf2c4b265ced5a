import assert from "node:assert/strict";
import fc from "fast-check";
import type { TarFormat, TarHeader } from "../../src/tar/tar_header.ts";
import { encodeHeader, headerSize } from "../../src/tar/header.ts";
import { decodeName } from "../../src/tar/name.ts";
import { askPython } from "../support/python.ts";
import { samples, SEED } from "../support/samples.ts";

const PLAIN: TarHeader = {
  name: "/nix/store/a",
  type: "file",
  mode: 0o444,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 1,
  linkname: "",
  uname: "root",
  gname: "root",
};

const GIB = 2 ** 30;

function xattrs(bytes: Readonly<Record<string, readonly number[]>>): Map<string, Uint8Array> {
  return new Map(Object.entries(bytes).map(([name, value]) => [name, Uint8Array.from(value)]));
}

function lengths(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const EDGES: Record<string, Partial<TarHeader>[]> = {
  "names about 100 characters": [98, 99, 100, 101, 102, 256, 4000].flatMap((length) => {
    const name = "/" + "n".repeat(length - 1);
    return [
      { name },
      { name, type: "directory" },
      { name: name.slice(0, -1) + "/", type: "directory" },
      { name, type: "symlink", linkname: "target" },
    ];
  }),
  "link targets about 100 characters": [99, 100, 101, 300].flatMap((length) => [
    { type: "symlink", linkname: "t".repeat(length) },
    { type: "symlink", linkname: "t".repeat(length), name: "n".repeat(length) },
    { type: "symlink", linkname: "é".repeat(length) },
  ]),
  "characters beyond ASCII": [
    { name: "naïve/文件" },
    { name: "😀" },
    { name: "é".repeat(99) },
    { name: "é".repeat(100) },
    { name: "😀".repeat(51) },
    { name: "naïve", type: "directory" },
    { type: "symlink", linkname: "目標" },
    { name: "\x7f\x01" },
    { name: "\x80" },
  ],
  "bytes that are not UTF-8": [
    { name: "caf\udce9" },
    { name: "dir\udcff", type: "directory" },
    { name: "\udc80".repeat(120) },
    { type: "symlink", linkname: "caf\udce9" },
    { name: "caf\udce9", type: "symlink", linkname: "文", uname: "ü", uid: 0o10000000 },
  ],
  "owners": [
    ...[31, 32, 33, 40].flatMap((length) => [
      { uname: "u".repeat(length) },
      { gname: "g".repeat(length) },
      { uname: "ü".repeat(length), gname: "g".repeat(length) },
    ]),
    { uname: "", gname: "" },
    ...[0o10000000 - 1, 0o10000000, 2 ** 31, 2 ** 32 - 2].flatMap((id) => [
      { uid: id },
      { gid: id },
      { uid: id, gid: id, name: "é" },
    ]),
  ],
  "sizes and times": [
    ...[8 * GIB - 1, 8 * GIB, 8 * GIB + 1, 2 ** 45].map((size) => ({ size })),
    ...[0, 8 ** 11 - 1, 8 ** 11].map((mtime) => ({ mtime })),
    { size: 8 * GIB, mtime: 8 ** 11, uid: 0o10000000, gid: 0o10000000, name: "é", uname: "ü" },
  ],
  "modes": [0, 0o444, 0o555, 0o755, 0o7777].map((mode) => ({ mode })),
  "devices and FIFOs": [
    { type: "fifo" },
    { type: "fifo", mode: 0o7777, name: "é" },
    ...(["character", "block"] as const).flatMap((type) => [
      { type },
      { type, device: { major: 0, minor: 0 } },
      { type, device: { major: 5, minor: 130 } },
      { type, device: { major: 0xfff, minor: 0xfffff }, name: "文", uid: 0o10000000 },
    ]),
  ],
  "times before 1970": [-1, -(2 ** 40)].map((mtime) => ({ mtime })),
  "extended attributes": [
    { xattrs: xattrs({}) },
    { xattrs: xattrs({ "user.empty": [] }) },
    { xattrs: xattrs({ "security.capability": [1, 0, 0, 2, 0x80, 0x20, ...Array(14).fill(0)] }) },
    {
      xattrs: xattrs({ "user.b": [10, 255], "user.a": [0xc3, 0xa9], "user.é": [0xed, 0xb2, 0x80] }),
    },
    { xattrs: xattrs({ "user.a": [128] }), name: "caf\udce9", type: "directory" },
    {
      xattrs: xattrs({ "user.a": [0xf0, 0x9f, 0x98, 0x80] }),
      type: "symlink",
      linkname: "é",
      uname: "ü",
      gid: 2 ** 31,
      mtime: 8 ** 11,
    },
    ...lengths(70, 78).map((length) => ({ xattrs: xattrs({ "user.a": Array(length).fill(200) }) })),
  ],
  // " path=" and the line feed are seven characters, "é" is two bytes.
  "records about 99, 100, 999 and 1000 bytes": [
    ...lengths(86, 92),
    ...lengths(984, 992),
    ...lengths(9980, 9990),
  ].map((length) => ({ name: "é" + "n".repeat(length - 2) })),
};

const longText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.integer({ min: 90, max: 110 }).map((length) => "x".repeat(length)),
  fc.tuple(fc.string({ unit: "grapheme", maxLength: 40 }), fc.integer({ min: 1, max: 30 }))
    .map(([text, times]) => text.repeat(times)),
  fc.uint8Array({ maxLength: 30 }).map(decodeName),
).map((text) => text.replaceAll("\0", ""));

/** Names without the two characters that GNU tar spells otherwise: Python does not. */
const attributeName = fc.string({ unit: "binary", minLength: 1, maxLength: 8 })
  .map((name) => `user.${name.replaceAll(/[%=\0]/g, "")}`);

const number = fc.oneof(fc.nat(2000), fc.maxSafeNat());

const headers: fc.Arbitrary<TarHeader> = fc.record({
  name: longText.map((text) => text || "x"),
  type: fc.constantFrom("file", "directory", "symlink", "fifo", "character", "block"),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: number,
  gid: number,
  size: number,
  mtime: fc.oneof(fc.nat(2000), fc.maxSafeInteger()),
  linkname: longText,
  uname: longText,
  gname: longText,
  device: fc.record({ major: fc.nat(0xfff), minor: fc.nat(0xfffff) }),
  xattrs: fc.option(
    fc.uniqueArray(fc.tuple(attributeName, fc.uint8Array({ maxLength: 30 })), {
      selector: ([name]) => name,
      maxLength: 3,
    }).map((entries) => new Map(entries)),
    { nil: undefined },
  ),
});

/** The header once more, with what the members of its type can not have taken away. */
function possible(header: TarHeader): TarHeader {
  return {
    ...header,
    linkname: header.type === "symlink" ? header.linkname : "",
    size: header.type === "file" ? header.size : 0,
    device: ["character", "block"].includes(header.type) ? header.device : undefined,
  };
}

/** What GNU tar and Python agree on: names that fit, and ids that have eight bytes at most. */
function short(header: TarHeader): TarHeader {
  const text = (value: string) => Array.from(value).slice(0, 8).join("");
  const id = (value: number) => value % 2 ** 50;
  return {
    ...header,
    name: text(header.name),
    linkname: text(header.linkname),
    uid: id(header.uid),
    gid: id(header.gid),
    uname: text(header.uname),
    gname: text(header.gname),
    xattrs: undefined,
  };
}

async function assertAsPython(
  cases: readonly TarHeader[],
  about: string,
  format: TarFormat = "pax",
): Promise<void> {
  const questions = cases.map(({ xattrs, ...rest }) => ({
    ...rest,
    ...xattrs && {
      xattrs: Object.fromEntries([...xattrs].map(([name, value]) => [name, value.toHex()])),
    },
  }));
  const expected = await askPython<string[]>("pax_headers.py", questions, [format]);
  for (const [index, header] of cases.entries()) {
    assert.equal(
      encodeHeader(header, format).toHex(),
      expected[index],
      `${about}: ${JSON.stringify(header)}`,
    );
  }
}

Deno.test("encodeHeader() writes the edges of fields as Python's tarfile", async () => {
  for (const [what, cases] of Object.entries(EDGES)) {
    await assertAsPython(cases.map((edge) => ({ ...PLAIN, ...edge })), what);
  }
});

Deno.test("encodeHeader() writes random headers as Python's tarfile", async () => {
  await assertAsPython(samples(headers, 1500).map(possible), `seed ${SEED}`);
});

Deno.test("encodeHeader() writes numbers and devices in the GNU format as Python's tarfile", async () => {
  const edges = Object.values(EDGES).flat().map((edge) => short({ ...PLAIN, ...edge }));
  await assertAsPython(edges, "edges", "gnu");
  await assertAsPython(samples(headers, 1500).map(possible).map(short), `seed ${SEED}`, "gnu");
});

Deno.test("headerSize() is the length of what encodeHeader() gives", () => {
  const edges = Object.values(EDGES).flat().map((edge) => ({ ...PLAIN, ...edge }));
  for (const header of [...edges, ...samples(headers, 1500).map(possible)]) {
    for (const format of ["pax", "gnu"] as const) {
      const about = `${format}, seed ${SEED}: ${JSON.stringify(header)}`;
      assert.equal(headerSize(header, format), encodeHeader(header, format).length, about);
    }
  }
});
