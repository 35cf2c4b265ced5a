import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { parsePathInfos } from "../../src/stores/nix_path_info.ts";
import { storePath } from "../support/store_paths.ts";

const [A, B] = [storePath("a"), storePath("b")];
const last = (path: string) => path.slice("/nix/store/".length);

// The hash of nothing, as `printf '' | openssl dgst -sha256 -binary | base64` and Nix write it.
const SRI = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const BASE32 = "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
const HEX = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const WANTED = {
  references: [B],
  refersToItself: true,
  narSize: 120,
  narHash: HEX,
  signatures: ["cache-1:AAAA"],
  contentAddress: `fixed:r:${BASE32}`,
};

/** What versions of Nix print of one path, and of one that they don't have. */
const FORMS = {
  "a list, as 2.4 to 2.18 print": [
    { path: B, valid: false },
    {
      path: A,
      narHash: SRI,
      narSize: 120,
      references: [B, A],
      ca: `fixed:r:${BASE32}`,
      signatures: ["cache-1:AAAA"],
      registrationTime: 1,
      ultimate: true,
    },
  ],
  "an object by path, as from 2.19 on": {
    [B]: null,
    [A]: {
      narHash: SRI,
      narSize: 120,
      references: [B, A],
      ca: `fixed:r:${BASE32}`,
      deriver: null,
      signatures: ["cache-1:AAAA"],
    },
  },
  "version 2 of the format": {
    version: 2,
    storeDir: "/nix/store",
    info: {
      [last(B)]: null,
      [last(A)]: {
        version: 2,
        narHash: SRI,
        narSize: 120,
        references: [last(B), last(A)],
        ca: { method: "nar", hash: SRI },
        signatures: ["cache-1:AAAA"],
        storeDir: "/nix/store",
      },
    },
  },
  "hashes and signatures in their parts": {
    version: 3,
    info: {
      [last(A)]: {
        narHash: { algorithm: "sha256", format: "base64", hash: SRI.slice(7) },
        narSize: 120,
        references: [last(B), last(A)],
        ca: { method: "nar", hash: { algorithm: "sha256", format: "base64", hash: SRI.slice(7) } },
        signatures: [{ keyName: "cache-1", sig: "AAAA" }],
      },
    },
  },
};

Deno.test("parsePathInfos reads what each version of Nix prints", () => {
  for (const [form, json] of Object.entries(FORMS)) {
    assert.deepEqual([...parsePathInfos(JSON.stringify(json), "s")], [[A, WANTED]], form);
  }
  assert.deepEqual([...parsePathInfos("[]", "s")], []);
  assert.deepEqual([...parsePathInfos("{}", "s")], []);
});

Deno.test("parsePathInfos takes hashes in each notation, and paths that nobody signed", () => {
  for (const narHash of [SRI, BASE32, HEX]) {
    const json = [{ path: A, narHash, narSize: 120, references: [] }];
    assert.deepEqual([...parsePathInfos(JSON.stringify(json), "s")], [
      [A, { references: [], narSize: 120, narHash: HEX, signatures: [] }],
    ]);
  }
});

Deno.test("parsePathInfos refuses what no store can say, and names store and path", () => {
  const good = { path: A, narHash: SRI, narSize: 120, references: [] };
  const refused: [unknown, RegExp][] = [
    [[{ ...good, path: "/etc/passwd" }], /The store s tells of "\/etc\/passwd"/],
    [{ "../../etc/passwd": good }, /The store s tells of/],
    [{ [`${A}/bin`]: good }, /The store s tells of/],
    [[{ ...good, narHash: "sha256:zz" }], /says of .*-a can not be: its narHash/],
    [[{ ...good, narHash: undefined }], /its narHash is "missing"/],
    [[{ ...good, narHash: "sha512-AAAA" }], /its narHash/],
    [[{ ...good, narSize: -1 }], /its narSize/],
    [[{ ...good, narSize: 0 }], /its narSize/],
    [[{ ...good, narSize: 2 ** 60 }], /its narSize/],
    [[{ ...good, narSize: "120" }], /its narSize/],
    [[{ ...good, references: ["/etc/passwd"] }], /it refers to "\/etc\/passwd"/],
    [[{ ...good, references: ["../x"] }], /it refers to/],
    [[{ ...good, references: [1] }], /it refers to/],
    [[{ ...good, references: "none" }], /its references/],
    [{ [A]: 1 }, /it is no object/],
    [7, /neither a list nor an object/],
  ];
  for (const [json, message] of refused) {
    const text = JSON.stringify(json);
    assert.throws(() => parsePathInfos(text, "s"), (error) => {
      assert.ok(error instanceof ImageError, text);
      assert.match(error.message, message, text);
      return true;
    });
  }
  assert.throws(() => parsePathInfos("<html>", "s"), /Of the store s, .* no JSON/);
});
