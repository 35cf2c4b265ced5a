/**
 * Names of layers' members as paths below the root of an image.
 * @module
 */

import { ImageError } from "../errors.ts";

/** Linux allows no longer path, in bytes. */
export const MAX_PATH = 4096;

/**
 * The components of a path below the root, which is what absolute ones are relative to; none for the
 * root itself, undefined if the path leads out of it.
 */
export function componentsWithin(path: string): string[] | undefined {
  const components: string[] = [];
  for (const component of path.split("/")) {
    if (component === "" || component === ".") continue;
    if (component !== "..") components.push(component);
    else if (components.pop() === undefined) return undefined;
  }
  return components;
}

/**
 * The path in the image, without a slash at either end: "" for its root.
 *
 * @param where what to call the layer in an error
 * @throws {ImageError} if the name leads out of the image or is too long.
 */
export function layerPath(name: string, where: string): string {
  if (name.length > MAX_PATH) {
    throw new ImageError(`${where}: a name of ${name.length} characters, ${shown(name)}`);
  }
  const components = componentsWithin(name);
  if (components) return components.join("/");
  throw new ImageError(`${where}: ${shown(name)} leads out of the image`);
}

/** A hostile name in an error. */
function shown(name: string): string {
  const short = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return JSON.stringify(short);
}
