/** NARs as a test has them: in memory, with what is said of them. */

import { createHash } from "node:crypto";
import type { NarPath, NarPaths } from "../../src/store/nar_path.ts";
import { verifiedNar } from "../../src/store/nar_stream.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import type { TreeEntry } from "../../src/store/tree.ts";
import { streamOf } from "./bytes.ts";
import { runPython } from "./python.ts";
import { Scratch } from "./scratch.ts";

/** The NARs of files or directories, as Python writes them. */
export async function narsOf(paths: readonly string[]): Promise<Uint8Array<ArrayBuffer>[]> {
  await using scratch = new Scratch();
  const targets = paths.map((path, index) => ({ path, target: `${scratch.path}/${index}` }));
  await runPython("dump_nars.py", targets.map(({ path, target }) => `${path}=${target}`));
  return targets.map(({ target }) => Deno.readFileSync(target));
}

/** A NAR that counts what is done with it. */
export interface CountingNar extends NarPath {
  opened: number;
  cancelled: number;
  ended: number;
}

/** A NAR from these bytes. */
export function narPath(
  path: StorePath,
  bytes: Uint8Array,
  { claimed = bytes, entries, chunk = 65536 }: {
    /** The bytes that there should be. */
    readonly claimed?: Uint8Array;
    readonly entries?: readonly TreeEntry[] | undefined;
    readonly chunk?: number;
  } = {},
): CountingNar {
  const narHash = `sha256:${createHash("sha256").update(claimed).digest("hex")}`;
  const expected = { path, from: "https://cache.example", narHash, narSize: claimed.length };
  const nar: CountingNar = {
    narSize: claimed.length,
    narHash,
    opened: 0,
    cancelled: 0,
    ended: 0,
    open() {
      nar.opened++;
      const reader = streamOf(bytes, chunk).getReader();
      const counted = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const { value, done } = await reader.read();
          if (!done) return controller.enqueue(value);
          nar.ended++;
          controller.close();
        },
        cancel: () => void nar.cancelled++,
      }, { highWaterMark: 0 });
      return verifiedNar(counted, expected);
    },
    from: "a test",
    entries: () => Promise.resolve(entries),
  };
  return nar;
}

/** Where these are, and nothing else. */
export function narPaths(nars: Readonly<Record<string, NarPath>>): NarPaths {
  return (path) => nars[path];
}
