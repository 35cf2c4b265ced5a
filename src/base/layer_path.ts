/**
 * The names of a layer's members as paths in the image.
 * @module
 */

import { ImageError } from "../errors.ts";

/** Linux allows no longer path, in bytes. */
const MAX_PATH = 4096;

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
  // Nearly all names are clean but for what they begin and end with.
  const path = name.replace(/^\/*(?:\.\/+)*/, "").replace(/\/+$/, "");
  if (path === "" || path === ".") return "";
  if (!/(?:^|\/)(?:\.{0,2})(?:\/|$)/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) {
      throw new ImageError(`${where}: ${shown(name)} leads out of the image`);
    }
  }
  return parts.join("/");
}

/** A hostile name in an error. */
export function shown(name: string): string {
  const short = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return JSON.stringify(short);
}
