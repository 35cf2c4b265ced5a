/**
 * The sources of a root file system, opened one after the other and closed together.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { RootSource } from "../spec/image_spec.ts";
import type { StoreFiles } from "../store/store_files.ts";
import { enclosingStorePath } from "../store/store_path.ts";
import { type Destination, Places } from "./places.ts";
import type { Owner, RootEntry } from "./root_tree.ts";
import type { SourceTree } from "./source_tree.ts";

/** A source that was found. */
export interface OpenSource {
  /** What holds it, and maybe more. */
  readonly tree: SourceTree;
  /** Its place in the tree. */
  readonly place: string;
  /** What it is: a directory, or a plain file. */
  readonly entry: RootEntry;
}

/** Opens sources. */
export class Sources {
  readonly #owner: Owner;
  readonly #store: StoreFiles;
  readonly #closers: (() => void | Promise<void>)[] = [];
  /** All but tarballs. */
  readonly places: Places;

  /**
   * @param owner of all but what tarballs hold
   */
  constructor(store: StoreFiles, owner: Owner) {
    this.#owner = owner;
    this.#store = store;
    this.places = new Places(store, owner);
    this.#closers.push(() => this.places.close());
  }

  /** @throws {ImageError} if the source can not be read. */
  async open({ kind, path }: RootSource): Promise<OpenSource> {
    if (kind === "tarball") {
      // Decompressors take long to load.
      const { readTarball } = await import("./tarball.ts");
      const { tree, close } = await readTarball(path, this.#owner);
      this.#closers.push(close);
      return this.#found(tree, "");
    }
    const start = kind === "store" ? path : await this.places.addDirectory(path);
    const destination = await this.places.follow(start);
    if (destination !== "loop" && "place" in destination) return destination;
    throw new ImageError(await this.#reason(path, destination));
  }

  /** Ends what is held open for the content of files. */
  async close(): Promise<void> {
    for (const close of this.#closers) await close();
  }

  #found(tree: SourceTree, place: string): OpenSource {
    const entry = tree.get(place);
    if (entry === undefined) throw new TypeError(`No place ${place}`);
    return { tree, place, entry };
  }

  async #reason(path: string, destination: Exclude<Destination, OpenSource>): Promise<string> {
    if (destination === "loop") return `${path}: too many levels of symlinks`;
    if ("outside" in destination) {
      return `${path} is a symlink to ${destination.outside}, outside of the Nix store`;
    }
    const { missing } = destination;
    const storePath = enclosingStorePath(missing);
    const physical = storePath === undefined
      ? missing
      : await this.#store.rootOf(storePath) + missing;
    return `${physical} is not there: it was removed, or never made on this host`;
  }
}
