import assert from "node:assert/strict";
import { impliedVariant, OCI_ARCHITECTURES, ociArchitecture } from "../../src/spec/architecture.ts";

Deno.test("ociArchitecture() maps OCI, Nix and kernel names", () => {
  const expected = {
    "386": "386",
    "i686-linux": "386",
    "i686": "386",
    "amd64": "amd64",
    "x86_64-linux": "amd64",
    "x86_64": "amd64",
    "arm": "arm",
    "armv6l-linux": "arm",
    "armv7l-linux": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "arm32v5": "arm",
    "arm64v8": "arm64",
    "arm64": "arm64",
    "aarch64-linux": "arm64",
    "aarch64": "arm64",
    "loong64": "loong64",
    "loongarch64-linux": "loong64",
    "loongarch64": "loong64",
    "mips64le": "mips64le",
    "mips64el-linux": "mips64le",
    "mipsel-linux": "mipsle",
    "ppc64le": "ppc64le",
    "powerpc64le-linux": "ppc64le",
    "riscv64": "riscv64",
    "riscv64-linux": "riscv64",
    "s390x": "s390x",
    "s390x-linux": "s390x",
  };
  for (const [name, oci] of Object.entries(expected)) assert.equal(ociArchitecture(name), oci);
});

Deno.test("ociArchitecture() knows no other systems than Linux, and no other spellings", () => {
  for (
    const name of [
      "aarch64-darwin",
      "x86_64-freebsd",
      "wasm32-wasi",
      "amd64-linux",
      "arm64v8-linux",
      "arm64v9",
      "AMD64",
      "linux/amd64",
      "x86-64",
      "riscv32",
      "toString",
      "",
    ]
  ) assert.equal(ociArchitecture(name), undefined, name);
});

Deno.test("OCI_ARCHITECTURES map to themselves", () => {
  assert.ok(OCI_ARCHITECTURES.includes("amd64"));
  for (const name of OCI_ARCHITECTURES) assert.equal(ociArchitecture(name), name);
});

Deno.test("impliedVariant() knows the variants of 32-bit ARM and those in Docker's names", () => {
  const expected = {
    "armv5tel-linux": "v5",
    "armv6l-linux": "v6",
    "armv6l": "v6",
    "armv7a-linux": "v7",
    "armv7l-linux": "v7",
    "armv7l": "v7",
    "armv8l": "v8",
    "arm32v5": "v5",
    "arm32v7": "v7",
    "arm64v8": "v8",
    "arm": null,
    "aarch64-linux": null,
    "arm64": null,
    "amd64": null,
  };
  for (const [name, variant] of Object.entries(expected)) {
    assert.equal(impliedVariant(name), variant, name);
  }
});
