/**
 * A layer with a finished root file system: the top layer, and the one layer of a single image, in
 * which store paths follow.
 * @module
 */

import { namePart, STORE_DIR, type StorePath } from "../store/store_path.ts";
import { newDirectory, type TreeEntry } from "../store/tree.ts";
import { openFile } from "../store/files.ts";
import type { TarMember } from "../tar/stream.ts";
import type { FinishedTop } from "./finished_top.ts";
import { FORMAT_VERSION } from "./format_version.ts";
import { contentKeyOf, identityOf, type Layer } from "./layer.ts";
import { LayerTar } from "./layer_tar.ts";
import type { PermissionRules } from "./permissions.ts";
import { type LayerNars, StoreMembers } from "./store_members.ts";
import { TOP_MTIME } from "./top_mtime.ts";

/** What a {@linkcode RootLayer} needs besides the files. */
export interface RootLayerOptions {
  /** The history comment. */
  readonly comment: string;
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** Owners and modes of store paths. */
  readonly rules: PermissionRules;
  /** Of the store paths, in their order, where all are known. */
  readonly narHashes?: readonly string[] | undefined;
  /** Where the store paths are that are not on the disk. */
  readonly elsewhere?: LayerNars | undefined;
}

/** See above. Store paths belong to root, as in nixpkgs' buildImage. */
export class RootLayer implements Layer {
  readonly comment: string;
  readonly #top: FinishedTop;
  readonly #paths: readonly StorePath[];
  readonly #rules: PermissionRules;
  readonly #tar: LayerTar;
  readonly #narHashes: readonly string[] | undefined;

  constructor(
    top: FinishedTop,
    paths: readonly StorePath[],
    { comment, storeRoot, rules, narHashes, elsewhere }: RootLayerOptions,
  ) {
    this.comment = comment;
    this.#top = top;
    this.#paths = paths;
    this.#rules = rules;
    this.#narHashes = narHashes;
    const memberOf = (entry: TreeEntry, origin: string, open: TarMember["open"]) =>
      this.#memberOf(entry, origin, open);
    const { file, size, format } = top;
    this.#tar = new LayerTar({
      format,
      head: () => ({ size, open: () => openFile(file), origin: file }),
      parents: () => this.#parents(),
      files: new StoreMembers(paths, { root: storeRoot, format, memberOf, elsewhere }),
      spool: elsewhere?.spool,
    });
  }

  get label(): string {
    return this.#paths.length === 0
      ? "top layer"
      : ["root", ...this.#paths.map(namePart)].join(", ");
  }

  get identity(): string {
    const { digest, format } = this.#top;
    return identityOf("root", FORMAT_VERSION, digest, format, this.#paths, this.#rules.identity);
  }

  get contentKey(): string | undefined {
    return contentKeyOf(this.identity, this.#narHashes);
  }

  tarSize(): Promise<number> {
    return this.#tar.size();
  }

  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#tar.open();
  }

  openAhead(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return this.#tar.openAhead();
  }

  /** The store directory and its parent, where the layer needs them and does not have them. */
  #parents(): TarMember[] {
    const { hasNix, hasStore } = this.#top;
    if (this.#paths.length === 0) return [];
    return [...hasNix ? [] : ["/nix"], ...hasStore ? [] : [STORE_DIR]].map((path) =>
      this.#memberOf(newDirectory(path), path, undefined)
    );
  }

  #memberOf(entry: TreeEntry, origin: string, open: TarMember["open"]): TarMember {
    const { path, type, mode, size, target } = entry;
    const owner = { uid: 0, gid: 0, mode };
    const ruled = this.#rules.touchStore ? this.#rules.apply(path, type, owner) : owner;
    return {
      name: `.${path}`,
      type,
      size,
      linkname: target,
      uname: "",
      gname: "",
      mtime: TOP_MTIME,
      origin,
      open,
      ...ruled,
    };
  }
}
