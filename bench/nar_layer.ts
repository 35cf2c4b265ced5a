/**
 * Speed and memory of a layer from a NAR: `deno run --allow-all bench/nar_layer.ts NAR...`, where each is
 * a file that `nix-store --dump` wrote, compressed or not (by the end of its name).
 *
 * Each is read three times: decompressed, verified, parsed, made a tar, and hashed.
 * @module
 */

import { createHash } from "node:crypto";
import { readLayer } from "../src/layer/layer.ts";
import { StoreLayer } from "../src/layer/store_layer.ts";
import { decompressedNar, type NarCompression } from "../src/store/nar_decompress.ts";
import { verifiedNar } from "../src/store/nar_stream.ts";
import { parseStorePath } from "../src/store/store_path.ts";

const PATH = parseStorePath(`/nix/store/${"0".repeat(32)}-bench`);
const OWNER = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: 1 };
const COMPRESSION: Readonly<Record<string, NarCompression>> = {
  zst: "zstd",
  xz: "xz",
  gz: "gzip",
  bz2: "bzip2",
  br: "br",
};

for (const file of Deno.args) {
  const compression = COMPRESSION[file.slice(file.lastIndexOf(".") + 1)] ?? "none";
  const open = () => {
    const nar = { name: file, compression, narSize };
    return decompressedNar(Deno.openSync(file).readable, nar);
  };
  let narSize = Number.MAX_SAFE_INTEGER;
  const hash = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of open()) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch {
    // Its size was not the one that was said.
  }
  narSize = size;
  const narHash = `sha256:${hash.digest("hex")}`;
  const nar = {
    narSize,
    entries: () => Promise.resolve(undefined),
    open: () => verifiedNar(open(), { path: PATH, from: file, narHash, narSize }),
  };
  const elsewhere = { nars: () => nar, spool: () => Promise.resolve("/tmp") };
  for (let round = 0; round < 3; round++) {
    const layer = new StoreLayer([PATH], OWNER, "", undefined, undefined, elsewhere);
    const started = performance.now();
    const tar = createHash("sha256");
    await readLayer(layer, (chunk) => tar.update(chunk));
    const seconds = (performance.now() - started) / 1000;
    const [speed, memory] = [narSize / 1e6 / seconds, Deno.memoryUsage().rss / 2 ** 20];
    console.log(`${file}: ${speed.toFixed(0)} MB/s, ${memory.toFixed(0)} MiB resident`);
  }
}
