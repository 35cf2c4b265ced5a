import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageError } from "../../src/errors.ts";
import {
  type BaseEntry,
  type BehindLinksOptions,
  placeBehindLinks,
} from "../../src/rootfs/behind_links.ts";
import { parentOf, type RootEntry, type RootTree } from "../../src/rootfs/root_tree.ts";

/** What `line` tells of: `a/b` a file, `a/` a directory, `a -> b` a symlink; then octal mode and owner. */
function entryOf(line: string): RootEntry {
  const { path = "", slash, target = "", mode, id = 0 } =
    /^(?<path>.*?)(?<slash>\/)?(?: -> (?<target>.*?))?(?: (?<mode>[0-7]+) (?<id>\d+))?$/.exec(line)
      ?.groups ?? {};
  const type = target !== "" ? "symlink" : slash ? "directory" : "file";
  const usual = { symlink: 0o777, directory: 0o755, file: 0o644 }[type];
  const owner = { uid: Number(id), gid: Number(id) };
  return {
    path,
    type,
    mode: mode ? parseInt(mode, 8) : usual,
    ...owner,
    size: 0,
    target,
    origin: `our ${path}`,
  };
}

function treeOf(...lines: string[]): RootTree {
  return new Map(lines.map(entryOf).map((entry) => [entry.path, entry]));
}

function lineOf({ path, type, mode, uid, target }: RootEntry): string {
  const usual = { symlink: 0o777, directory: 0o755, file: 0o644 }[type as "file"];
  const attributes = mode === usual && uid === 0 ? "" : ` ${mode.toString(8)} ${uid}`;
  const link = type === "symlink" ? ` -> ${target}` : "";
  return `${path}${type === "directory" ? "/" : ""}${link}${attributes}`;
}

function place(base: RootTree, tree: RootTree, options: Partial<BehindLinksOptions> = {}) {
  return placeBehindLinks(tree, {
    base: (path): BaseEntry | undefined => base.get(path),
    owner: { uid: 0, gid: 0 },
    asked: new Set(),
    hasStorePaths: true,
    ...options,
  });
}

/** The lines of what is placed, in the order of their paths, without notices and clashes. */
function placed(base: string[], tree: string[], options: Partial<BehindLinksOptions> = {}) {
  const { tree: result, notices, clashes } = place(treeOf(...base), treeOf(...tree), options);
  assert.deepEqual([notices, clashes], [[], []]);
  return [...result.values()].map(lineOf).sort();
}

const DEBIAN = [
  "/",
  "bin -> usr/bin",
  "lib -> usr/lib",
  "usr/",
  "usr/bin/",
  "usr/bin/sh",
  "usr/lib/",
];

Deno.test("placeBehindLinks() puts what is in a directory behind the base's link", () => {
  assert.deepEqual(placed(DEBIAN, ["bin/", "bin/hello -> /nix/store/x", "bin/sub/", "bin/sub/y"]), [
    "/",
    "usr/",
    "usr/bin/",
    "usr/bin/hello -> /nix/store/x",
    "usr/bin/sub/",
    "usr/bin/sub/y",
  ]);
  // The tree may lack parents.
  assert.deepEqual(placed(DEBIAN, ["bin/x"]), ["/", "usr/", "usr/bin/", "usr/bin/x"]);
  assert.deepEqual(placed(DEBIAN, ["etc/", "etc/x"]), ["/", "etc/", "etc/x"]);
  assert.deepEqual(placed([], []), []);
});

