/**
 * `nix-image pull NAME[:TAG|@DIGEST] -o FILE`.
 * @module
 */

import { platformText } from "../base/choose_image.ts";
import type { Platform } from "../base/stored_image.ts";
import { OutputFile } from "../disk/output_part.ts";
import { ImageError, UsageError } from "../errors.ts";
import { checkHash, writePulled } from "../registry/archive.ts";
import { LOCK_FILE, lockedImage } from "../registry/lock_file.ts";
import { formatReference, type RegistryReference } from "../registry/reference.ts";
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
  /** Whether the lock file says the digest, and where that file is. */
  readonly locked?: boolean;
  readonly lock?: string;
  readonly quiet?: boolean;
}

/** Writes an image out of a registry to a file, which is there when it is whole. */
export async function pullCommand(name: string, options: PullOptions): Promise<void> {
  const { output, quiet = false } = options;
  if (output === "-") throw new UsageError("--output: name a file; pull writes to no pipe");
  const named = registryImage(name, options.digest);
  const final = finalName(name, named, options);
  const expected = options.hash === undefined ? undefined : expectedHash(options.hash);
  const wanted = wantedPlatform(options);
  const reference = options.locked ? await locked(named, wanted, options.lock ?? LOCK_FILE) : named;
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

/** The image that the lock file says. */
async function locked(
  reference: RegistryReference,
  platform: Platform,
  file: string,
): Promise<RegistryReference> {
  if (reference.digest !== undefined) {
    throw new UsageError("--locked is for a tag: an image with a digest needs no lock file");
  }
  const found = await lockedImage(file, { reference, platform });
  if (found !== undefined) return { ...reference, digest: found.manifestDigest };
  const name = formatReference(reference);
  throw new ImageError(
    `${file} has no ${name} for ${platformText(platform)}: ` +
      `nix-image prefetch --lock ${file} ${name} puts it there`,
  );
}

function expectedHash(text: string): Uint8Array {
  const bytes = sha256Bytes(text);
  if (bytes !== undefined) return bytes;
  throw new UsageError(
    `--hash: expected a SHA-256 (SRI, or base 16, 32 or 64), found ${JSON.stringify(text)}`,
  );
}
