import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { Tarsum } from "../../src/sinks/tarsum.ts";
import type { TarHeader } from "../../src/tar/tar_header.ts";
import { encodeHeader } from "../../src/tar/header.ts";
import { inDirectory } from "../support/directories.ts";
import { askPython } from "../support/python.ts";
import { BYTES, IN_TWO_PARTS, KINDS, LARGE, LONG } from "../support/tar_recipes.ts";
import { makeTars, type TarRecipe, type TarRecipeMember } from "../support/tars.ts";

function tarsumOf(bytes: Uint8Array, chunk = bytes.length): string {
  const tarsum = new Tarsum();
  for (let at = 0; at < bytes.length; at += chunk) tarsum.update(bytes.subarray(at, at + chunk));
  return tarsum.digest();
}

const XATTRS: TarRecipeMember[] = [
  {
    name: "caps",
    content: "x",
    pax: {
      "SCHILY.xattr.user.z": "last",
      "SCHILY.xattr.user.a": "first é",
      "SCHILY.xattr.user.empty": "",
      comment: "not hashed",
    },
  },
  { name: "plain", content: "x" },
];

const TWICE: TarRecipeMember[] = Array.from("012345", (content) => ({ name: "same", content }));

const MORE: TarRecipeMember[] = [...KINDS, { name: "d/large", content: "0123456789".repeat(1e5) }];

const RECIPES: TarRecipe[] = [
  { format: "v7", members: [{ name: "old/" }, { name: "old/file", content: "old" }] },
  { format: "ustar", members: [...MORE, IN_TWO_PARTS] },
  { format: "gnu", members: [...MORE, ...LONG, ...LARGE, ...BYTES] },
  { format: "pax", members: [...MORE, ...LONG, ...LARGE, ...BYTES, ...XATTRS] },
  { format: "pax", members: [...MORE, ...XATTRS].reverse() },
  { format: "pax", members: TWICE },
  { format: "pax", members: TWICE.toReversed() },
  { members: [] },
];

Deno.test("Tarsum gives what its definition says, for archives of every format and in parts of any size", async () => {
  await inDirectory(async (directory) => {
    const tars = await makeTars(...RECIPES);
    const paths = tars.map((_, index) => `${directory}/${index}.tar`);
    for (const [index, bytes] of tars.entries()) await Deno.writeFile(paths[index]!, bytes);
    const expected = await askPython<string[]>("tarsum.py", paths);
    assert.equal(new Set(expected).size, paths.length, "all are different");
    for (const [index, bytes] of tars.entries()) {
      for (const chunk of [bytes.length, 512, 1000, 4096 + 1]) {
        assert.equal(
          tarsumOf(bytes, chunk),
          expected[index],
          `archive ${index}, by ${chunk} bytes`,
        );
      }
    }
  });
});

const SLARTIBARTFAST: TarHeader = {
  name: "another.txt",
  type: "file",
  mode: 0,
  uid: 1000,
  gid: 1000,
  size: 4,
  mtime: 0,
  linkname: "",
  uname: "slartibartfast",
  gname: "users",
};

/** A pax header with extended attributes, as Go and GNU tar write them. */
function xattrRecords(records: Readonly<Record<string, string>>): Uint8Array[] {
  const text = Object.entries(records).map(([key, value]) => {
    const rest = ` SCHILY.xattr.${key}=${value}\n`;
    return `${rest.length + 2}${rest}`;
  }).join("");
  const header = { ...SLARTIBARTFAST, name: "x", size: text.length };
  const block = encodeHeader(header, "pax");
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  block[156] = "x".charCodeAt(0);
  const changed = sum + "x".charCodeAt(0) - "0".charCodeAt(0);
  block.set(new TextEncoder().encode(changed.toString(8).padStart(6, "0")), 148);
  return [block, inBlock(text)];
}

function inBlock(text: string): Uint8Array {
  const block = new Uint8Array(512);
  block.set(new TextEncoder().encode(text));
  return block;
}

function archive(...blocks: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 1024));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

// The checksums that Docker's own tests expect for these members (moby, pkg/tarsum).
const member = (header: Partial<TarHeader>) =>
  encodeHeader({ ...SLARTIBARTFAST, ...header }, "pax");
const xattrs = member({ name: "xattrs.txt" });
for (
  const [what, bytes, expected] of [
    [
      "an empty file",
      archive(member({ name: "file.txt", uid: 0, gid: 0, size: 0, uname: "", gname: "" })),
      "6ffd43a1573a9913325b4918e124ee982a99c0f3cba90fc032a65f5e20bdd465",
    ],
    [
      "a file of an owner with a name",
      archive(member({}), inBlock("test")),
      "862964db95e0fa7e42836ae4caab3576ab1df8d275720a45bdd01a5a3730cc63",
    ],
    [
      "extended attributes",
      archive(
        ...xattrRecords({ "user.key2": "value2", "user.key1": "value1" }),
        xattrs,
        inBlock("test"),
      ),
      "4b1ba03544b49d96a32bacc77f8113220bd2f6a77e7e6d1e7b33cd87117d88e7",
    ],
    [
      "an extended attribute in capitals",
      archive(
        ...xattrRecords({ "user.KEY1": "value1", "user.key2": "value2" }),
        xattrs,
        inBlock("test"),
      ),
      "410b602c898bd4e82e800050f89848fc2cf20fd52aa59c1ce29df76b878b84a6",
    ],
    [
      "no members",
      archive(),
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
  ] as const
) {
  Deno.test(`Tarsum gives what Docker's own tests expect: ${what}`, () => {
    assert.equal(tarsumOf(bytes), `tarsum.v1+sha256:${expected}`);
  });
}

Deno.test("Tarsum refuses what is no tar archive, or not a whole one", () => {
  const whole = archive(member({}), inBlock("test"));
  const damaged = Uint8Array.from(whole);
  damaged[0] = 0x41;
  const cases: [bytes: Uint8Array, message: RegExp][] = [
    [new TextEncoder().encode("hello\n".repeat(200)), /^Not a tar archive.* at byte 0$/],
    [damaged, /^Not a tar archive, or a damaged one: a wrong checksum at byte 0$/],
    [whole.subarray(0, 100), /^The tar archive is cut off after 100 bytes$/],
    [whole.subarray(0, 514), /^The tar archive is cut off after 514 bytes$/],
    [whole.subarray(0, 1000), /^The tar archive is cut off after 1000 bytes$/],
    [
      archive(new Uint8Array(512), member({}), inBlock("test")),
      /a header after a block of zeros at byte 512$/,
    ],
    [archive(...xattrRecords({ "user.a": "b" })).subarray(0, 1024), /^The tar archive is cut off/],
    [
      archive(xattrRecords({ "user.a": "b" })[0]!, inBlock("99 user.a=b\n")),
      /: an extended header is damaged at byte 512$/,
    ],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(() => tarsumOf(bytes, 300), (error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, message);
      return true;
    });
  }
});
