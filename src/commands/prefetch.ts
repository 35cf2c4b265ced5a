/**
 * `nix-image prefetch NAME[:TAG|@DIGEST]`.
 * @module
 */

import { UsageError } from "../errors.ts";
import { writePulled } from "../registry/archive.ts";
import { lockImage } from "../registry/lock_file.ts";
import { formatReference } from "../registry/reference.ts";
import { resolveImage } from "../registry/resolve.ts";
import { ArrivalProgress } from "../terminal/arrival_progress.ts";
import { jsonText } from "../terminal/format.ts";
import { nixAttributes } from "../terminal/nix.ts";
import { print } from "../terminal/output.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { finalName, type FinalNameOptions, imageLine, registryImage } from "./pulled_name.ts";
import type { RegistryOptions } from "./registry_options.ts";
import { reportTo } from "./report.ts";
import { skopeoFor } from "./skopeo_options.ts";
import { checkPlatform, type PlatformOptions, wantedPlatform } from "./wanted_platform.ts";

/** Options of {@linkcode prefetchCommand}. */
export interface PrefetchOptions extends RegistryOptions, PlatformOptions, FinalNameOptions {
  readonly lock?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Raised when fields are taken away or mean something else: docs/prefetch.md has them. */
const SCHEMA_VERSION = 1;

/** Prints what nixpkgs' pullImage wants to know of an image in a registry. */
export async function prefetchCommand(name: string, options: PrefetchOptions): Promise<void> {
  const { quiet = false, lock } = options;
  using report = reportTo(options);
  const reference = registryImage(name);
  if (lock !== undefined && reference.tag === undefined) {
    throw new UsageError(`--lock is for a tag, and ${name} has a digest alone`);
  }
  const final = finalName(name, reference, options);
  const wanted = wantedPlatform(options);
  const progress = new ArrivalProgress(stderrOutput, formatReference(reference), { quiet });
  await using work = await skopeoFor(reference.host, options, progress);
  const image = await resolveImage(reference, wanted, work.skopeo);
  checkPlatform(reference, image.platform, wanted, options, report.warn);
  report.say?.(imageLine(reference, image));
  const request = { reference, image, ...final };
  const { hash } = await writePulled(work.skopeo, request, {
    write: ({ length }) => Promise.resolve(length),
  });
  const digests = {
    indexDigest: image.index?.digest ?? null,
    manifestDigest: image.manifest.digest,
  };
  if (lock !== undefined) await lockImage(lock, { reference, platform: wanted }, digests);
  const facts = {
    imageName: final.given,
    imageDigest: image.manifest.digest,
    hash,
    finalImageName: final.name,
    finalImageTag: final.tag,
  };
  const { os, architecture, variant } = image.platform;
  await print(
    options.json
      ? jsonText({
        schemaVersion: SCHEMA_VERSION,
        ...facts,
        os,
        arch: architecture,
        variant,
        ...digests,
      })
      : nixAttributes(facts),
  );
}
