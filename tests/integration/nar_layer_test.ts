/**
 * Layers of real software from the NARs of `nix-store --dump`, compressed in every way, against layers
 * from the same store paths on disk.
 */

import assert from "node:assert/strict";
import { type Layer, readLayer } from "../../src/layer/layer.ts";
import { type Ownership, StoreLayer } from "../../src/layer/store_layer.ts";
import { decompressedNar, type NarCompression } from "../../src/store/nar_decompress.ts";
import { parseNarListing } from "../../src/store/nar_listing.ts";
import { verifiedNar } from "../../src/store/nar_stream.ts";
import { parseStorePath, type StorePath } from "../../src/store/store_path.ts";
import { walkTree } from "../../src/store/tree.ts";
import { unpackNar } from "../../src/store/unpack_nar.ts";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { debianClosure } from "../support/debian_closure.ts";
import { succeed } from "../support/program.ts";
import { sha256Of } from "../../src/image/image.ts";
import { Scratch } from "../support/scratch.ts";
import { createHash } from "node:crypto";

const OWNER: Ownership = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: 1 };
const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };

const scratch = new Scratch();
Deno.test.afterAll(async () => await scratch[Symbol.asyncDispose]());

const COMPRESSORS = {
  none: ["cat"],
  zstd: ["zstd", "-q", "-c"],
  gzip: ["gzip", "-c"],
  xz: ["xz", "-0", "-c"],
  bzip2: ["bzip2", "-c"],
} as const;

/** What is dumped of a store path, and how it is compressed. */
interface Dumped {
  readonly file: string;
  readonly narHash: string;
  readonly narSize: number;
  readonly compression: NarCompression;
}

async function closure(): Promise<StorePath[]> {
  const tops = await debianClosure(["hello", "python3-minimal"]);
  const all = await succeed(["nix-store", "--query", "--requisites", ...tops], {
    env: nixEnvironment(),
  });
  return all.trim().split("\n").map(parseStorePath);
}

async function dump(path: StorePath, index: number): Promise<Dumped> {
  const kinds = Object.keys(COMPRESSORS) as (keyof typeof COMPRESSORS)[];
  const compression = kinds[index % kinds.length]!;
  const plain = `${scratch.path}/${index}.nar`;
  await succeed(["sh", "-c", 'nix-store --dump "$1" > "$2"', "sh", path, plain]);
  const bytes = Deno.readFileSync(plain);
  const file = `${plain}.${compression}`;
  const compress = COMPRESSORS[compression].join(" ");
  await succeed(["sh", "-c", `${compress} "$1" > "$2"`, "sh", plain, file]);
  Deno.removeSync(plain);
  return { file, compression, narHash: sha256Of(bytes), narSize: bytes.length };
}

async function digestOf(layer: Layer): Promise<string> {
  const hash = createHash("sha256");
  await readLayer(layer, (chunk) => hash.update(chunk));
  return hash.digest("hex");
}

Deno.test(
  "layers from nix-store's NARs have the bytes of layers from the store",
  LEAVES_NOTHING,
  async () => {
    const paths = await closure();
    const dumped = new Map<StorePath, Dumped>();
    for (const [index, path] of paths.entries()) dumped.set(path, await dump(path, index));
    const nars = (path: StorePath) => {
      const found = dumped.get(path);
      if (found === undefined) return undefined;
      const { file, compression, narHash, narSize } = found;
      return {
        narSize,
        narHash,
        from: "a test",
        entries: () => Promise.resolve(undefined),
        open() {
          const nar = { name: file, compression, narSize, fileSize: Deno.statSync(file).size };
          const plain = decompressedNar(Deno.openSync(file).readable, nar);
          return verifiedNar(plain, { path, from: "a directory", narHash, narSize });
        },
      };
    };
    const spool = `${scratch.path}/spool`;
    Deno.mkdirSync(spool);
    const elsewhere = { nars, spool: () => Promise.resolve(spool) };
    const coming = new StoreLayer(paths, OWNER, "/nowhere", undefined, undefined, elsewhere);
    const there = new StoreLayer(paths, OWNER, "");
    const expected = await digestOf(there);
    assert.equal(await digestOf(coming), expected);
    assert.equal(await coming.tarSize(), await there.tarSize());
    assert.equal(await digestOf(coming), expected, "spooled");

    const [first] = paths;
    const { narSize } = dumped.get(first!)!;
    const unpacked = `${scratch.path}/unpacked`;
    await unpackNar(nars(first!)!.open(), unpacked, { size: narSize });
    const hash = await succeed(["nix-hash", "--type", "sha256", unpacked]);
    assert.equal(`sha256:${hash.trim()}`, dumped.get(first!)!.narHash);
  },
);

Deno.test("a listing of Nix says what is on the disk", async () => {
  for (const path of await closure()) {
    const text = await succeed([
      "nix",
      "--extra-experimental-features",
      "nix-command",
      "store",
      "ls",
      "--json",
      "--recursive",
      path,
    ], {
      env: nixEnvironment(),
    });
    const listing = `{"version":1,"root":${text}}`;
    assert.deepEqual(parseNarListing(listing, path, "a listing"), [...walkTree(path, "")], path);
  }
});
