import assert from "node:assert/strict";
import { parsePublicKeys } from "../../src/signing/keys.ts";
import { parseNarinfo } from "../../src/stores/narinfo.ts";
import { fingerprint, type Trust, whyUntrusted } from "../../src/stores/trust.ts";
import { ADDED, ITSELF, PUBLIC_KEY } from "../support/narinfos.ts";

const info = parseNarinfo(ITSELF.text, ITSELF.path, "cache");
const added = parseNarinfo(ADDED.text, ADDED.path, "cache");
const trust: Trust = { keys: parsePublicKeys(PUBLIC_KEY, "key"), checkSignatures: true };
const nobody: Trust = { keys: [], checkSignatures: true };

Deno.test("what is signed of a path is what Nix signs", () => {
  // The example of Nix's manual, "Store Path Signature", with this path's values.
  assert.equal(
    fingerprint(ITSELF.path, info),
    `1;${ITSELF.path};sha256:1mfa08h9ak1by59m7mxpqkaf4zkxh87ca2l2x8763dgzlgaqbn1s;216;` +
      `${ITSELF.reference},${ITSELF.path}`,
  );
});

Deno.test("a path counts with the signature of a trusted key alone", () => {
  const why = (changed: Partial<typeof info>, by = trust) =>
    whyUntrusted(ITSELF.path, { ...info, ...changed }, by);
  assert.equal(why({}), undefined);
  assert.equal(why({ signatures: [] }), "is not signed");
  assert.equal(why({ signatures: [] }, { ...nobody, checkSignatures: false }), undefined);
  assert.equal(why({}, nobody), "is signed by test-1, which is no trusted key");
  const wrong = "has a wrong signature by test-1";
  const [other] = added.signatures;
  assert.equal(why({ signatures: [other!] }), wrong);
  assert.equal(why({ signatures: ["junk", other!, ITSELF.signature] }), undefined);
  assert.equal(why({ narSize: 217 }), wrong);
  assert.equal(why({ narHash: ITSELF.narHash.replace("3", "4") }), wrong);
  assert.equal(why({ references: [] }), wrong);
  assert.equal(why({ references: [ITSELF.reference, ADDED.path] }), wrong);
  const { refersToItself: _, ...without } = info;
  assert.equal(whyUntrusted(ITSELF.path, without, trust), wrong);
  assert.equal(whyUntrusted(ADDED.path, info, trust), wrong);
});

Deno.test("a path that is the address of its NAR needs no signature", () => {
  const why = (changed: Partial<typeof added>, path = ADDED.path) =>
    whyUntrusted(path, { ...added, signatures: [], ...changed }, nobody);
  assert.equal(why({}), undefined);
  for (
    const changed of [
      { narHash: ITSELF.narHash },
      { contentAddress: `fixed:r:${ITSELF.narHash}` },
      { narHash: ITSELF.narHash, contentAddress: `fixed:r:${ITSELF.narHash}` },
      { references: [ITSELF.path] },
      { refersToItself: true },
      { contentAddress: added.contentAddress!.replace("fixed:r:", "fixed:") },
      { contentAddress: added.contentAddress!.replace("fixed:r:", "text:") },
      { contentAddress: added.contentAddress!.replace("sha256", "sha1") },
      { contentAddress: "" },
    ] as const
  ) assert.equal(why(changed), "is not signed", JSON.stringify(changed));
  assert.equal(why({}, ITSELF.path), "is not signed");
});
