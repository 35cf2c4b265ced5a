/**
 * Checking an image's config against its layers.
 * @module
 */

import { checkDocument, type CheckedDocument, CONFIG, placeIn } from "./check_documents.ts";
import type { Findings } from "./check_findings.ts";
import type { LayerFacts } from "./check_layer.ts";
import type { ImageFile, ImageFiles } from "./image_files.ts";
import type { Platform } from "./stored_image.ts";

/** A config, as far as it is one. */
export type CheckedConfig = CheckedDocument<ConfigValue>;

interface ConfigValue {
  readonly os: string | null;
  readonly architecture: string | null;
  readonly variant: string | null;
  readonly rootfs: { readonly diff_ids?: readonly (string | null)[] | undefined } | null;
  readonly history: readonly (Readonly<Record<string, unknown>> | null)[] | null;
}

/** A layer that an image has: its file if that is there, and what was found in it. */
export interface PlacedLayer {
  readonly file: ImageFile;
  readonly facts: LayerFacts;
}

/** Reads a config; undefined if its bytes can't be read. */
export async function checkConfig(
  files: ImageFiles,
  file: ImageFile,
  findings: Findings,
): Promise<CheckedConfig | undefined> {
  const config = await checkDocument(files, file, CONFIG, findings);
  const { history } = config?.value ?? {};
  const diffIds = config?.value?.rootfs?.diff_ids;
  if (!history || history.length === 0 || !diffIds) return config;
  const filled = history.filter((entry) => entry?.empty_layer !== true).length;
  if (filled !== diffIds.length) {
    const what = `tells of ${filled} layers, and rootfs.diff_ids of ${diffIds.length}`;
    findings.remark(placeIn(file, "history"), what);
  }
  return config;
}

/**
 * Compares a config with the layers that a manifest lists.
 *
 * @param where the list is
 * @param layers those that are not there are undefined
 */
export function checkDiffIds(
  { file, value }: CheckedConfig,
  layers: readonly (PlacedLayer | undefined)[],
  where: string,
  findings: Findings,
): void {
  const diffIds = value?.rootfs?.diff_ids;
  if (!diffIds) return;
  if (diffIds.length !== layers.length) {
    const what = `lists ${layers.length} layers, and ${file.name} has ${diffIds.length} diff_ids`;
    findings.problem(where, what);
  }
  for (const [index, layer] of layers.entries()) {
    const expected = diffIds[index], found = layer?.facts.diffId;
    if (!expected || !found || expected === found) continue;
    // One too many or too few moves those behind it.
    if (diffIds.length !== layers.length && diffIds.includes(found)) continue;
    const place = placeIn(file, "rootfs", "diff_ids", index);
    findings.problem(layer.file.name, `has the diff_id ${found}; ${place} is ${expected}`);
  }
}

/** What a config says that the image is for. */
export function platformOf(config: CheckedConfig | undefined): Platform | null {
  const { os, architecture, variant } = config?.value ?? {};
  return os && architecture ? { os, architecture, variant: variant ?? null } : null;
}
