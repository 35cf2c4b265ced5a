import assert from "node:assert/strict";
import { nixBase32, sha256Bytes } from "../../src/store/nix_hash.ts";

// What nix-hash prints for an empty file.
const BASE16 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const BASE32 = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
const BASE64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

Deno.test("sha256Bytes() reads what Nix's programs write", () => {
  for (
    const text of [
      BASE16,
      BASE16.toUpperCase(),
      BASE32,
      BASE64,
      `sha256:${BASE16}`,
      `sha256:${BASE32}`,
      `sha256:${BASE64}`,
      `sha256-${BASE64}`,
    ]
  ) assert.equal(sha256Bytes(text)?.toHex(), BASE16, text);
});

Deno.test("sha256Bytes() takes nothing else", () => {
  for (
    const text of [
      "",
      "sha256-",
      BASE16.slice(1),
      `sha512:${BASE16}`,
      `sha256:sha256:${BASE16}`,
      BASE64.slice(0, -1),
      `${BASE32}0`,
      BASE32.replace("0", "e"),
      `z${BASE32.slice(1)}`,
    ]
  ) assert.equal(sha256Bytes(text), undefined, text);
});

Deno.test("nixBase32() writes a hash as Nix does", () => {
  assert.equal(nixBase32(Uint8Array.fromHex(BASE16)), BASE32);
  assert.equal(nixBase32(new Uint8Array(32)), "0".repeat(52));
});
