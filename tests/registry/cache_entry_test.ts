import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  entryManifest,
  parseEntry,
  statedDigest,
  statementOf,
  tagOf,
} from "../../src/registry/cache_entry.ts";
import { parsePublicKeys, signerOf } from "../../src/signing/keys.ts";

const KEY = "0123456789abcdef".repeat(4);
const NAME = { key: KEY, form: "gz-6-1048576-deno-2.9.6" } as const;
const TAR = { key: KEY, form: "tar" } as const;
const FOUND = {
  digest: `sha256:${"ab".repeat(32)}`,
  size: 10240,
  diffId: `sha256:${"cd".repeat(32)}`,
};
const blobOf = ({ digest, size }: { digest: string; size: number }) => ({ digest, size });
const PLAIN = blobOf(FOUND);

Deno.test("a tag is one, whatever the form", () => {
  assert.equal(tagOf(TAR), `${KEY}.tar`);
  const odd = tagOf({ key: KEY, form: `gz-6-deno-2.9.6+canary ${"x".repeat(99)}` });
  assert.match(odd, /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
  assert.ok(odd.startsWith(`${KEY}.gz-6-deno-2.9.6_canary_x`));
});

Deno.test("a statement says of its own layer and form what was stated", () => {
  assert.deepEqual(statedDigest(statementOf(NAME, FOUND), NAME), FOUND);
  assert.deepEqual(statedDigest(statementOf(TAR, PLAIN), TAR), PLAIN);
  assert.equal(statementOf(TAR, PLAIN).split("\n").length, 1);
});

Deno.test("a statement about anything else, or with anything else in it, says nothing", () => {
  const statement = statementOf(NAME, FOUND);
  const other = { ...NAME, key: KEY.replaceAll("0", "1") };
  assert.equal(statedDigest(statement, other), undefined);
  assert.equal(statedDigest(statement, TAR), undefined);
  assert.equal(statedDigest(statement, { ...NAME, form: "zstd-3" }), undefined);
  // A tar has one digest.
  const two = ["nix-image-layer-1", KEY, "tar", FOUND.digest, FOUND.size, FOUND.diffId].join(";");
  assert.equal(statedDigest(two, TAR), undefined);
  for (
    const wrong of [
      "",
      `${statement};`,
      `${statement}\n`,
      ` ${statement}`,
      statement.replace("layer-1", "layer-2"),
      statement.replace("10240", "010240"),
      statement.replace("10240", "1e4"),
      statement.replace("10240", "0"),
      statement.replace("10240", "-1"),
      statement.replace("10240", "99999999999999999999"),
      statement.replace("sha256:ab", "sha256:AB"),
      statement.replace("sha256:ab", "sha512:ab"),
      statement.replace(/;[^;]*$/, ""),
    ]
  ) assert.equal(statedDigest(wrong, NAME), undefined, wrong);
});

Deno.test("an entry is an artifact of OCI without content, and is read again", () => {
  const signature = `ann-1:${Buffer.alloc(64, 7).toString("base64")}`;
  const entry = { statement: statementOf(NAME, FOUND), signatures: [signature, signature] };
  const { mediaType, bytes } = entryManifest(entry);
  const empty = {
    mediaType: "application/vnd.oci.empty.v1+json",
    digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    size: 2,
  };
  assert.equal(mediaType, "application/vnd.oci.image.manifest.v1+json");
  const document = JSON.parse(new TextDecoder().decode(bytes));
  assert.deepEqual([document.config, document.layers], [empty, [empty]]);
  assert.deepEqual([document.schemaVersion, document.mediaType], [2, mediaType]);
  assert.deepEqual(parseEntry(bytes), entry);
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", ...PLAIN };
  const listed = entryManifest({ ...entry, signatures: [] }, layer).bytes;
  assert.deepEqual(JSON.parse(new TextDecoder().decode(listed)).layers, [layer]);
  assert.deepEqual(parseEntry(listed), { ...entry, signatures: [] });
});

Deno.test("the entry in the documentation is one, and its signature is right", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/cache.md", import.meta.url));
  const document = new TextEncoder().encode(/```json\n([^]*?)```/.exec(text)?.[1]);
  const { statement, signatures } = parseEntry(document)!;
  const key = /`(fig:[A-Za-z0-9+/=]+)`/.exec(text)?.[1] ?? "";
  assert.equal(signerOf(statement, signatures, parsePublicKeys(key, "docs")), "fig");
  const [, layer = ""] = statement.split(";");
  const name = { key: layer, form: "gz-6-1048576-deno-2.9.6" } as const;
  const found = statedDigest(statement, name);
  assert.ok(found);
  const mediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
  const { bytes } = entryManifest({ statement, signatures }, { mediaType, ...blobOf(found) });
  const parse = (json: Uint8Array) => JSON.parse(new TextDecoder().decode(json));
  assert.deepEqual(parse(document), parse(bytes));
});

Deno.test("what is no entry is none; signatures that are none, or too many, are left out", () => {
  const entry = { statement: statementOf(NAME, FOUND), signatures: [] };
  const text = new TextDecoder().decode(entryManifest(entry).bytes);
  const parse = (changed: string) => parseEntry(new TextEncoder().encode(changed));
  for (
    const wrong of [
      "",
      "null",
      "[]",
      '"text"',
      text.slice(0, -1),
      text.replace("vnd.nix-image.layer.v1", "vnd.nix-image.layer.v2"),
      text.replace("nix-image.layer.statement", "statement"),
      text.replace(/"nix-image-layer-1[^"]*"/, "1"),
      text.replace(/"annotations": \{[^}]*\}/, '"annotations": null'),
      `${text}${" ".repeat(1 << 16)}`,
    ]
  ) assert.equal(parse(wrong), undefined, wrong.slice(0, 50));
  const signature = (n: number) => `ann-${n}:${Buffer.alloc(64, n).toString("base64")}`;
  const many = ["junk", "a:b", ...Array.from({ length: 40 }, (_, n) => signature(n))];
  const { signatures } = parseEntry(entryManifest({ ...entry, signatures: many }).bytes)!;
  assert.deepEqual(signatures, Array.from({ length: 16 }, (_, n) => signature(n)));
});
