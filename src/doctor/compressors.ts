/**
 * Programs that compress and decompress.
 * @module
 */

import type { Check } from "./check.ts";
import type { Host } from "./host.ts";
import { checkProgram } from "./programs.ts";

const PURPOSES = {
  pigz: "build to .tar.gz with nixpkgs' bytes, and faster; without it, in the program",
  zstd: "build to .tar.zst faster; reading images and layers in zstd",
  xz: "reading archives in xz",
  bzip2: "reading archives in bzip2",
} as const;

/** All of them are for speed, or for archives that others made. */
export async function checkCompressors(host: Host): Promise<Check[]> {
  return await Promise.all(
    (["pigz", "zstd", "xz", "bzip2"] as const).map((program) =>
      checkProgram({ program, group: "compressors", purpose: PURPOSES[program] }, host)
    ),
  );
}
