/**
 * Closures: store paths with their references and sizes.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { StorePath } from "./store_path.ts";

/** What the store knows of a path. */
export interface PathInfo {
  /** The paths it mentions, without itself, sorted by code point. */
  readonly references: readonly StorePath[];
  /** Whether it mentions itself too. */
  readonly refersToItself?: true;
  /** The size of its NAR in bytes. */
  readonly narSize: number;
  /** The hash of its NAR as the source of the closure writes it, such as `sha256:…`. */
  readonly narHash?: string;
}

/** Store paths closed under references: each path that one refers to is a key too. */
export type Closure = ReadonlyMap<StorePath, PathInfo>;

/** What a path's references, itself among them or not, are in its {@linkcode PathInfo}. */
export function referencesFrom(
  path: StorePath,
  references: readonly StorePath[],
): Pick<PathInfo, "references" | "refersToItself"> {
  const others = references.filter((reference) => reference !== path).sort();
  return {
    references: others,
    ...(others.length < references.length ? { refersToItself: true } : {}),
  };
}

/** Something that knows closures: a store's database, or a file. */
export interface ClosureSource {
  /**
   * The closure of `roots`.
   *
   * @throws {MissingPathsError} if roots are not known.
   */
  closureOf(roots: readonly StorePath[]): Promise<Closure>;
  /** Those of `paths` that are not known. */
  missing(paths: readonly StorePath[]): Promise<StorePath[]>;
}

/** Store paths that should be known are not. */
export class MissingPathsError extends ImageError {
  /**
   * An error for the paths that are missing.
   *
   * @param where they are missing, such as "the Nix store"
   * @param remedy what to do, as a command to the user
   */
  constructor(
    readonly paths: readonly StorePath[],
    readonly where: string,
    readonly remedy: string,
  ) {
    super(`Not in ${where}; ${remedy}:\n${paths.map((path) => `  ${path}`).join("\n")}`);
  }
}
