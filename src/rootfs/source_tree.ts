/**
 * What a source holds, to be looked up by place. A place is a path: below the root of a tarball, or
 * absolute, and then logical for what is in the store.
 * @module
 */

import { parentOf, type RootEntry } from "./root_tree.ts";

/** Entries whose paths are places. */
export class SourceTree {
  readonly #entries = new Map<string, RootEntry>();
  readonly #children = new Map<string, RootEntry[]>();

  /** @param entries with the top one, each directory before what is in it */
  constructor(readonly top: string, entries: Iterable<RootEntry>) {
    for (const entry of entries) {
      this.#entries.set(entry.path, entry);
      if (entry.type === "directory") this.#children.set(entry.path, []);
      if (entry.path !== top) this.#children.get(parentOf(entry.path))?.push(entry);
    }
  }

  get(place: string): RootEntry | undefined {
    return this.#entries.get(place);
  }

  /** What is directly in a directory. */
  childrenOf(place: string): readonly RootEntry[] {
    return this.#children.get(place) ?? [];
  }
}

/** The last component of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A path below a directory: "" is the root. */
export function below(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