Deno.test("placeBehindLinks() follows links as they are in the image", () => {
  for (
    const [base, tree, ...expected] of [
      [["b -> /c", "c/"], ["b/x"], "c/", "c/x"],
      [["a/b -> ../c/d", "a/", "c/", "c/d/"], ["a/b/x"], "a/", "c/", "c/d/", "c/d/x"],
      [["b -> ../../../c", "c/"], ["b/x"], "c/", "c/x"],
      [["b -> .//./c/", "c -> d", "d/"], ["b/x"], "d/", "d/x"],
      [["a -> c", "c/", "c/b -> /a/e", "c/e/"], ["a/b/x"], "c/", "c/e/", "c/e/x"],
      [["b -> /"], ["b/x"], "/", "x"],
      // The link leads to nothing.
      [["b -> c/d"], ["b/x"], "c/", "c/d/", "c/d/x"],
      [["b -> c"], ["b/ 700 5", "b/x"], "c/ 700 5", "c/x"],
      // To what this image has.
      [["b -> c"], ["b/x", "c/", "c/y"], "c/", "c/x", "c/y"],
      [["b -> c", "c/", "d/"], ["b/x", "c -> d"], "c -> d", "d/", "d/x"],
      // Through a link that this image replaces.
      [["b -> c", "c -> d", "d/"], ["b/x", "c -> e"], "c -> e", "e/", "e/x"],
    ] as [string[], string[], ...string[]][]
  ) {
    const result = place(treeOf(...base), treeOf(...tree));
    assert.deepEqual([...result.tree.values()].map(lineOf).sort(), expected, tree.join());
    assert.deepEqual(result.clashes, []);
  }
});

Deno.test("placeBehindLinks() has moved links lead where they led", () => {
  assert.deepEqual(
    placed(["a/", "a/b -> ../c/d/e", "c/", "c/d/", "c/d/e/"], [
      "a/b/1 -> ../../lib/x",
      "a/b/2 -> ./../y",
      "a/b/3 -> ../../../..",
      "a/b/4 -> 1",
      "a/b/5 -> sub/../1",
      "a/b/6 -> /z",
    ]),
    [
      "a/",
      "c/",
      "c/d/",
      "c/d/e/",
      "c/d/e/1 -> /lib/x",
      "c/d/e/2 -> /a/y",
      "c/d/e/3 -> /",
      "c/d/e/4 -> 1",
      "c/d/e/5 -> sub/../1",
      "c/d/e/6 -> /z",
    ],
  );
});

Deno.test("placeBehindLinks() keeps owners and modes of the base's directories", () => {
  const base = [
    "/ 555 1",
    "tmp/ 1777 0",
    "srv/ 700 7",
    "root/ 700 0",
    "bin -> usr/bin",
    "usr/ 750 3",
    "usr/bin/ 711 4",
  ];
  assert.deepEqual(placed(base, ["tmp/", "tmp/x", "srv/ 555 0", "bin/y", "root/ 775 0"]), [
    "/ 555 1",
    "root/ 700 0",
    "srv/ 700 7",
    "tmp/ 1777 0",
    "tmp/x",
    "usr/ 750 3",
    "usr/bin/ 711 4",
    "usr/bin/y",
  ]);
  // Others that were asked for.
  assert.deepEqual(
    placed(base, ["tmp/ 700 0", "srv/", "root/ 755 1", "usr/bin/ 1755 0"], {
      asked: new Set(["srv"]),
    }),
    ["/ 555 1", "root/ 755 1", "srv/", "tmp/ 700 0", "usr/ 750 3", "usr/bin/ 1755 0"],
  );
  assert.deepEqual(placed(base, ["bin/"], { asked: new Set(["bin"]) }), [
    "/ 555 1",
    "usr/ 750 3",
    "usr/bin/",
  ]);
  const owner = { uid: 9, gid: 9 };
  assert.deepEqual(placed(base, ["tmp/ 755 9", "new/x 644 9"], { owner }), [
    "/ 555 1",
    "new/ 755 9",
    "new/x 644 9",
    "tmp/ 1777 0",
  ]);
});

