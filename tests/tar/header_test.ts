import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeHeader, headerSize, type TarHeader } from "../../src/tar/header.ts";
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

const headers: fc.Arbitrary<TarHeader> = fc.record({
  name: longText.map((text) => text || "x"),
  type: fc.constantFrom("file", "directory", "symlink"),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.oneof(fc.nat(2000), fc.maxSafeNat()),
  gid: fc.oneof(fc.nat(2000), fc.maxSafeNat()),
  size: fc.oneof(fc.nat(2000), fc.maxSafeNat()),
  mtime: fc.oneof(fc.nat(2000), fc.maxSafeNat()),
  linkname: longText,
  uname: longText,
  gname: longText,
});

/** The header once more, with what the members of its type can not have taken away. */
function possible(header: TarHeader): TarHeader {
  return {
    ...header,
    linkname: header.type === "symlink" ? header.linkname : "",
    size: header.type === "file" ? header.size : 0,
  };
}

async function assertAsPython(cases: readonly TarHeader[], about: string): Promise<void> {
  const expected = await askPython<string[]>("pax_headers.py", cases);
  for (const [index, header] of cases.entries()) {
    assert.equal(
      encodeHeader(header, "pax").toHex(),
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

Deno.test("headerSize() is the length of what encodeHeader() gives", () => {
  const edges = Object.values(EDGES).flat().map((edge) => ({ ...PLAIN, ...edge }));
  for (const header of [...edges, ...samples(headers, 1500).map(possible)]) {
    for (const format of ["pax", "gnu"] as const) {
      const about = `${format}, seed ${SEED}: ${JSON.stringify(header)}`;
      assert.equal(headerSize(header, format), encodeHeader(header, format).length, about);
    }
  }
});
