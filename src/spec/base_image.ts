/**
 * The image that another one is made on: where a spec says that it is.
 * @module
 */

import { isObject } from "./config_schema.ts";
import type { BaseImageSource, JsonValue, RegistryImageSource } from "./image_spec.ts";
import { type Problem, unexpected, visible } from "./problem.ts";
import { resolveFileOrDirectory } from "./sources.ts";

const IMAGE = "a docker-archive, an OCI archive or the directory of an OCI layout";

/** Where an image is, as {@linkcode BaseImageSource} has it. */
export type BaseImagePlace = Pick<BaseImageSource, "path" | "inStore">;

/** What the schema makes of the fields that say which image it is. */
export interface BaseImageFields {
  readonly fromImage: string | Omit<BaseImageSource, "inStore"> | RegistryImageSource | null;
  readonly fromImageName: string | null;
  readonly fromImageTag: string | null;
}

/** The fields that do not go with each other or with no base image. */
export function baseImageProblems(document: JsonValue): Problem[] {
  if (!isObject(document)) return [];
  const { fromImage = null } = document;
  const problems: Problem[] = [];
  for (const [field, same] of [["fromImageName", "name"], ["fromImageTag", "tag"]] as const) {
    if ((document[field] ?? null) === null) continue;
    if (fromImage === null) {
      problems.push({ path: [field], text: "only for images made on another one: give fromImage" });
    } else if (isObject(fromImage) && fromImage.registry !== undefined) {
      problems.push({ path: [field], text: "only for a file; fromImage.registry says it all" });
    } else if (isObject(fromImage) && (fromImage[same] ?? null) !== null) {
      const text = `you can not specify both ${field} and fromImage.${same}, which are the same`;
      problems.push({ path: [field], text });
    }
  }
  return problems;
}

/** What works but not as it may be meant. */
export function baseImageWarnings(document: JsonValue): Problem[] {
  if (!isObject(document) || (document.fromImage ?? null) !== null) return [];
  if (document.inherit === undefined) return [];
  return [{ path: ["inherit"], text: "has no effect without fromImage" }];
}

/**
 * Finds what the path of the base image leads to, also in a spec that is wrong elsewhere.
 *
 * @returns undefined if there is no base image, or nothing that can be one: `problems` tells which.
 */
export async function findBaseImage(
  document: JsonValue,
  base: string,
  problems: Problem[],
): Promise<BaseImagePlace | undefined> {
  const given = isObject(document) ? document.fromImage : undefined;
  const [path, value] = isObject(given)
    ? [["fromImage", "path"], given.path]
    : [["fromImage"], given];
  if (typeof value !== "string" || value === "") return undefined;
  const reached = await resolveFileOrDirectory(value, base);
  if (!("problem" in reached)) return { path: reached.path, inStore: reached.kind === "store" };
  const { text } = unexpected(path, IMAGE, value);
  problems.push({ path, text: visible(`${text}, ${reached.problem}`) });
}

/** The base image that the fields choose from what there is at `place`. */
export function baseImageOf(
  { fromImage, fromImageName, fromImageTag }: BaseImageFields,
  place: BaseImagePlace | undefined,
): BaseImageSource | RegistryImageSource | null {
  if (typeof fromImage === "object" && fromImage !== null && "registry" in fromImage) {
    return fromImage;
  }
  if (place === undefined) return null;
  const chosen = typeof fromImage === "string" || fromImage === null
    ? { name: null, tag: null, platform: null }
    : fromImage;
  return {
    ...place,
    name: chosen.name ?? fromImageName,
    tag: chosen.tag ?? fromImageTag,
    platform: chosen.platform,
  };
}