Deno.test("placeBehindLinks() tells of two things in one place, and keeps one", () => {
  const base = ["bin -> usr/bin", "sbin -> usr/bin", "usr/", "usr/bin/"];
  const { tree, clashes, notices } = place(
    treeOf(...base),
    treeOf(
      ...["sbin/x -> s", "bin/x -> b", "bin/y -> b", "usr/bin/y -> u", "bin/z -> same"],
      ...["usr/bin/z -> same", "bin/d/", "bin/d/e", "usr/bin/d"],
    ),
  );
  assert.deepEqual([...tree.values()].map(lineOf).sort(), [
    "usr/",
    "usr/bin/",
    "usr/bin/d",
    "usr/bin/x -> b",
    "usr/bin/y -> u",
    "usr/bin/z -> same",
  ]);
  assert.deepEqual(clashes, [
    "our bin/d is hidden by our usr/bin/d: /bin/d is /usr/bin/d behind a symlink of the base image",
    "our bin/y is hidden by our usr/bin/y: /bin/y is /usr/bin/y behind a symlink of the base image",
    "our sbin/x is hidden by our bin/x: /sbin/x is /usr/bin/x behind a symlink of the base image",
  ]);
  assert.deepEqual(notices, []);
});

Deno.test("placeBehindLinks() replaces no link that it has followed", () => {
  // As Debian's /usr/bin/X11 is.
  const { tree, clashes } = place(
    treeOf("bin/", "bin/X11 -> ."),
    treeOf("bin/X11/X11", "bin/X11/y"),
  );
  assert.deepEqual([...tree.values()].map(lineOf), ["bin/", "bin/y"]);
  assert.deepEqual(clashes, [
    "our bin/X11/X11 is left out: in /bin/X11, which /bin/X11/X11 is in the base image, there is a " +
    "symlink that leads to other things of this image",
  ]);
});

Deno.test("placeBehindLinks() replaces files and links, and tells of hidden directories", () => {
  const base = ["a", "b -> c", "c/", "d", "etc/", "opt/", "opt/x"];
  const tree = ["a -> /x", "b", "d/", "d/y", "etc -> /nix/etc", "opt"];
  const result = place(treeOf(...base), treeOf(...tree));
  assert.deepEqual([...result.tree.values()].map(lineOf).sort(), tree);
  assert.deepEqual(result.notices, [
    "our etc hides the directory /etc of the base image and all that is in it",
    "our opt hides the directory /opt of the base image and all that is in it",
  ]);
  assert.deepEqual(result.clashes, []);
});

Deno.test("placeBehindLinks() says where it can put nothing", () => {
  const advice = "have what is in the directory elsewhere in the image, or take another base image";
  const chain = Array.from({ length: 41 }, (_, n) => `l${n} -> l${n + 1}`);
  for (
    const [base, path, problem] of [
      [
        ["bin -> usr/bin", "usr/", "usr/bin"],
        "bin",
        "in the base image it is a symlink to usr/bin, and /usr/bin is no directory but a file",
      ],
      [
        ["bin -> usr/bin", "usr"],
        "bin",
        "in the base image it is a symlink to usr/bin, and /usr is no directory but a file",
      ],
      [
        ["a -> b", "b -> a"],
        "a",
        "in the base image it is a symlink to b, which leads through too many symlinks",
      ],
      [
        chain,
        "l0",
        "in the base image it is a symlink to l1, which leads through too many symlinks",
      ],
      [
        ["bin -> /nix/store/x/bin"],
        "bin",
        "in the base image it is a symlink to /nix/store/x/bin, which leads to /nix/store/x/bin, " +
        "and nothing may be added to what is in the Nix store",
      ],
    ] as [string[], string, string][]
  ) {
    assert.throws(() => placed(base, [`${path}/x`]), {
      name: "ImageError",
      message: `/${path} is a directory here (/${path}) but ${problem}: ${advice}`,
    });
    // What is no directory takes the link's place.
    assert.deepEqual(placed(base, [path]), [path]);
  }
  assert.deepEqual(placed([...chain.slice(0, 40), "l40/"], ["l0/x"]), ["l40/", "l40/x"]);
});

Deno.test("placeBehindLinks() refuses a base whose Nix store is behind a link", () => {
  for (const base of [["nix -> mnt/nix"], ["nix/", "nix/store -> /mnt/store"]]) {
    assert.throws(() => placed(base, []), {
      name: "ImageError",
      message: /^\/nix(\/store)? is a symlink to \/?mnt\/\w+ in the base image: /,
    });
    assert.deepEqual(placed(base, [], { hasStorePaths: false }), []);
  }
});

