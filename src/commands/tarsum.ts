/**
 * `nix-image tarsum`.
 * @module
 */

import { UsageError } from "../errors.ts";
import { Tarsum } from "../sinks/tarsum.ts";
import { print } from "../terminal/output.ts";

/** Prints Docker's checksum of the tar archive on standard input. */
export async function tarsumCommand(): Promise<void> {
  if (Deno.stdin.isTerminal()) {
    throw new UsageError("Standard input is a terminal; give it an archive: < layer.tar");
  }
  const tarsum = new Tarsum();
  for await (const chunk of Deno.stdin.readable) tarsum.update(chunk);
  await print(tarsum.digest());
}
