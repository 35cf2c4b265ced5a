import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { computeDiffId, type Layer } from "../../src/layer/layer.ts";
import { PermissionRules } from "../../src/layer/permissions.ts";
import { type Ownership, StoreLayer } from "../../src/layer/store_layer.ts";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { askPython } from "../support/python.ts";
import { storePath } from "../support/store_paths.ts";

const OWNER: Ownership = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: 1 };
const A = storePath("a"), B = storePath("b");

const bytesOf = (layer: Layer) => new Response(layer.open()).bytes();

Deno.test("StoreLayer has an identity that tells apart what determines it, and not the root", () => {
  const identity = (paths = [A, B], owner: Partial<Ownership> = {}, root = "") =>
    new StoreLayer(paths, { ...OWNER, ...owner }, root).identity;
  const different = [
    identity(),
    identity([A]),
    identity([B, A]),
    identity([A, B], { uid: 1 }),
    identity([A, B], { gid: 1 }),
    identity([A, B], { uname: "" }),
    identity([A, B], { gname: "" }),
    identity([A, B], { mtime: 0 }),
  ];
  assert.equal(new Set(different).size, different.length);
  assert.equal(identity([A, B], {}, "/elsewhere"), different[0]);
  for (const digits of different) assert.match(digits, /^[0-9a-f]{64}$/);
});

Deno.test("StoreLayer has a content key that tells apart what is in its paths, where that is known", () => {
  const keyOf = (narHashes?: string[], uid = OWNER.uid) =>
    new StoreLayer([A, B], { ...OWNER, uid }, "", undefined, narHashes).contentKey;
  const hashes = ["sha256:a", "sha256:b"];
  assert.equal(keyOf(), undefined);
  assert.equal(keyOf(hashes), keyOf([...hashes]));
  const keys = [
    keyOf(hashes),
    keyOf(hashes.toReversed()),
    keyOf(hashes.with(0, "c")),
    keyOf(hashes, 7),
  ];
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) assert.match(key ?? "", /^[0-9a-f]{64}$/);
  const other = new StoreLayer([A, B], OWNER, "/elsewhere", undefined, hashes);
  assert.equal(other.contentKey, keyOf(hashes));
});

Deno.test("StoreLayer describes itself as nixpkgs' history does", () => {
  const layer = new StoreLayer([A, B], OWNER, "");
  assert.equal(layer.comment, `store paths: ['${A}', '${B}']`);
  assert.equal(layer.label, "a, b");
});

Deno.test("StoreLayer.tarSize() is the number of bytes, also of more files than it keeps", async () => {
  await inDirectory(async (root) => {
    makeFiles(root + A, Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`${i}`, ""])));
    makeFiles(root + B, { "dir/file": "content" });
    const layer = new StoreLayer([B, A, B], OWNER, root);
    const size = await layer.tarSize();
    const first = await bytesOf(layer);
    assert.equal(first.length, size);
    assert.deepEqual(await new Response(layer.open()).bytes(), first);
  });
});

Deno.test("StoreLayer gives the attributes that rules set, and the others as without rules", async () => {
  await inDirectory(async (root) => {
    makeFiles(root + A, { "bin/ping": "#!", "bin/link": "-> ping", "other": "1" });
    for (const file of ["bin/ping", "other"]) Deno.chmodSync(`${root}${A}/${file}`, 0o555);
    const layer = new StoreLayer(
      [A],
      OWNER,
      root,
      new PermissionRules([
        { path: "/nix/**", gid: 2 ** 31 },
        { path: "/nix/store", mode: 0o1775 },
        { path: `${A}/bin/*`, uid: 1000, mode: 0o4755, capabilities: "cap_net_raw,cap_setuid+ep" },
      ]),
    );
    const archive = `${root}/layer.tar`;
    const size = await layer.tarSize();
    Deno.writeFileSync(archive, await bytesOf(layer));
    assert.equal(Deno.statSync(archive).size, size);
    const member = (name: string, mode: number, uid: number, xattrs = {}) => {
      const owner = [uid, 2 ** 31, uid === 0 ? "root" : "", ""];
      return { name, owner, mode, mtime: 1, xattrs };
    };

    const directory = (Deno.lstatSync(root + A).mode ?? 0) & 0o7777;
    assert.deepEqual(await askPython("list_members.py", archive), [
      member("/nix", 0o755, 0),
      member("/nix/store", 0o1775, 0),
      member(A, directory, 0),
      member(`${A}/bin`, directory, 0),
      member(`${A}/bin/link`, 0o777, 1000),
      member(`${A}/bin/ping`, 0o4755, 1000, {
        "SCHILY.xattr.security.capability": "0100000280200000000000000000000000000000",
      }),
      member(`${A}/other`, 0o555, 0),
    ]);
  });
});

Deno.test("StoreLayer without rules for the store is as without any", async () => {
  await inDirectory(async (root) => {
    makeFiles(root + A, { file: "content" });
    const plain = new StoreLayer([A], OWNER, root);
    const ruled = (path: string, uid = 1) =>
      new StoreLayer([A], OWNER, root, new PermissionRules([{ path, uid }]));
    assert.equal(ruled("/home/**").identity, plain.identity);
    assert.equal(await computeDiffId(ruled("/home/**")), await computeDiffId(plain));
    // A rule that could match and does not leaves the bytes alone.
    assert.equal(await computeDiffId(ruled("/nix/store/x")), await computeDiffId(plain));
    const identities = [plain, ruled("/nix/**"), ruled("/nix/**", 2)].map(({ identity }) =>
      identity
    );
    assert.equal(new Set(identities).size, 3);
  });
});

Deno.test("StoreLayer fails with the path of a file that changed since it was sized", async () => {
  await inDirectory(async (root) => {
    makeFiles(root + A, { before: "1", file: "12345", other: "1" });
    const file = `${root}${A}/file`;
    const failsWith = async (change: () => void, message: string) => {
      const layer = new StoreLayer([A], OWNER, root);
      await layer.tarSize();
      change();
      await assert.rejects(bytesOf(layer), (error) => {
        assert.ok(error instanceof ImageError);
        assert.equal(error.message, message);
        return true;
      });
    };
    const changed = `${file} changed while it was read: expected`;
    await failsWith(() => Deno.writeTextFileSync(file, "123"), `${changed} 5 bytes, found 3`);
    await failsWith(() => Deno.writeTextFileSync(file, "1234"), `${changed} 3 bytes, found more`);
    await failsWith(
      () => Deno.removeSync(file),
      `${file} is not there: it was removed, or never made on this host`,
    );
  });
});

Deno.test("StoreLayer fails when it is sized or read, not when it is made or opened", async () => {
  const missing = { name: "ImageError", message: /^\/nowhere\/nix\/store\/0+-a is not there/ };
  const layer = new StoreLayer([A], OWNER, "/nowhere");
  await assert.rejects(layer.tarSize(), missing);
  const unsized = new StoreLayer([A], OWNER, "/nowhere");
  const stream = unsized.open();
  // A failure that nobody waits for would end the test run here.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await assert.rejects(new Response(stream).bytes(), missing);
  await assert.rejects(computeDiffId(unsized), missing);
});
