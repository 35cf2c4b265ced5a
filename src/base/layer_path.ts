/**
 * Names of layers' members as paths below the root of an image.
 * @module
 */

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
