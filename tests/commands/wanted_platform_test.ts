import assert from "node:assert/strict";
import { platformText } from "../../src/base/choose_image.ts";
import { wantedPlatform } from "../../src/commands/wanted_platform.ts";
import { UsageError } from "../../src/errors.ts";

Deno.test("wantedPlatform() knows OCI's, Nix's, the kernel's and Docker's names", () => {
  for (
    const [arch, expected] of [
      ["amd64", "linux/amd64"],
      ["x86_64", "linux/amd64"],
      ["x86_64-linux", "linux/amd64"],
      ["i686", "linux/386"],
      ["arm64", "linux/arm64"],
      ["arm64v8", "linux/arm64/v8"],
      ["arm64/v8", "linux/arm64/v8"],
      ["aarch64", "linux/arm64"],
      ["armv7l", "linux/arm/v7"],
      ["armv7l-linux", "linux/arm/v7"],
      ["arm32v6", "linux/arm/v6"],
      ["arm/7", "linux/arm/v7"],
      ["ppc64le", "linux/ppc64le"],
      ["loongarch64", "linux/loong64"],
    ] as const
  ) assert.equal(platformText(wantedPlatform({ arch })), expected);
  assert.equal(platformText(wantedPlatform({ arch: "arm", variant: "V6" })), "linux/arm/v6");
  assert.equal(platformText(wantedPlatform({ arch: "amd64", os: "Windows" })), "windows/amd64");
  assert.equal(wantedPlatform({}).os, "linux");
});

Deno.test("wantedPlatform() refuses what it does not know", () => {
  for (
    const [options, message] of [
      [{ arch: "sparc" }, /--arch: expected one of 386, amd64, .* found "sparc"/],
      [{ arch: "arm/v7/v8" }, /--arch/],
      [{ arch: "" }, /--arch/],
      [{ arch: "arm/" }, /--variant: expected a variant such as v7, found ""/],
      [{ arch: "arm/v7", variant: "v6" }, /--variant v6 and --arch arm\/v7 name different/],
      [{ arch: "armv6l", variant: "v6", os: "" }, /--os/],
      [{ arch: "amd64", os: "linux/arm" }, /--os: expected a name such as linux/],
    ] as const
  ) {
    assert.throws(
      () => wantedPlatform(options),
      (error: Error) => error instanceof UsageError && message.test(error.message),
    );
  }
});
