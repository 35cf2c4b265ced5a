/**
 * What a base image means for the plan of an image that is made on it.
 * @module
 */

import type { BaseImage } from "../base/base_image.ts";
import { BaseRoot } from "../base/base_root.ts";
import type { StoredLayer } from "../base/stored_image.ts";
import { platformText } from "../base/choose_image.ts";
import type { ImageSpec, JsonObject } from "../spec/image_spec.ts";
import type { Closure, ClosureSource } from "../store/closure.ts";
import type { StoreFiles } from "../store/store_files.ts";
import type { StorePath } from "../store/store_path.ts";
import { heldPaths } from "./held_paths.ts";
import type { PlannedBase } from "./image_plan.ts";
import { inheritedConfig } from "./inherit.ts";

/** See above. */
export interface PlanOnBase {
  /** For the plan. */
  readonly base: PlannedBase;
  /** The config of the image: the spec's, with what comes from the base. */
  readonly config: JsonObject;
  /** What is in the base. */
  readonly root: BaseRoot;
  /** Its layers, lowest first. */
  readonly layers: readonly StoredLayer[];
  /** What may surprise, one sentence each. */
  readonly notices: readonly string[];
  /** Knows the closures of what the base does not have already. */
  readonly source: ClosureSource;
  /** The store paths of a closure that the base has not. */
  withoutHeld(closure: Closure): Promise<Closure>;
}

/**
 * Lists the base image and takes from it what the spec wants.
 *
 * @throws {ImageError} if it can not be read or its config is wrong.
 */
export async function planOnBase(
  spec: ImageSpec,
  { image, path, storePath, listings }: BaseImage,
  source: ClosureSource,
  files: StoreFiles,
): Promise<PlanOnBase> {
  const config = inheritedConfig(image.config, spec.config, spec.inherit);
  const listed = await listings();
  const root = new BaseRoot(listed);
  const name = image.names[0] ?? storePath ?? path;
  const { configDigest } = image;
  const layers = image.layers.map(({ diffId }, index) => (
    { diffId, size: listed[index]?.tarSize ?? 0 }
  ));
  const [own, others] = [platformText(spec), platformText(image)];
  const { architecture, os } = image;
  const notices = architecture === spec.architecture && os === spec.os
    ? []
    : [`fromImage: ${name} is for ${others}, and the image for ${own}`];
  return {
    base: { path, name, configDigest, layers },
    config,
    root,
    layers: image.layers,
    notices,
    source: besideBase(source, root),
    async withoutHeld(closure) {
      const held = await heldPaths(closure.keys(), root, spec, files);
      return without(closure, held);
    },
  };
}

/** A closure of what is left: references to the others are none any more. */
function without(closure: Closure, held: ReadonlySet<StorePath>): Closure {
  if (held.size === 0) return closure;
  return new Map(
    [...closure].filter(([path]) => !held.has(path)).map(([path, info]) => {
      const references = info.references.filter((reference) => !held.has(reference));
      return [path, { ...info, references }];
    }),
  );
}

/** The base may have store paths that this host has not; the config may name them all the same. */
function besideBase(source: ClosureSource, root: BaseRoot): ClosureSource {
  const missing = async (paths: readonly StorePath[]) => new Set(await source.missing(paths));
  return {
    async closureOf(roots) {
      const inBase = roots.filter((path) => root.hasStorePath(path));
      const away = inBase.length > 0 ? await missing(inBase) : new Set<StorePath>();
      return await source.closureOf(roots.filter((path) => !away.has(path)));
    },
    async missing(paths) {
      return [...await missing(paths)].filter((path) => !root.hasStorePath(path));
    },
  };
}
