import assert from "node:assert/strict";
import {
  enclosingStorePath,
  hashPart,
  isStorePath,
  namePart,
  parseStorePath,
} from "../../src/store/store_path.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";

const VALID = [
  `/nix/store/${HASH}-hello`,
  `/nix/store/${HASH}-hello-2.12.1.drv`,
  `/nix/store/${HASH}-a`,
  `/nix/store/${HASH}-Az09+-._?=`,
  `/nix/store/${HASH}-.hidden`,
];

const INVALID = [
  "",
  "hello",
  "/nix/store",
  `/nix/store/${HASH}`,
  `/nix/store/${HASH}-`,
  `/nix/store/${HASH.slice(1)}-hello`,
  `/nix/store/${HASH}0-hello`,
  // Letters that Nix base 32 leaves out.
  ...["e", "o", "t", "u", "A"].map((letter) => `/nix/store/${letter}${HASH.slice(1)}-hello`),
  `/nix/store/${HASH}-hello/`,
  `/nix/store/${HASH}-hello/bin`,
  `/nix/store/${HASH}-hello\n`,
  `/nix/store/${HASH}-hello world`,
  `/nix/store/${HASH}-é`,
  `nix/store/${HASH}-hello`,
  `/gnu/store/${HASH}-hello`,
  `//nix/store/${HASH}-hello`,
];

Deno.test("isStorePath() and parseStorePath() take store paths and nothing else", () => {
  for (const path of VALID) {
    assert.ok(isStorePath(path), path);
    assert.equal(parseStorePath(path), path);
  }
  for (const path of INVALID) {
    assert.ok(!isStorePath(path), path);
    assert.throws(() => parseStorePath(path), {
      name: "TypeError",
      message: `Not a store path: ${JSON.stringify(path)}`,
    });
  }
});

Deno.test("enclosingStorePath() gives the store path of what is in it", () => {
  for (const path of VALID) {
    for (const below of ["", "/", "/bin", "/bin/hello world\n"]) {
      assert.equal(enclosingStorePath(path + below), path);
    }
  }
  for (const path of [`/nix/store/${HASH}`, "/nix/store", "/", `/x/nix/store/${HASH}-a/b`]) {
    assert.equal(enclosingStorePath(path), undefined);
  }
});

Deno.test("hashPart() and namePart() split a store path", () => {
  const path = parseStorePath(`/nix/store/${HASH}-hello-2.12.1`);
  assert.equal(hashPart(path), HASH);
  assert.equal(namePart(path), "hello-2.12.1");
});
