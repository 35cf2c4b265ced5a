import assert from "node:assert/strict";
import { mergeLayers } from "../../src/base/merged_root.ts";
import { ImageError } from "../../src/errors.ts";
import { exportLayers, type FoundEntry, readRoots } from "../support/exported_roots.ts";
import { layerOf } from "../support/layers.ts";
import { makeTars, type TarRecipeMember as Member } from "../support/tars.ts";

const dir = (name: string, more: Partial<Member> = {}): Member => ({
  name,
  type: "directory",
  mode: 0o755,
  ...more,
});
const file = (name: string, content: string, more: Partial<Member> = {}): Member => ({
  name,
  content,
  ...more,
});
const symlink = (name: string, linkname: string): Member => ({ name, type: "symlink", linkname });
const hard = (name: string, linkname: string): Member => ({ name, type: "link", linkname });
const gone = (name: string): Member => ({ name, mode: 0 });

interface Case {
  readonly name: string;
  /** Lowest first. */
  readonly layers: readonly (readonly Member[])[];
  /** As {@linkcode shown} has it; the root is not named unless there is something about it. */
  readonly expected: Readonly<Record<string, string>>;
}

/** `/` for a directory, the content of a file, `-> target`; with what is not as usual. */
function shown(path: string, entry: FoundEntry): string {
  const { type, mode, uid, gid, text, linkname, device, names } = entry;
  const usual = { directory: 0o755, file: 0o644, symlink: 0o777 }[type];
  return [
    type === "directory"
      ? "/"
      : type === "file"
      ? text
      : type === "symlink"
      ? `-> ${linkname}`
      : `${type}${device ? ` ${device.join(":")}` : ""}`,
    ...mode === usual ? [] : [mode.toString(8)],
    ...uid === 0 && gid === 0 ? [] : [`${uid}:${gid}`],
    ...names.length === 1 ? [] : [`= ${names.filter((name) => name !== path).join(", ")}`],
  ].join(" ");
}

