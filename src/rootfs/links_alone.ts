/**
 * Which specs need no root file system to be made.
 * @module
 */

import type { ImageSpec } from "../spec/image_spec.ts";

/** Whether the root file system has links to store paths alone, which need no scan and no copy. */
export function isLinksAlone(spec: ImageSpec): boolean {
  return spec.type === "layered" && spec.fromImage === null &&
    spec.contents.every(({ kind }) => kind === "store") &&
    spec.helpers.length === 0 && spec.files.length === 0 && spec.permissions.length === 0 &&
    !spec.includeNixDB &&
    !hasCommands(spec);
}

/** Whether the spec has commands to run. */
export function hasCommands({ runAsRoot, extraCommands, fakeRootCommands }: ImageSpec): boolean {
  return [runAsRoot, extraCommands, fakeRootCommands].some((script) => script.trim() !== "");
}
