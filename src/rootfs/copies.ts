/**
 * The `copyToRoot` of an image: what `rsync -a --chown=0:0 ITEM/ ROOT/` makes of one item after the
 * other, with `-k` (symlinks to directories become directories) or `-K` (they stay, and what later
 * items have in their place goes into the directories that they lead to).
 *
 * In two ways it is not as with rsync. A file takes the place of one with the same size and time,
 * which rsync would believe to be the same: in a store, where all times are the same, that is any
 * file of that size. And a symlink to a directory that it lies in stays one with `-k` too, rather
 * than becoming forty directories in each other.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { RootSource } from "../spec/image_spec.ts";
import { type StoreFiles, storeOnDisk } from "../store/store_files.ts";
import { compareBytes } from "../tar/name.ts";
import { CopyTarget } from "./copy_target.ts";
import type { RootLayout } from "./root_layout.ts";
import type { Owner, RootEntry } from "./root_tree.ts";
import { baseName, below, type SourceTree } from "./source_tree.ts";
import { type OpenSource, Sources } from "./sources.ts";

/** Options of {@linkcode copiesOf}. */
export interface CopyOptions {
  /** Whether symlinks to directories stay symlinks. */
  readonly keepContentsDirlinks: boolean;
  /** Where store paths are: the directory that holds `nix/store`, or what knows it of each. */
  readonly storeRoot: string | StoreFiles;
  /** Of all but what tarballs hold. */
  readonly owner: Owner;
}

/**
 * Copies the content of directories into a root; later ones overwrite what earlier ones have there.
 * Symlinks are followed within the store and within the source alone. A tarball is taken as it is:
 * its symlinks all stay.
 *
 * @throws {ImageError} if a source can not be read or is no directory, if something is to take the
 * place of a directory that is not empty, and if a directory is to be merged into a store path.
 */
export async function copiesOf(
  sources: readonly RootSource[],
  options: CopyOptions,
): Promise<RootLayout> {
  const { storeRoot: root, owner } = options;
  const opener = new Sources(typeof root === "string" ? storeOnDisk(root) : root, owner);
  try {
    const target = new CopyTarget(options, opener.places);
    const notices: string[] = [];
    for (const source of sources) {
      const item = await opener.open(source);
      if (item.entry.type !== "directory") {
        throw new ImageError(
          `copyToRoot: ${source.path} is a file, but copyToRoot wants directories, ` +
            "whose content it copies to the root",
        );
      }
      const follow = !options.keepContentsDirlinks && source.kind !== "tarball";
      await new Copying(opener, target, follow, notices).copy(item);
    }
    notices.push(...opener.places.notices);
    return { tree: target.tree, notices, clashes: target.clashes, close: () => opener.close() };
  } catch (error) {
    await opener.close();
    throw error;
  }
}

/** A directory whose content is to be copied. */
interface Directory {
  readonly tree: SourceTree;
  readonly place: string;
  /** Where it goes, below the root. */
  readonly path: string;
  /** The places of the directories that it is in, on the way that led here, with its own. */
  readonly trail: readonly string[];
}

/** One item on its way to the root. */
class Copying {
  readonly #sources: Sources;
  readonly #target: CopyTarget;
  readonly #follow: boolean;
  readonly #notices: string[];

  constructor(sources: Sources, target: CopyTarget, follow: boolean, notices: string[]) {
    this.#sources = sources;
    this.#target = target;
    this.#follow = follow;
    this.#notices = notices;
  }

  async copy({ tree, place }: OpenSource): Promise<void> {
    const pending: Directory[] = [{ tree, place, path: "", trail: [place] }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      // The last one pushed comes next.
      pending.push(...(await this.#copyDirectory(next)).reverse());
    }
  }

  /** In rsync's order: what is in a directory, other things first; then what is in those. */
  async #copyDirectory(directory: Directory): Promise<Directory[]> {
    const inside: Directory[] = [];
    const others: RootEntry[] = [];
    for (const child of directory.tree.childrenOf(directory.place)) {
      const path = below(directory.path, baseName(child.path));
      const found = await this.#directoryAt(child, path, directory);
      if (found) inside.push(found);
      else others.push({ ...child, path });
    }
    others.sort((a, b) => compareBytes(a.path, b.path));
    inside.sort((a, b) => compareBytes(`${a.path}/`, `${b.path}/`));
    for (const entry of others) await this.#target.put(entry);
    const placed: Directory[] = [];
    for (const { tree, place, path, trail } of inside) {
      const entry = tree.get(place);
      if (entry === undefined) continue;
      placed.push({ tree, place, path: await this.#target.putDirectory(entry, path), trail });
    }
    return placed;
  }

  /** The directory that an entry is, or that it leads to and stands for. */
  async #directoryAt(
    { path: place, type, origin }: RootEntry,
    path: string,
    { tree, trail }: Directory,
  ): Promise<Directory | undefined> {
    if (type === "directory") return { tree, place, path, trail: [...trail, place] };
    if (type !== "symlink" || !this.#follow) return undefined;
    const found = await this.#sources.places.follow(place);
    if (found === "loop" || !("place" in found) || found.entry.type !== "directory") {
      return undefined;
    }
    if (trail.includes(found.place)) {
      this.#notices.push(`${origin} is kept as a symlink: it leads to a directory that it lies in`);
      return undefined;
    }
    return { tree: found.tree, place: found.place, path, trail: [...trail, found.place] };
  }
}