const CASES: readonly Case[] = [
  { name: "no layers", layers: [], expected: {} },
  { name: "an empty layer", layers: [[]], expected: {} },
  {
    name: "the upper layer's file counts",
    layers: [[file("a", "old"), file("b", "b")], [file("a", "new", { mode: 0o755, uid: 7 })]],
    expected: { a: "new 755 7:0", b: "b" },
  },
  {
    name: "a directory keeps what is in it and takes new attributes",
    layers: [[dir("d"), file("d/a", "a")], [dir("d", { mode: 0o1777, gid: 3 }), file("d/b", "b")]],
    expected: { d: "/ 1777 0:3", "d/a": "a", "d/b": "b" },
  },
  {
    name: "a directory keeps its attributes where the upper layer has no member for it",
    layers: [[dir("d", { mode: 0o700, uid: 5 })], [file("d/b", "b")]],
    expected: { d: "/ 700 5:0", "d/b": "b" },
  },
  {
    name: "directories without members",
    layers: [[file("a/b/c", "c")]],
    expected: { a: "/", "a/b": "/", "a/b/c": "c" },
  },
  {
    name: "the root has attributes of its own",
    layers: [[dir("./", { mode: 0o700 })], [dir(".", { mode: 0o711, uid: 9 })], [file("a", "")]],
    expected: { "": "/ 711 9:0", a: "" },
  },
  {
    name: "a file, a symlink or a device replaces a directory",
    layers: [
      [file("a/x", "1"), file("b/x", "2"), file("c/x", "3")],
      [file("a", "file"), symlink("b", "a"), { name: "c", type: "character", device: [1, 3] }],
    ],
    expected: { a: "file", b: "-> a", c: "character 1:3 644" },
  },
  {
    name: "a directory replaces a file or a symlink",
    layers: [
      [file("a", "file"), symlink("b", "elsewhere"), file("elsewhere/y", "y")],
      [dir("a", { mode: 0o700 }), dir("b"), file("b/x", "x")],
    ],
    expected: { a: "/ 700", b: "/", "b/x": "x", elsewhere: "/", "elsewhere/y": "y" },
  },
  {
    name: "a directory without a member replaces a symlink of a lower layer",
    layers: [[symlink("lib", "usr/lib"), file("usr/lib/a", "a")], [file("lib/b", "b")]],
    expected: { lib: "/", "lib/b": "b", usr: "/", "usr/lib": "/", "usr/lib/a": "a" },
  },
  {
    name: "a whiteout hides a file, a directory with all below it, a symlink, and nothing",
    layers: [
      [file("d/a", "a"), file("d/b/c/d", "x"), symlink("d/l", "a"), file("d/stays", "s")],
      [gone("d/.wh.a"), gone("d/.wh.b"), gone("d/.wh.l"), gone("d/.wh.never"), gone(".wh.none")],
    ],
    expected: { d: "/", "d/stays": "s" },
  },
  {
    name: "a whiteout hides what is in any of the lower layers, and an upper one may bring it back",
    layers: [[file("a", "1")], [file("b", "2")], [gone(".wh.a"), gone(".wh.b")], [file("a", "4")]],
    expected: { a: "4" },
  },
  {
    name: "a whiteout does not hide what its own layer has, wherever that stands",
    layers: [
      [file("a/old", "1"), file("b/old", "2")],
      [gone(".wh.a"), file("a/new", "3"), file("b/new", "4"), gone(".wh.b")],
    ],
    expected: { a: "/", "a/new": "3", b: "/", "b/new": "4" },
  },
  {
    name: "an opaque directory hides all of the lower layers, wherever its mark stands",
    layers: [
      [file("a/old", "1"), file("b/old/x", "2"), file("c/old", "3"), dir("c", { uid: 4 })],
      [
        file("a/new", "4"),
        gone("a/.wh..wh..opq"),
        gone("b/.wh..wh..opq"),
        file("b/old/y", "5"),
        gone("c/.wh..wh..opq"),
      ],
    ],
    expected: { a: "/", "a/new": "4", b: "/", "b/old": "/", "b/old/y": "5", c: "/ 4:0" },
  },
  {
    name: "an opaque root",
    layers: [[file("a", "1")], [gone(".wh..wh..opq"), file("b", "2")]],
    expected: { b: "2" },
  },
  {
    name: "what an opaque directory hides stays hidden under further layers",
    layers: [[file("a/x", "1")], [gone("a/.wh..wh..opq")], [file("a/y", "2")]],
    expected: { a: "/", "a/y": "2" },
  },
  {
    name: "what aufs left is no part of the image, but for what links lead to",
    layers: [[
      dir(".wh..wh.orph"),
      file(".wh..wh.aufs", ""),
      file(".wh..wh.plnk/12.34", "linked"),
      hard("a", ".wh..wh.plnk/12.34"),
      hard("b", ".wh..wh.plnk/12.34"),
      gone("d/.wh..wh.other"),
    ]],
    expected: { a: "linked = b", b: "linked = a", d: "/" },
  },
  {
    name: "of members with one name the last one counts",
    layers: [[
      file("a", "1"),
      file("./a", "2"),
      file("b/x", "3"),
      symlink("b", "a"),
      symlink("c", "a"),
      dir("c", { mode: 0o700 }),
      dir("d", { mode: 0o700 }),
      file("d/x", "4"),
      dir("d/", { mode: 0o711 }),
    ]],
    expected: { a: "2", b: "-> a", c: "/ 700", d: "/ 711", "d/x": "4" },
  },
  {
    name: "names are cleaned, and absolute ones are below the root",
    layers: [[file("/abs", "1"), file("./d//e/./f", "2"), file("d/g/../h", "3"), file("//x", "4")]],
    expected: { abs: "1", d: "/", "d/e": "/", "d/e/f": "2", "d/h": "3", x: "4" },
  },
  {
    name: "odd names",
    layers: [[
      file("caf\udce9", "1"),
      file("new\nline", "2"),
      file("ünï 文", "3"),
      file(`${"n".repeat(255)}/${"m".repeat(255)}`, "4"),
      file(".wh", "5"),
      file("a.wh.b", "6"),
    ]],
    expected: {
      "caf\udce9": "1",
      "new\nline": "2",
      "ünï 文": "3",
      ["n".repeat(255)]: "/",
      [`${"n".repeat(255)}/${"m".repeat(255)}`]: "4",
      ".wh": "5",
      "a.wh.b": "6",
    },
  },
  {
    name: "a member below a symlink of its layer goes where that leads",
    layers: [
      [file("usr/lib/old", "1"), dir("usr/lib", { uid: 6 })],
      [
        symlink("lib", "usr/lib"),
        file("lib/a", "2"),
        symlink("usr/abs", "/usr/lib"),
        file("usr/abs/b", "3"),
        symlink("usr/up", "../../../.././usr/lib/sub"),
        file("usr/up/c", "4"),
        gone("lib/.wh.old"),
      ],
    ],
    expected: {
      lib: "-> usr/lib",
      usr: "/",
      "usr/abs": "-> /usr/lib",
      "usr/lib": "/ 6:0",
      "usr/lib/a": "2",
      "usr/lib/b": "3",
      "usr/lib/sub": "/",
      "usr/lib/sub/c": "4",
      "usr/up": "-> ../../../.././usr/lib/sub",
    },
  },
  {
    name:
      "hard links within a layer, in a chain, to a symlink and to a device, by way of a symlink",
    layers: [[
      file("d/a", "x", { mode: 0o4755, uid: 3 }),
      hard("b", "d/a"),
      hard("c", "./b"),
      symlink("s", "d"),
      hard("e", "/s/a"),
      hard("t", "s"),
      { name: "n", type: "block", device: [8, 1], mode: 0o600 },
      hard("m", "n"),
    ]],
    expected: {
      b: "x 4755 3:0 = c, d/a, e",
      c: "x 4755 3:0 = b, d/a, e",
      d: "/",
      "d/a": "x 4755 3:0 = b, c, e",
      e: "x 4755 3:0 = b, c, d/a",
      m: "block 8:1 600 = n",
      n: "block 8:1 600 = m",
      s: "-> d = t",
      t: "-> d = s",
    },
  },
  {
    name: "a hard link to a file of a lower layer",
    layers: [[file("a", "x", { uid: 2 })], [hard("b", "a")], [hard("c", "b")]],
    expected: { a: "x 2:0 = b, c", b: "x 2:0 = a, c", c: "x 2:0 = a, b" },
  },
  {
    name: "a file lives on under its other names when one is replaced, hidden or overwritten",
    layers: [
      [
        file("a", "1"),
        hard("b", "a"),
        hard("b2", "a"),
        file("c/x", "2"),
        hard("d", "c/x"),
        file("e", "3"),
        hard("f", "e"),
        file("e", "4"),
      ],
      [file("a", "new"), gone(".wh.c")],
    ],
    expected: { a: "new", b: "1 = b2", b2: "1 = b", d: "2", e: "4", f: "3" },
  },
  {
    name: "the same layer twice",
    layers: [[file("a", "1"), hard("b", "a")], [file("a", "1"), hard("b", "a")]],
    expected: { a: "1 = b", b: "1 = a" },
  },
  {
    name: "FIFOs and devices",
    layers: [[
      { name: "p", type: "fifo", mode: 0o600 },
      { name: "c", type: "character", device: [5, 1], mode: 0o620, gid: 5 },
      { name: "b", type: "block", device: [300, 70000], mode: 0o660 },
    ]],
    expected: { b: "block 300:70000 660", c: "character 5:1 620 0:5", p: "fifo 600" },
  },
];

