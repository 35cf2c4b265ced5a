/**
 * Speed and memory of a layer from a NAR: `deno task bench:nar FILE...`, where each file is what
 * `nix-store --dump` wrote, compressed or not (by the end of its name).
 *
 * The baseline is to decompress and hash it, which is the least that a layer from it takes; a layer is
 * decompressed, hashed, parsed, made a tar, and hashed again.
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

function tell(what: string, size: number, started: number): void {
  const speed = size / 1e6 / ((performance.now() - started) / 1000);
  const memory = Deno.memoryUsage().rss / 2 ** 20;
  console.log(`${what}: ${speed.toFixed(0)} MB/s, ${memory.toFixed(0)} MiB resident`);
}

for (const file of Deno.args) {
  const compression = COMPRESSION[file.slice(file.lastIndexOf(".") + 1)] ?? "none";
  const open = (narSize: number) => {
    const nar = { name: file, compression, narSize };
    return decompressedNar(Deno.openSync(file).readable, nar);
  };
  let narSize = 0;
  for (let round = 0; round < 3; round++) {
    const hash = createHash("sha256");
    const started = performance.now();
    let seen = 0;
    try {
      for await (const chunk of open(narSize || Number.MAX_SAFE_INTEGER)) {
        hash.update(chunk);
        seen += chunk.length;
      }
    } catch (error) {
      // Its size is not known in the first round.
      if (narSize > 0) throw error;
    }
    narSize = seen;
    tell(`${file} hashed`, narSize, started);

    const narHash = `sha256:${hash.digest("hex")}`;
    const nar = {
      narSize,
      narHash,
      from: "a file",
      entries: () => Promise.resolve(undefined),
      open: () => verifiedNar(open(narSize), { path: PATH, from: file, narHash, narSize }),
    };
    const elsewhere = { nars: () => nar, spool: () => Promise.resolve("/tmp") };
    const layer = new StoreLayer([PATH], OWNER, "", undefined, undefined, elsewhere);
    const begun = performance.now();
    const tar = createHash("sha256");
    await readLayer(layer, (chunk) => tar.update(chunk));
    tell(`${file} as a layer`, narSize, begun);
  }
}
