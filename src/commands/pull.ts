/**
 * `nix-image pull NAME[:TAG|@DIGEST] -o FILE`.
 * @module
 */

import { OutputFile } from "../disk/output_part.ts";
import { UsageError } from "../errors.ts";
import { checkHash, writePulled } from "../registry/archive.ts";
import { formatReference } from "../registry/reference.ts";
import { resolveImage } from "../registry/resolve.ts";
import { sha256Bytes } from "../store/nix_hash.ts";
import { formatBytes } from "../terminal/format.ts";
import {
  finalName,
  type FinalNameOptions,
  imageLine,
  registryImage,
  type RegistryOptions,
  skopeoFor,
} from "./registry_options.ts";
import { checkPlatform, type PlatformOptions, wantedPlatform } from "./wanted_platform.ts";

/** Options of {@linkcode pullCommand}. */
export interface PullOptions extends RegistryOptions, PlatformOptions, FinalNameOptions {
  readonly output: string;
  readonly digest?: string;
  readonly hash?: string;
  readonly quiet?: boolean;
}

/** Writes an image out of a registry to a file, which is there when it is whole. */
export async function pullCommand(name: string, options: PullOptions): Promise<void> {
  const { output, quiet = false } = options;
  if (output === "-") throw new UsageError("--output: name a file; pull writes to no pipe");
  const reference = registryImage(name, options.digest);
  const final = finalName(name, reference, options);
  const expected = options.hash === undefined ? undefined : expectedHash(options.hash);
  const wanted = wantedPlatform(options);
  using file = new OutputFile(output);
  await using work = await skopeoFor(reference.host, options);
  const image = await resolveImage(reference, wanted, work.skopeo);
  checkPlatform(reference, image, wanted, options);
  if (!quiet) console.error(imageLine(reference, image));
  const archive = await writePulled(work.skopeo, { reference, image, ...final }, file);
  if (expected) checkHash(archive, expected, formatReference(reference));
  file.commit();
  if (quiet) return;
  const facts = [`${final.name}:${final.tag}`, formatBytes(archive.size), archive.hash];
  console.error(`Written to ${output}: ${facts.join(", ")}`);
}

function expectedHash(text: string): Uint8Array {
  const bytes = sha256Bytes(text);
  if (bytes !== undefined) return bytes;
  throw new UsageError(
    `--hash: expected a SHA-256 (SRI, or base 16, 32 or 64), found ${JSON.stringify(text)}`,
  );
}
