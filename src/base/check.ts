/**
 * Checking images that others made: everything that can be computed again is, and all that is wrong
 * is told at once, where opening them stops at the first thing. After the package `validate` of
 * go-containerregistry.
 * @module
 */

import { checkDockerArchive } from "./check_docker_archive.ts";
import { type Finding, Findings } from "./check_findings.ts";
import { type CheckedImage, ImageChecker } from "./check_images.ts";
import { checkOciLayout } from "./check_oci.ts";
import { checkedMembers } from "./check_tar.ts";
import { openImageFiles } from "./image_files.ts";

/** What checking found. */
export interface CheckReport {
  /** The images that are there, as far as they can be read. */
  readonly images: readonly CheckedImage[];
  /** What is wrong; of more than a thousand the first ones. */
  readonly problems: readonly Finding[];
  /** How many there are. */
  readonly problemCount: number;
  /** What is not wrong, and worth to be known. */
  readonly remarks: readonly Finding[];
}

/**
 * Checks all images of a docker-archive, an OCI archive or an OCI layout.
 *
 * @param input the archive, where `path` is only what to call it
 * @throws {ImageError} if there is nothing at `path` that can be read.
 */
export async function checkImages(
  path: string,
  input?: ReadableStream<Uint8Array>,
): Promise<CheckReport> {
  const findings = new Findings(path);
  let cut = false;
  using files = await openImageFiles(path, {
    input,
    tolerated: {
      onDamage(error) {
        cut = true;
        findings.failure(path, error);
      },
      // How an archive ends of which a part could be decompressed says nothing.
      members: (bytes) => checkedMembers(bytes, path, cut ? new Findings(path) : findings),
    },
  });
  const checker = new ImageChecker(files, findings);
  // A directory is a layout or nothing.
  const manifest = files.archived ? checker.find("manifest.json", path).found : undefined;
  const index = checker.find("index.json", path).found;
  if (manifest) await checkDockerArchive(checker, manifest);
  if (index) await checkOciLayout(checker, index);
  if (!manifest && !index) {
    const what = files.archived ? "neither manifest.json nor index.json" : "no index.json";
    findings.problem(path, `holds no images: there is ${what}`);
  } else if (checker.images.length === 0 && findings.problemCount === 0) {
    findings.problem(path, "holds no images: its documents name none");
  }
  const { problems, problemCount, remarks } = findings;
  return { images: united(checker.images), problems, problemCount, remarks };
}

/** Archives that are both a docker-archive and a layout have most images twice. */
function united(images: readonly CheckedImage[]): CheckedImage[] {
  const found = new Map<CheckedImage | string, CheckedImage>();
  for (const image of images) {
    const key = image.configDigest ?? image;
    const known = found.get(key);
    found.set(key, {
      ...image,
      names: [...new Set([...known?.names ?? [], ...image.names])],
      manifestDigest: known?.manifestDigest ?? image.manifestDigest,
    });
  }
  return [...found.values()];
}