Deno.test("placeBehindLinks() keeps names that are not UTF-8", () => {
  assert.deepEqual(placed(["\udcff -> \udcfe"], ["\udcff/\udcfd"]), ["\udcfe/", "\udcfe/\udcfd"]);
});

/** Where a path leads in an image, all links followed, and what is there. */
function find(image: RootTree, path: string, links = 0): RootEntry | undefined {
  let place: string[] = [];
  for (const [index, name] of path.split("/").entries()) {
    if (name === ".." || name === "" || name === ".") {
      place = name === ".." ? place.slice(0, -1) : place;
      continue;
    }
    const there = image.get([...place, name].join("/"));
    if (there?.type === "symlink") {
      const rest = path.split("/").slice(index + 1);
      const from = there.target.startsWith("/") ? [] : place;
      return links > 40
        ? undefined
        : find(image, [...from, there.target, ...rest].join("/"), links + 1);
    }
    place.push(name);
  }
  return image.get(place.join("/"));
}

Deno.test("placeBehindLinks() hides nothing of any base, and has all of ours where it was", () => {
  const name = fc.constantFrom("a", "b", "c");
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const target = fc.tuple(fc.constantFrom("", "/", "../"), path).map((parts) => parts.join(""));
  const kind = fc.oneof(
    { arbitrary: fc.constantFrom("", "/"), weight: 2 },
    { arbitrary: target.map((target) => ` -> ${target}`), weight: 1 },
  );
  const line = fc.tuple(path, kind).map((parts) => parts.join(""));
  // All parents are there, and are directories.
  const tree = fc.array(line, { maxLength: 12, size: "max" }).map((lines) => {
    const made: RootTree = new Map();
    const entries = lines.map(entryOf).sort((a, b) => a.path < b.path ? -1 : 1);
    for (const entry of entries) {
      const parents = entry.path.split("/").slice(0, -1)
        .map((_, index, all) => all.slice(0, index + 1).join("/"));
      if (parents.some((path) => (made.get(path)?.type ?? "directory") !== "directory")) continue;
      for (const path of parents) if (!made.has(path)) made.set(path, entryOf(`${path}/`));
      made.set(entry.path, entry);
    }
    return made;
  });
  let moved = 0;
  const check = (base: RootTree, ours: RootTree) => {
    let result;
    try {
      result = place(base, ours);
    } catch (error) {
      assert.ok(error instanceof ImageError);
      return;
    }
    const { tree: out, notices, clashes } = result;
    const told = (texts: readonly string[], entry: RootEntry) =>
      texts.some((text) => text.startsWith(`${entry.origin} `));
    const image: RootTree = new Map([...base, ...out]);
    for (const entry of out.values()) {
      const parent = parentOf(entry.path);
      assert.ok(parent === "" || out.get(parent)?.type === "directory", entry.path);
      if (entry.type === "directory") assert.notEqual(base.get(entry.path)?.type, "symlink");
      else if (base.get(entry.path)?.type === "directory") assert.ok(told(notices, entry));
    }
    const lost: string[] = [];
    for (const entry of ours.values()) {
      if (told(clashes, entry) || lost.includes(parentOf(entry.path))) {
        lost.push(entry.path);
        continue;
      }
      const found = find(image, parentOf(entry.path));
      const name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
      const place = parentOf(entry.path) === "" ? name : `${found?.path}/${name}`;
      if (place !== entry.path) moved++;
      if (entry.type === "directory") {
        assert.equal(find(image, entry.path)?.type, "directory", entry.path);
      } else {
        const there = image.get(place);
        const same = entry.type === "symlink" && there?.type === "symlink"; // else it was told
        assert.ok(there?.origin === entry.origin || same, entry.path);
      }
    }
  };
  fc.assert(fc.property(tree, tree, check), { numRuns: 5000, seed: 1 });
  assert.ok(moved > 500, `${moved}`);
});
