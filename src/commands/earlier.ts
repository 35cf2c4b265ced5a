/**
 * Earlier versions of what is planned: images, plans, graphs of closures.
 * @module
 */

import type { Platform } from "../base/stored_image.ts";
import { UsageError } from "../errors.ts";
import { type EarlierPlan, planInHistory, planInJson } from "../image/earlier_plan.ts";
import { likenedClosure } from "../layering/likened_closure.ts";
import type { ClientOptions } from "../registry/client.ts";
import type { Closure } from "../store/closure.ts";
import { graphIn } from "../store/graph_file.ts";
import { nameOfInput, readJson } from "./json_input.ts";
import { isSpec } from "./spec_or_image.ts";

/** Tells which of several images is an earlier version. */
export interface EarlierImage extends Platform {
  /** The name it has, if it has one. */
  readonly name?: string;
}

/** How earlier versions are had. */
export interface EarlierSources {
  /** How to talk to the registry with this name, where something is known of it. */
  readonly registryOptions?: (host: string) => ClientOptions | undefined;
}

type Warn = (message: string) => void;

/**
 * The layers of an earlier version.
 *
 * @param option by which it was given
 * @param source an image: an archive, a layout, or docker://NAME; or a file with a plan, or `-`
 * @throws {ImageError} if it can not be read, or is something else.
 */
export async function earlierPlan(
  option: string,
  source: string,
  image: EarlierImage,
  sources: EarlierSources,
  warn: Warn,
): Promise<EarlierPlan> {
  const found = await read(source, image, sources, warn);
  const name = nameOfInput(source);
  if ("layers" in found) return { name, layers: found.layers };
  const layers = planInJson(found.json);
  if (layers !== undefined) return { name, layers };
  throw new UsageError(
    `${option} ${source}: neither an image nor a plan, which is what nix-image plan --json prints`,
  );
}

/**
 * An earlier closure, given the present one: of images and plans nothing is known but paths, so
 * references and sizes are taken to be as they are now.
 *
 * @throws {ImageError} if it can not be read, or is something else.
 */
export async function earlierClosures(
  source: string,
  image: EarlierImage,
  sources: EarlierSources,
  warn: Warn,
): Promise<(closure: Closure) => Closure> {
  const found = await read(source, image, sources, warn);
  const layers = "layers" in found ? found.layers : planInJson(found.json);
  if (layers === undefined) {
    const graph = graphIn("json" in found ? found.json : null, nameOfInput(source));
    return () => graph;
  }
  const paths = layers.flatMap(({ paths }) => paths);
  if (paths.length === 0) {
    warn(`--history ${source}: its history names no store paths; there is nothing to learn of it`);
  }
  return (closure) => likenedClosure(paths, closure);
}

type Found = Pick<EarlierPlan, "layers"> | { readonly json: unknown };

async function read(
  source: string,
  image: EarlierImage,
  { registryOptions }: EarlierSources,
  warn: Warn,
): Promise<Found> {
  if (/^docker:\/\//.test(source)) {
    const [{ parseReference }, { RegistryClient }, { imageConfig }] = await Promise.all([
      import("../registry/reference.ts"),
      import("../registry/client.ts"),
      import("../registry/image_config.ts"),
    ]);
    const reference = parseReference(source);
    const { host, repository } = reference;
    const { clientOptions } = await import("./client_options.ts");
    const options = registryOptions?.(host) ?? await clientOptions({}, warn);
    using client = new RegistryClient(host, repository, options);
    const { history, rootfs } = await imageConfig(reference, image, client);
    return { layers: planInHistory(history ?? [], rootfs.diff_ids ?? []) };
  }
  if (await isSpec(source)) return { json: await readJson(source) };
  const [{ openImages }, { chooseImage }] = await Promise.all([
    import("../base/open_images.ts"),
    import("../base/choose_image.ts"),
  ]);
  await using opened = await openImages(source);
  const { name = null, ...preferred } = image;
  const { history, layers } = chooseImage(opened, {
    preferred,
    // The only image is meant, whatever it was called.
    name: opened.images.length > 1 ? name : null,
  });
  return { layers: planInHistory(history, layers.map(({ diffId }) => diffId)) };
}
