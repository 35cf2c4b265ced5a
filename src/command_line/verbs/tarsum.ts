/**
 * The command line of `nix-image tarsum`.
 * @module
 */

import { verb } from "../verb.ts";

/** `nix-image tarsum`. */
export const command = verb("tarsum", {
  examples: [
    "nix-image tarsum < layer.tar",
  ],
})
  .summary("print Docker's checksum of a tar archive")
  .description("Print the tarsum (v1, sha256) of the uncompressed tar archive on standard input.")
  .action(async () => {
    const { tarsumCommand } = await import("../../commands/tarsum.ts");
    await tarsumCommand();
  });
