/**
 * `nix-image pull NAME[:TAG|@DIGEST] -o FILE`.
 * @module
 */

import { chooseImage, platformText } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import type { Platform } from "../base/stored_image.ts";
import { OutputFile } from "../disk/output_part.ts";
import { ImageError, UsageError } from "../errors.ts";
import { checkHash, writePulled } from "../registry/archive.ts";
import { LOCK_FILE, lockedImage } from "../registry/lock_file.ts";
import { formatReference, type RegistryReference } from "../registry/reference.ts";
import { resolveImage } from "../registry/resolve.ts";
import { writeOciArchive, writeOciDirectory } from "../sinks/oci_layout.ts";
import { sha256Bytes } from "../store/nix_hash.ts";
import { ArrivalProgress } from "../terminal/arrival_progress.ts";
import { formatBytes, jsonText } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { tellDamage } from "./base.ts";
import { cacheDirectory } from "./cache_directory.ts";
import type { FormatOptions } from "./formats.ts";
import {
  type FinalName,
  finalName,
  type FinalNameOptions,
  imageLine,
  registryImage,
} from "./pulled_name.ts";
import type { RegistryOptions } from "./registry_options.ts";
import { type Report, reportTo } from "./report.ts";
import { skopeoFor } from "./skopeo_options.ts";
import { checkPlatform, type PlatformOptions, wantedPlatform } from "./wanted_platform.ts";

/** The time of an archive's members, as nixpkgs has it. */
const MTIME = 1;

/** Options of {@linkcode pullCommand}. */
export interface PullOptions extends RegistryOptions, PlatformOptions, FinalNameOptions {
  readonly output: string;
  readonly format: FormatOptions["format"];
  readonly digest?: string;
  readonly hash?: string;
  /** Whether the lock file says the digest, and where that file is. */
  readonly locked?: boolean;
  readonly lock?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Writes an image out of a registry to a file or directory, which is there when it is whole. */
export async function pullCommand(name: string, options: PullOptions): Promise<void> {
  const { output, format } = options;
  using report = reportTo(options);
  if (output === "-") throw new UsageError("--output: name a file; pull writes to no pipe");
  if (format !== "docker-archive" && options.hash !== undefined) {
    throw new UsageError("--hash is for --format docker-archive; a --digest says as much");
  }
  const named = registryImage(name, options.digest);
  const wanted = wantedPlatform(options);
  const reference = options.locked ? await locked(named, wanted, options.lock ?? LOCK_FILE) : named;
  report.phase?.("pulling");
  const final = finalName(name, named, options);
  const pulled = await pullers[format](reference, wanted, final, options, report);
  const { size, hash, manifestDigest, ...documents } = pulled;
  const shown = `${final.name}:${final.tag}`;
  const what = [shown, formatBytes(size), hash ?? `manifest ${manifestDigest}`];
  report.say?.(`Written to ${output}: ${what.join(", ")}`);
  if (!options.json) return;
  await print(
    jsonText({ path: output, format, size, hash, name: shown, manifestDigest, ...documents }),
  );
}

/** What was written. */
interface Pulled {
  /** In bytes. */
  readonly size: number;
  /** SRI, of an archive. */
  readonly hash: string | null;
  readonly manifestDigest: string;
  /** Docker's ID of the image. */
  readonly id: string;
  /** `OS/ARCHITECTURE[/VARIANT]` */
  readonly platform: string;
}

/** Writes an image in one of the formats. */
type Puller = (
  reference: RegistryReference,
  wanted: Platform,
  final: FinalName,
  options: PullOptions,
  report: Report,
) => Promise<Pulled>;

const pullers: Readonly<Record<PullOptions["format"], Puller>> = {
  "docker-archive": pullArchive,
  "oci-archive": pullLayout,
  oci: pullLayout,
};

async function pullArchive(
  reference: RegistryReference,
  wanted: Platform,
  final: FinalName,
  options: PullOptions,
  report: Report,
): Promise<Pulled> {
  const expected = options.hash === undefined ? undefined : expectedHash(options.hash);
  await using work = await skopeoFor(reference.host, options, progressOf(reference, options));
  using file = new OutputFile(options.output);
  const image = await resolveImage(reference, wanted, work.skopeo);
  checkPlatform(reference, image.platform, wanted, options, report.warn);
  report.say?.(imageLine(reference, image));
  const archive = await writePulled(work.skopeo, { reference, image, ...final }, file);
  if (expected) checkHash(archive, expected, formatReference(reference));
  file.commit();
  return {
    ...archive,
    manifestDigest: image.manifest.digest,
    id: image.configDigest,
    platform: platformText(image.platform),
  };
}

function progressOf(reference: RegistryReference, { quiet = false }: PullOptions) {
  return new ArrivalProgress(stderrOutput, formatReference(reference), { quiet });
}

/** An image in its own bytes comes by way of those that are kept. */
async function pullLayout(
  reference: RegistryReference,
  wanted: Platform,
  final: FinalName,
  options: PullOptions,
  report: Report,
): Promise<Pulled> {
  const { format, output } = options;
  const { ImageStore } = await import("../registry/image_store.ts");
  await using stack = new AsyncDisposableStack();
  let isKept = true;
  const kept = stack.use(
    await new ImageStore({ directory: cacheDirectory("images") })
      .get(reference, wanted, async () => {
        isKept = false;
        report.say?.(`Pulling ${formatReference(reference)}`);
        const progress = progressOf(reference, options);
        return stack.use(await skopeoFor(reference.host, options, progress)).skopeo;
      }),
  );
  const opened = stack.use(
    await openImages(kept.path, {
      onDamage: () => tellDamage(kept, formatReference(reference), report.warn),
    }),
  );
  report.detail?.(`${formatReference(reference)}: ${isKept ? "kept" : "now"} in ${kept.path}`);
  const image = chooseImage(opened, {});
  const { os, architecture, variant } = image;
  checkPlatform(reference, { os, architecture, variant }, wanted, options, report.warn);
  report.phase?.("writing");
  const name = `${final.name}:${final.tag}`;
  const images = [{ image, repoTags: [name] }];
  const { size } = format === "oci"
    ? await writeOciDirectory(images, output)
    : await writeOciArchive(images, output, { mtime: MTIME });
  return {
    size,
    hash: null,
    manifestDigest: image.manifestDigest ?? "",
    id: image.configDigest,
    platform: platformText(image),
  };
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
