import assert from "node:assert/strict";
import { StreamBytes } from "../../src/tar/byte_source.ts";
import { readTar } from "../../src/tar/read.ts";
import { streamOf } from "../support/bytes.ts";
import { BYTES, IN_TWO_PARTS, KINDS, LARGE, LONG } from "../support/tar_recipes.ts";
import { makeTar, makeTars, type TarRecipe, type TarRecipeMember } from "../support/tars.ts";

/** Members as recipes say them, with the content found at their places too. */
async function membersIn(bytes: Uint8Array, size?: number): Promise<TarRecipeMember[]> {
  const found: TarRecipeMember[] = [];
  for await (const member of readTar(new StreamBytes(streamOf(bytes, size)), "a.tar")) {
    const { name, type, mode, uid, gid, mtime, uname, gname, linkname, device, xattrs } = member;
    const content = new Uint8Array(member.size);
    for (let at = 0, length; (length = await member.read(content.subarray(at))) > 0;) at += length;
    assert.deepEqual(content, bytes.slice(member.offset, member.offset + member.size));
    found.push({
      name,
      type,
      mode,
      uid,
      gid,
      mtime,
      uname,
      gname,
      linkname,
      content: new TextDecoder().decode(content),
      device: device ? [device.major, device.minor] : [0, 0],
      pax: Object.fromEntries(
        Array.from(
          xattrs,
          ([name, value]) => [`SCHILY.xattr.${name}`, new TextDecoder().decode(value)],
        ),
      ),
    });
  }
  return found;
}

function inFull(member: TarRecipeMember): TarRecipeMember {
  const rest = { uid: 0, gid: 0, mtime: 0, uname: "", gname: "", content: "", linkname: "" };
  const device = [0, 0] as const;
  return { type: "file", mode: 0o644, ...rest, device, pax: {}, ...member };
}

const ATTRIBUTES: TarRecipeMember[] = [
  { name: "x", pax: { "SCHILY.xattr.user.a": "value", "SCHILY.xattr.security.b": "new\nline=" } },
  { name: "y" },
];

Deno.test("readTar() reads what Python's tarfile writes", async () => {
  const recipes: TarRecipe[] = (["ustar", "gnu", "pax"] as const).flatMap((format) => [
    { format, members: [] },
    { format, members: KINDS },
    { format, members: BYTES.slice(0, format === "ustar" ? 2 : 3) },
    ...format === "ustar" ? [] : [{ format, members: LONG }, { format, members: LARGE }],
  ]);
  recipes.push({ format: "ustar", members: [IN_TWO_PARTS] }, {
    format: "pax",
    members: ATTRIBUTES,
  });
  for (const [index, tar] of (await makeTars(...recipes)).entries()) {
    const { format, members } = recipes[index]!;
    const expected = members.map((member) => {
      const slash = member.type === "directory" ? "/" : "";
      return { ...inFull(member), name: member.name + slash };
    });
    assert.deepEqual(await membersIn(tar), expected, format);
    assert.deepEqual(await membersIn(tar, 7), expected, format);
  }
});

Deno.test("readTar() takes records of a global header for members that say nothing else", async () => {
  const [tar] = await makeTars({
    format: "pax",
    global: { "SCHILY.xattr.user.all": "1", uid: "5" },
    members: [{ name: "a" }, { name: "b", pax: { "SCHILY.xattr.user.all": "2", uid: "6" } }],
  });
  const found = await membersIn(tar!);
  assert.deepEqual(found.map(({ uid }) => uid), [5, 6]);
  assert.deepEqual(found.map(({ pax }) => pax), [
    { "SCHILY.xattr.user.all": "1" },
    { "SCHILY.xattr.user.all": "2" },
  ]);
});

Deno.test("readTar() passes over what is not read of a content", async () => {
  const tar = await makeTar({ name: "a", content: "x".repeat(5000) }, { name: "b", content: "b" });
  const names: string[] = [];
  let first;
  for await (const member of readTar(new StreamBytes(streamOf(tar)), "a.tar")) {
    names.push(member.name);
    assert.equal(await member.read(new Uint8Array(1)), 1);
    // The first one's turn is over.
    if (first) assert.equal(await first.read(new Uint8Array(1)), 0);
    first ??= member;
  }
  assert.deepEqual(names, ["a", "b"]);
});