Deno.test("mergeLayers() follows the rules for layers", async (t) => {
  const tars = await makeTars(
    ...CASES.flatMap(({ layers }) => layers.map((members) => ({ members }))),
  );
  const archives: Uint8Array<ArrayBuffer>[] = [];
  for (const { layers } of CASES) {
    archives.push(await exportLayers(tars.splice(0, layers.length)));
  }
  const roots = await readRoots(archives);
  for (const [index, { name, expected }] of CASES.entries()) {
    await t.step(name, () => {
      const found = Object.entries(roots[index]!.entries).map(([path, entry]) => [
        path,
        shown(path, entry),
      ]);
      assert.deepEqual(Object.fromEntries(found), { "": "/", ...expected });
    });
  }
});

Deno.test("mergeLayers() keeps times, owners' names and extended attributes", async () => {
  const members: Member[] = [
    dir("d", { mtime: -86400, uname: "alice", gname: "users" }),
    file("f", "x", {
      mtime: 2 ** 33,
      uid: 3_000_000,
      gid: 2 ** 32 - 2,
      uname: "böb",
      pax: { "SCHILY.xattr.user.k": "v", "SCHILY.xattr.security.capability": "\u0001\u0002" },
    }),
  ];
  const tars = await makeTars({ format: "pax", members }, { members: [file("g", "")] });
  const [root] = await readRoots([await exportLayers(tars)]);
  const { d, f } = root!.entries;
  assert.deepEqual([d!.mtime, d!.uname, d!.gname], [-86400, "alice", "users"]);
  assert.deepEqual([f!.mtime, f!.uid, f!.gid, f!.uname], [2 ** 33, 3_000_000, 2 ** 32 - 2, "böb"]);
  assert.deepEqual(f!.xattrs, { "user.k": "76", "security.capability": "0102" });
});

