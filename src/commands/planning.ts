/**
 * What `stream` and `plan` have in common: a spec file to a plan.
 * @module
 */

import { resolve } from "node:path";
import { ImageError, UsageError } from "../errors.ts";
import { type ImagePlan, planImage } from "../image/plan.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../spec/image_name.ts";
import { loadSpec } from "../spec/load.ts";
import { readingFrom } from "../store/files.ts";
import { closuresWithin, readGraphFile } from "../store/graph_file.ts";
import { storeDatabase } from "../store/nix_store.ts";
import { STORE_DIR } from "../store/store_path.ts";

/** Options that decide what a spec becomes. */
export interface PlanningOptions {
  readonly repoTag?: string;
  readonly storeRoot?: string;
  readonly closure?: string;
}

/**
 * Checks what names an image.
 *
 * @throws {UsageError} if it is not NAME:TAG.
 */
export function checkRepoTag(repoTag: string): void {
  const colon = repoTag.lastIndexOf(":");
  const [name, tag] = [repoTag.slice(0, Math.max(colon, 0)), repoTag.slice(colon + 1)];
  if (IMAGE_NAME.test(name) && name === name.toLowerCase() && IMAGE_TAG.test(tag)) return;
  throw new UsageError(
    `--repo-tag: expected NAME:TAG, the name in lower case, found ${JSON.stringify(repoTag)}`,
  );
}

/** The root as a prefix of store paths; nix-store would create one that is not there. */
function checkStoreRoot(directory: string): string {
  const root = resolve(directory) === "/" ? "" : resolve(directory);
  const store = root + STORE_DIR;
  try {
    if (readingFrom(store, () => Deno.statSync(store)).isDirectory) return root;
  } catch (error) {
    const missing = error instanceof ImageError && error.cause instanceof Deno.errors.NotFound;
    if (!missing) throw error;
  }
  throw new UsageError(`--store-root: no store there: ${store} is not a directory`);
}

/**
 * Reads a spec and plans its image; warnings go to `warn`.
 *
 * @throws {UsageError} if the spec is wrong.
 */
export async function planFromFile(
  source: string,
  options: PlanningOptions,
  warn: (message: string) => void,
): Promise<ImagePlan> {
  const { repoTag } = options;
  if (repoTag !== undefined) checkRepoTag(repoTag);
  const { spec, warnings } = await loadSpec({
    source,
    readStdin: () => new Response(Deno.stdin.readable).bytes(),
    sourceDateEpoch: Deno.env.get("SOURCE_DATE_EPOCH"),
  });
  for (const warning of warnings) warn(warning);
  const storeRoot = options.storeRoot === undefined ? "" : checkStoreRoot(options.storeRoot);
  return await planImage(spec, {
    source: options.closure
      ? closuresWithin(readGraphFile(options.closure))
      : storeDatabase(storeRoot),
    storeRoot,
    ...(repoTag === undefined ? {} : { repoTag }),
  });
}
