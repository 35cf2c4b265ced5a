/**
 * Looks into image archives with GNU tar.
 * @module
 */

import { succeed } from "./program.ts";

/** The one entry of a manifest.json. */
export interface ManifestEntry {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

/** The image config, as far as tests look at it. */
export interface ImageConfig {
  readonly created: string;
  readonly architecture: string;
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** The bytes of one member, as text. */
export async function readMember(archive: string, name: string): Promise<string> {
  return await succeed(["tar", "--extract", "--to-stdout", "--file", archive, name]);
}

/** The manifest and the config of an archive with one image. */
export async function readImage(
  archive: string,
): Promise<{ manifest: ManifestEntry; config: ImageConfig }> {
  const [manifest] = JSON.parse(await readMember(archive, "manifest.json")) as ManifestEntry[];
  if (manifest === undefined) throw new Error(`No image in ${archive}`);
  const config = JSON.parse(await readMember(archive, manifest.Config)) as ImageConfig;
  return { manifest, config };
}
