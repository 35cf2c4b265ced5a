import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import type { Image } from "../../src/image/image.ts";
import { mergedSet, type SetKind, type SetMember } from "../../src/image/image_set.ts";

/** An image of this config; `names` are as in `NAME:TAG`, or tags alone. */
function member(
  config: string,
  names: readonly string[],
  { manifest, architecture = "amd64" }: { manifest?: string; architecture?: string } = {},
): SetMember {
  const image: Image = {
    os: "linux",
    architecture,
    variant: null,
    created: "",
    config: { Labels: { is: `${config} ${manifest}` } },
    layers: [],
    history: [],
  };
  return {
    image,
    names: names.map((spelt) => ({ spelt, repoTag: spelt.includes(":") ? spelt : undefined })),
    configDigest: config,
    manifestDigest: manifest,
    source: `of ${names[0] ?? "nobody"}.tar`,
  };
}

/** The images of a set, by what they are, with their names. */
function merged(kind: SetKind, ...members: SetMember[]): unknown[] {
  return mergedSet(members, kind).images.map(({ image, repoTags, refNames }) => [
    (image.config["Labels"] as { is: string }).is,
    [...repoTags, ...(refNames ?? []).map((name) => `ref ${name}`)].join(" "),
  ]);
}

const KINDS = ["docker-archive", "layout"] as const;

for (const kind of KINDS) {
  Deno.test(`mergedSet() for ${kind}: images keep their order, and those without a name`, () => {
    assert.deepEqual(
      merged(kind, member("b", ["x:1", "y:1"]), member("a", []), member("c", ["x:2"])),
      [["b undefined", "x:1 y:1"], ["a undefined", ""], ["c undefined", "x:2"]],
    );
  });

  Deno.test(`mergedSet() for ${kind}: images of one config are one, with all names`, () => {
    assert.deepEqual(
      merged(
        kind,
        member("a", ["x:1", "x:2"]),
        member("b", []),
        member("a", []),
        member("a", ["x:2", "y:1"]),
        member("b", ["z:1"]),
        member("b", []),
      ),
      [["a undefined", "x:1 x:2 y:1"], ["b undefined", "z:1"]],
    );
  });

  Deno.test(`mergedSet() for ${kind}: a manifest is kept where one of the same images has it`, () => {
    assert.deepEqual(
      merged(kind, member("a", ["x:1"]), member("a", ["x:2"], { manifest: "m" })),
      [["a m", "x:1 x:2"]],
    );
    assert.deepEqual(
      merged(kind, member("a", ["x:1"], { manifest: "m" }), member("a", ["x:1"])),
      [["a m", "x:1"]],
    );
  });

  Deno.test(`mergedSet() for ${kind}: names that two images have are an error that shows all of them`, () => {
    const members = [
      member("a", ["x:1", "y:1"]),
      member("b", ["z:1", "y:1"]),
      member("c", ["x:1"]),
    ];
    assert.throws(() => mergedSet(members, kind), (error) => {
      assert.ok(error instanceof ImageError);
      assert.equal(
        error.message,
        [
          "Two images have the name y:1:",
          "  of x:1.tar  linux/amd64  a",
          "  of z:1.tar  linux/amd64  b",
          "Two images have the name x:1:",
          "  of x:1.tar  linux/amd64  a",
          "  of x:1.tar  linux/amd64  c",
        ].join("\n"),
      );
      return true;
    });
  });
}

Deno.test("mergedSet() for a layout: manifests of one config stay if they have names of their own, or none", () => {
  assert.deepEqual(
    merged(
      "layout",
      member("a", ["x:1"], { manifest: "gzip" }),
      member("a", ["x:1", "x:2"], { manifest: "zstd" }),
      member("a", ["x:2"], { manifest: "plain" }),
      member("a", [], { manifest: "xz" }),
      member("a", ["x:3"]),
    ),
    [["a gzip", "x:1 x:3"], ["a zstd", "x:2"], ["a xz", ""]],
  );
});

Deno.test("mergedSet() for a docker-archive: manifests of one config are one image", () => {
  assert.deepEqual(
    merged(
      "docker-archive",
      member("a", ["x:1"], { manifest: "gzip" }),
      member("a", ["x:2"], { manifest: "zstd" }),
    ),
    [["a gzip", "x:1 x:2"]],
  );
});

Deno.test("mergedSet(): a name may be that of several platforms in a layout, and not in a docker-archive", () => {
  const members = [member("a", ["x:1"]), member("b", ["x:1"], { architecture: "arm64" })];
  assert.deepEqual(merged("layout", ...members), [["a undefined", "x:1"], ["b undefined", "x:1"]]);
  assert.throws(
    () => mergedSet(members, "docker-archive"),
    /x:1:\n {2}of x:1.tar {2}linux\/amd64 {2}a\n {2}of x:1.tar {2}linux\/arm64 {2}b\n.*--format oci/,
  );
});

Deno.test("mergedSet(): what is no NAME:TAG is kept in a layout, and told of in a docker-archive", () => {
  const members = [member("a", ["v1", "x:1"]), member("b", ["v2", "a/b"]), member("c", ["y:1"])];
  assert.deepEqual(merged("layout", ...members), [
    ["a undefined", "x:1 ref v1"],
    ["b undefined", "ref v2 ref a/b"],
    ["c undefined", "y:1"],
  ]);
  assert.deepEqual(merged("docker-archive", ...members), [
    ["a undefined", "x:1"],
    ["b undefined", ""],
    ["c undefined", "y:1"],
  ]);
  assert.deepEqual(mergedSet(members, "layout").notices, []);
  assert.deepEqual(mergedSet(members, "docker-archive").notices, [
    'of v1.tar: a loses what is no NAME:TAG in a docker-archive: "v1"',
    'of v2.tar: b loses what is no NAME:TAG in a docker-archive: "v2", "a/b"',
  ]);
});
