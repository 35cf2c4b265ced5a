import assert from "node:assert/strict";
import { narHashInBase16 } from "../../src/store/nar_hash.ts";

// What nix-hash --to-base32 and --to-sri say of the hash of no bytes at all.
const BASE16 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const BASE32 = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
const BASE64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

Deno.test("narHashInBase16() reads each notation, with and without the name of the algorithm", () => {
  for (const digits of [BASE16, BASE32, BASE64]) {
    for (const prefix of ["", "sha256:", "sha256-"]) {
      assert.equal(narHashInBase16(prefix + digits, "a path"), BASE16);
    }
  }
});

Deno.test("narHashInBase16() refuses what is no SHA-256", () => {
  for (
    const text of [
      "",
      "sha256:",
      `sha512:${BASE16}`,
      `md5:${BASE32}`,
      BASE16.slice(1),
      `${BASE16}0`,
      BASE16.replace("e", "g"),
      BASE32.replace("0", "e"),
      // More than 256 bits.
      BASE32.replace("0", "z"),
      BASE64.replace("=", "A"),
      BASE64.replace("+", "-"),
      `sha256:sha256:${BASE16}`,
    ]
  ) {
    assert.throws(() => narHashInBase16(text, "/nix/store/x"), {
      name: "ImageError",
      message: `The narHash of /nix/store/x is no SHA-256: ${JSON.stringify(text)}`,
    });
  }
});