Deno.test("mergeLayers() tells what is where, and from which layer", async () => {
  const [lower, upper] = await makeTars(
    { members: [file("d/a", "aa"), file("b", "b")] },
    { members: [hard("c", "b"), symlink("d/l", "a")] },
  );
  const root = await mergeLayers([layerOf("lower", lower!), layerOf("upper", upper!)]);
  const names = Array.from(root.names(), ({ path, file }) => [path, file.type, file.layer]);
  assert.deepEqual(names, [
    ["", "directory", 0],
    ["b", "file", 0],
    ["c", "file", 0],
    ["d", "directory", 0],
    ["d/a", "file", 0],
    ["d/l", "symlink", 1],
  ]);
  assert.equal(root.get("b"), root.get("c"));
  assert.equal(root.get("d/a")?.size, 2);
  assert.equal(root.get("")?.type, "directory");
  assert.equal(root.get("d/l/x"), undefined);
  assert.equal(root.get("none"), undefined);
});

/** Members that are refused, and the message, of which the layer comes first. */
const HOSTILE: readonly (readonly [name: string, members: readonly Member[], message: string])[] = [
  ["a name that leads out", [file("../a", "")], '"../a" leads out of the image'],
  ["one in the middle", [file("a/../../b", "")], '"a/../../b" leads out of the image'],
  ["an absolute one", [file("/../a", "")], '"/../a" leads out of the image'],
  [
    "a hard link out",
    [hard("a", "../../etc/passwd")],
    '"a" leads out of the image by way of "../../etc/passwd"',
  ],
  ["a hard link to nothing", [hard("a", "b")], '"a" is a hard link to "b", which is not there'],
  [
    "a hard link to what comes later",
    [hard("a", "b"), file("b", "")],
    '"a" is a hard link to "b", which is not there',
  ],
  [
    "a hard link to a directory",
    [dir("d"), hard("a", "d")],
    '"a" is a hard link to "d", which is a directory',
  ],
  [
    "a hard link to the root",
    [hard("a", "/")],
    '"a" is a hard link to "/", which is a directory',
  ],
  ["a file as the root", [file(".", "x")], '"." takes the place of the root'],
  ["a symlink as the root", [symlink("/", "x")], '"/" takes the place of the root'],
  [
    "a loop of symlinks",
    [symlink("a", "b"), symlink("b", "a"), file("a/x", "")],
    '"a/x" goes through too many symbolic links',
  ],
  [
    "links in their own target",
    [symlink("a", "a/a"), file("a/x", "")],
    '"a/x" goes through too many symbolic links',
  ],
  [
    "a member below a file",
    [file("a", ""), file("a/b", "")],
    '"a/b" lies below a file: "a"',
  ],
  [
    "a member below a device",
    [{ name: "a", type: "character", device: [1, 3] }, dir("a/b")],
    '"a/b/" lies below a character: "a"',
  ],
  ["a whiteout of nothing", [gone("d/.wh.")], '"d/.wh." is a whiteout that names nothing'],
  ["a whiteout of its directory", [gone("d/.wh..")], '"d/.wh.." is a whiteout that names nothing'],
  ["a whiteout above", [gone("d/.wh...")], '"d/.wh..." is a whiteout that names nothing'],
  [
    "a very long name",
    [file("a/".repeat(2049), "")],
    `"${"a/".repeat(49)}… has a name or a target of more than 4096 bytes`,
  ],
  [
    "a very long target",
    [symlink("l", "é".repeat(2049))],
    '"l" has a name or a target of more than 4096 bytes',
  ],
  [
    "a path that becomes very long",
    [symlink("s", "b/".repeat(2000)), file(`s/${"c/".repeat(1000)}x`, "")],
    `"s/${"c/".repeat(48)}… leads to too long a path`,
  ],
];

Deno.test("mergeLayers() refuses what can not be in a root file system", async (t) => {
  const tars = await makeTars(...HOSTILE.map(([, members]) => ({ members })));
  const [sound] = await makeTars({ members: [file("sound", "")] });
  for (const [index, [name, , message]] of HOSTILE.entries()) {
    await t.step(name, async () => {
      const layers = [layerOf("0", sound!), { ...layerOf("1", tars[index]!), diffId: "sha256:1" }];
      await assert.rejects(mergeLayers(layers), (error) => {
        assert.ok(error instanceof ImageError, `${error}`);
        assert.equal(error.message, `layer 2 (sha256:1): ${message}`);
        return true;
      });
    });
  }
});
