import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ImageError } from "../../src/errors.ts";
import { isSignature, parsePublicKeys, parseSigningKey, signerOf } from "../../src/signing/keys.ts";

const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

/** RFC 8032, section 7.1, tests 1 and 2. */
const VECTORS = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    text: "",
    signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    text: "r",
    signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
];
const [ONE, TWO] = VECTORS.map(({ seed, publicKey }) => ({
  secret: `ann-1:${base64(seed + publicKey)}`,
  public: `ann-1:${base64(publicKey)}`,
})) as [Record<"secret" | "public", string>, Record<"secret" | "public", string>];

Deno.test("the signatures of RFC 8032 are made, and are believed", () => {
  for (const { seed, publicKey, text, signature } of VECTORS) {
    const key = parseSigningKey(`ann-1:${base64(seed + publicKey)}\n`, "file");
    assert.equal(key.sign(text), `ann-1:${base64(signature)}`);
    const [trusted] = parsePublicKeys(`ann-1:${base64(publicKey)}`, "file");
    assert.ok(trusted);
    assert.equal(signerOf(text, [`ann-1:${base64(signature)}`], [trusted]), "ann-1");
  }
});

Deno.test("no other text, key, name or signature is believed", () => {
  const signature = parseSigningKey(ONE.secret, "file").sign("text");
  const keys = parsePublicKeys(`${TWO.public}\n ${ONE.public}\n`, "file");
  assert.equal(keys.length, 2);
  const other = parseSigningKey(TWO.secret, "file").sign("another text");
  assert.equal(signerOf("text", ["junk", other, signature], keys), "ann-1");
  assert.equal(signerOf("text ", [signature], keys), undefined);
  assert.equal(signerOf("text", [other], keys), undefined);
  assert.equal(signerOf("text", [], keys), undefined);
  assert.equal(signerOf("text", [signature], parsePublicKeys(TWO.public, "file")), undefined);
  assert.equal(signerOf("text", [signature.replace("ann-1", "ann-2")], keys), undefined);
  const bytes = Buffer.from(signature.slice("ann-1:".length), "base64");
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(signerOf("text", [`ann-1:${changed.toString("base64")}`], keys), undefined);
  }
  assert.equal(isSignature(signature), true);
  assert.equal(isSignature(ONE.public), false);
});

Deno.test("what is no key is refused, and nothing of it is told", () => {
  const damaged = Buffer.from(ONE.secret.slice("ann-1:".length), "base64");
  damaged[3]! ^= 1;
  const wrong = `ann-1:${damaged.toString("base64")}`;
  const cases: [() => unknown, RegExp][] = [
    [() => parseSigningKey(ONE.public, "key.sec"), /^key.sec: .*; this is a public one$/],
    [() => parseSigningKey(wrong, "key.sec"), /^key.sec: .*damaged/],
    [() => parseSigningKey(ONE.secret.slice(0, -3), "key.sec"), /^key.sec: expected a secret key/],
    [() => parseSigningKey(ONE.secret.slice(6), "key.sec"), /^key.sec: expected a secret key/],
    [() => parseSigningKey(`a b${ONE.secret}`, "key.sec"), /^key.sec: expected a secret key/],
    [() => parseSigningKey("", "key.sec"), /^key.sec: expected a secret key/],
    [() => parsePublicKeys(ONE.secret, "keys"), /^keys: this is a secret key/],
    [() => parsePublicKeys(`${ONE.public} ${TWO.secret}`, "keys"), /^keys: this is a secret key/],
    [() => parsePublicKeys(`${ONE.public}x`, "keys"), /^keys: expected public keys/],
    [() => parsePublicKeys(" \n", "keys"), /^keys: .*nothing/],
    // Not a point of the curve.
    [() => parsePublicKeys(`ann-1:${base64("02".repeat(32))}`, "keys"), /^keys: expected public/],
  ];
  for (const [parse, message] of cases) {
    assert.throws(parse, (error: Error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, message);
      const shown = JSON.stringify(error, ["message", "cause", "stack"]);
      for (const secret of [ONE.secret, TWO.secret, wrong]) {
        assert.equal(shown.includes(secret.slice(6, 30)), false);
      }
      return true;
    });
  }
});
