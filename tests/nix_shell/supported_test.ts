import assert from "node:assert/strict";
import { checkSupported } from "../../src/nix_shell/supported.ts";
import type { Derivation, DerivationOutput } from "../../src/store/derivation.ts";
import { storePath } from "../support/store_paths.ts";

const OUT: DerivationOutput = { path: storePath("a"), hashAlgorithm: "", hash: "" };

function check(changes: Partial<Derivation>, output: Partial<DerivationOutput> = {}): string[] {
  return checkSupported({
    outputs: new Map([["out", { ...OUT, ...output }]]),
    inputs: new Map(),
    sources: [],
    system: "x86_64-linux",
    builder: "/bin/sh",
    args: [],
    environment: new Map(),
    ...changes,
  }, "a");
}

Deno.test("checkSupported() takes a derivation for Linux whose outputs are known", () => {
  assert.deepEqual(check({}), []);
  assert.deepEqual(check({ system: "aarch64-linux" }), []);
  // nixpkgs' stdenv sets it to false.
  assert.deepEqual(check({ environment: new Map([["__structuredAttrs", ""]]) }), []);
});

Deno.test("checkSupported() refuses structured attributes in nixpkgs' words", () => {
  assert.throws(
    () => check({ environment: new Map([["__json", "{}"]]) }),
    {
      message:
        "streamNixShellImage: Does not work with the derivation a because it uses __structuredAttrs",
    },
  );
});

Deno.test("checkSupported() refuses what no container can build", () => {
  assert.throws(() => check({ builder: "builtin:fetchurl" }), /a is built by builtin:fetchurl/);
  assert.throws(() => check({}, { path: null }), /a is content-addressed.*output out/);
  for (const system of ["x86_64-darwin", "builtin", "", "amd64", "vax-linux"]) {
    assert.throws(() => check({ system }), /^ImageError: a is for .*, and images are for Linux$/);
  }
});

Deno.test("checkSupported() warns of fixed outputs", () => {
  const [warning = "", ...others] = check({}, { hashAlgorithm: "sha256", hash: "00" });
  assert.match(warning, /nobody checks its hash/);
  assert.deepEqual(others, []);
});
