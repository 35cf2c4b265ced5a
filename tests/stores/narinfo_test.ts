import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageError } from "../../src/errors.ts";
import { isStorePath } from "../../src/store/store_path.ts";
import { parseNarinfo } from "../../src/stores/narinfo.ts";
import { mutated, mutation } from "../support/mutations.ts";
import { ADDED, ITSELF } from "../support/narinfos.ts";

const FROM = "https://cache.example";
const parse = (text: string) => parseNarinfo(text, ITSELF.path, FROM);

Deno.test("what Nix wrote is read", () => {
  assert.deepEqual(parse(ITSELF.text), {
    references: [ITSELF.reference],
    refersToItself: true,
    narSize: 216,
    narHash: ITSELF.narHash,
    signatures: [ITSELF.signature],
    file: {
      url: "nar/1mfa08h9ak1by59m7mxpqkaf4zkxh87ca2l2x8763dgzlgaqbn1s.nar",
      compression: "none",
      fileSize: 216,
    },
  });
  const added = parseNarinfo(ADDED.text, ADDED.path, FROM);
  assert.deepEqual(added.references, []);
  assert.equal("refersToItself" in added, false);
  assert.deepEqual([added.file.compression, added.file.fileSize, added.narSize], ["xz", 168, 288]);
  const address = "fixed:r:sha256:19l59z9nbs59axnhw6iqsz5bdagqb22kf0dp2zhkiq5m4b6k5247";
  assert.equal(added.contentAddress, address);
});

Deno.test("other caches' notations are read, too", () => {
  const hex = ITSELF.narHash.slice("sha256:".length);
  const sri = `sha256-${btoa(String.fromCharCode(...Uint8Array.fromHex(hex)))}`;
  for (const hash of [ITSELF.narHash, sri]) {
    assert.equal(parse(withField("NarHash", hash)).narHash, ITSELF.narHash);
  }
  const { file } = parse(
    withField("URL", "nar/abc.nar?hash=lmrad33gbw75k3vml7abq21428xdyh3q").replace(
      /(Compression|FileSize|FileHash): .*\n/g,
      "",
    ),
  );
  // Nix's manual: bzip2 if it is not said.
  assert.deepEqual(file, {
    url: "nar/abc.nar?hash=lmrad33gbw75k3vml7abq21428xdyh3q",
    compression: "bzip2",
  });
  const several = parse(`${ITSELF.text}Sig: other:AAAA\nUnknown: field\nUnknown: field\n`);
  assert.deepEqual(several.signatures, [ITSELF.signature, "other:AAAA"]);
});

function withField(key: string, value: string): string {
  return ITSELF.text.replace(new RegExp(`^${key}: .*$`, "m"), () => `${key}: ${value}`);
}

const name = "lmrad33gbw75k3vml7abq21428xdyh3q-itself";
const WRONG: Record<string, readonly (readonly [string, string, RegExp])[]> = {
  "a field": [
    ["StorePath", ADDED.path, /StorePath is/],
    ["StorePath", "/etc/passwd", /StorePath is/],
    ["StorePath", "", /StorePath is missing/],
    ["NarSize", "0", /NarSize/],
    ["NarSize", "-1", /NarSize/],
    ["NarSize", "1e3", /NarSize/],
    ["NarSize", "9007199254740992", /NarSize/],
    ["FileSize", "many", /FileSize/],
    ["NarHash", "md5:d41d8cd98f00b204e9800998ecf8427e", /NarHash/],
    ["NarHash", "0".repeat(64), /NarHash/],
    ["NarHash", "sha256:abc", /SHA-256/],
    ["References", "../../etc/passwd", /no store path/],
    ["References", `${name}/bin`, /no store path/],
    ["References", `/nix/store/${name}`, /no store path/],
    ["CA", "fixed:r:\u0001", /no line|no content address/],
    ["Compression", "x z", /no compression/],
    ["Compression", "__proto__", /no compression/],
  ],
  "a URL": [
    "https://elsewhere.example/x.nar",
    "file:///etc/passwd",
    "//elsewhere.example/x.nar",
    "/x.nar",
    "../x.nar",
    "nar/../../x.nar",
    "nar/%2e%2e/%2E%2e/x.nar",
    "nar/..%2f..%2Fx.nar",
    "nar/.%5c../x",
    "nar\\..\\x.nar",
    "nar//x.nar",
    "./x.nar",
    "javascript:x",
    "C:/x.nar",
    "nar/x.nar#y",
    "nar/x y.nar",
    "nar/\u00e9.nar",
    "?x",
    "x".repeat(900),
  ].map((url) => ["URL", url, /URL has to be within the cache/]),
};

for (const [what, cases] of Object.entries(WRONG)) {
  Deno.test(`${what} that can not be is an error that names path and cache`, () => {
    for (const [key, value, message] of cases) {
      const text = key === "CA" ? `${ITSELF.text}CA: ${value}\n` : withField(key, value);
      assert.throws(() => parse(text), (error: Error) => {
        assert.ok(error instanceof ImageError, `${key}: ${value}: ${error.stack}`);
        assert.match(error.message, message);
        assert.ok(error.message.includes(ITSELF.path) && error.message.includes(FROM));
        return true;
      }, `${key}: ${value}`);
    }
  });
}

Deno.test("what is missing, doubled, cut off or too much is an error", () => {
  const line = (key: string) => new RegExp(`^${key}: .*\n`, "m");
  for (const key of ["StorePath", "URL", "NarHash", "NarSize"]) {
    assert.throws(() => parse(ITSELF.text.replace(line(key), "")), ImageError, key);
  }
  for (const key of ["StorePath", "URL", "NarHash", "NarSize", "References", "Compression"]) {
    const again = line(key).exec(ITSELF.text)![0];
    assert.throws(() => parse(ITSELF.text + again), /is there twice/, key);
  }
  for (const length of [0, 1, 20, ITSELF.text.length - 1]) {
    assert.throws(() => parse(ITSELF.text.slice(0, length)), ImageError);
  }
  const [, signature] = /^(Sig: .*\n)/m.exec(ITSELF.text)!;
  for (
    const more of [
      "no line\n",
      ": x\n",
      "Unknown: x\n".repeat(2000),
      signature!.repeat(100),
      `Sig: a:${"A".repeat(1000)}\n`,
      `Unknown: ${"x".repeat(1 << 20)}\n`,
    ]
  ) assert.throws(() => parse(ITSELF.text + more), ImageError);
});

Deno.test("damaged narinfos are refused, or say nothing that can not be", () => {
  const bytes = new TextEncoder().encode(ITSELF.text);
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (changes) => {
      const damaged = changes.reduce((text, change) => mutated(text, change), bytes);
      let info;
      try {
        info = parse(new TextDecoder().decode(damaged));
      } catch (error) {
        assert.ok(error instanceof ImageError, String(error));
        return;
      }
      assert.match(info.narHash, /^sha256:[0-9a-f]{64}$/);
      assert.ok(Number.isSafeInteger(info.narSize) && info.narSize > 0);
      assert.ok(info.references.every((path) => isStorePath(path) && path !== ITSELF.path));
      const base = "https://cache.example/some/where/";
      assert.ok(new URL(info.file.url, base).href.startsWith(base), info.file.url);
      assert.equal(/(^|\/)\.\.?(\/|$)/.test(info.file.url.split("?")[0]!), false);
    }),
    { seed: 10, numRuns: 5000 },
  );
});