Deno.test("readTar() takes an archive without an end, and one with something behind it", async () => {
  const tar = await makeTar({ name: "a", content: "a" }, { name: "b" });
  const names = async (bytes: Uint8Array) => (await membersIn(bytes)).map(({ name }) => name);
  assert.deepEqual(await names(tar.subarray(0, 3 * 512)), ["a", "b"]);
  assert.deepEqual(await names(tar.subarray(0, 4 * 512)), ["a", "b"]);
  assert.deepEqual(await names(new Uint8Array([...tar, 1, 2, 3])), ["a", "b"]);
  assert.deepEqual(await names(new Uint8Array(0)), []);
  assert.deepEqual(await names(tar.subarray(0, 512 + 1)), ["a"], "without what fills the block");
});

Deno.test("readTar() refuses what is broken or not supported", async () => {
  const tar = await makeTar({ name: "a", content: "a".repeat(600) }, { name: "b" });
  const refused = async (bytes: Uint8Array, message: string) => {
    await assert.rejects(membersIn(bytes), { name: "ImageError", message: `a.tar${message}` });
  };
  const changed = (at: number, ...bytes: number[]) => {
    const copy = tar.slice();
    copy.set(bytes, at);
    return copy;
  };
  const early = ": the tar archive ends too early";
  await refused(tar.subarray(0, 512 + 599), early);
  await refused(tar.subarray(0, 512 + 601), early);
  await refused(tar.subarray(0, 4 * 512 - 1), early);
  const not = ": not a tar archive, or a broken one";
  await refused(new TextEncoder().encode("text"), `${not}: too short`);
  await refused(new Uint8Array(1000).fill(65), `${not}: no header at byte 0`);
  await refused(changed(0, 66), `${not}: no header at byte 0`);
  await refused(changed(3 * 512, 66), `${not}: no header at byte 1536`);

  const [sparse, unknown, size, id, path] = await makeTars(
    { members: [{ name: "s", type: "sparse" }] },
    { members: [{ name: "u", type: "unknown" }] },
    { format: "pax", members: [{ name: "n", pax: { size: "-1" } }] },
    { format: "pax", members: [{ name: "n", pax: { uid: "1e3" } }] },
    { format: "pax", members: [{ name: "n", pax: { path: "a\0b" } }] },
  );
  await refused(
    sparse!,
    ': "s" is a sparse file: make the archive without tar\'s --sparse',
  );
  await refused(unknown!, ': "u" is of the type "Q", which is not supported');
  const broken = ': "n": not a tar archive, or a broken one';
  await refused(size!, `${broken}: size is no number that can be`);
  await refused(id!, `${broken}: uid is no number that can be`);
  await refused(path!, ': "a\\u0000b": not a tar archive, or a broken one: NUL in a name');
});

Deno.test("readTar() refuses extended headers that are broken or too large", async () => {
  const [tar] = await makeTars({ format: "pax", members: [{ name: "n", pax: { comment: "c" } }] });
  const text = new TextEncoder();
  for (
    const record of [
      "99 comment=c\n",
      "0 a=b\n",
      "5 =a\n",
      "-6 a=b\n",
      "5 ab\n",
      "6 a=bc",
      "x a=b\n",
    ]
  ) {
    const copy = tar!.slice();
    copy.fill(0, 512, 1024);
    copy.set(text.encode(record), 512);
    await assert.rejects(membersIn(copy), {
      message: "a.tar: not a tar archive, or a broken one: a broken extended header",
    }, record);
  }
  const [huge] = await makeTars({
    format: "pax",
    members: [{ name: "n", pax: { comment: "c".repeat(1 << 20) } }],
  });
  await assert.rejects(membersIn(huge!), { message: /an extended header of 10485\d\d bytes$/ });
});
