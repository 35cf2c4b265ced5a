/**
 * A layer with a finished root file system: the top layer, and the one layer of a single image, in
 * which store paths follow.
 * @module
 */

import { namePart, STORE_DIR, type StorePath } from "../store/store_path.ts";
import { newDirectory, type TreeEntry } from "../store/tree.ts";
import { openFile } from "../store/files.ts";
import { archiveEnd } from "../tar/header.ts";
import { memberSize, type TarMember, tarStream } from "../tar/stream.ts";
import type { FinishedTop } from "./finished_top.ts";
import { FORMAT_VERSION } from "./format_version.ts";
import { identityOf, type Layer } from "./layer.ts";
import type { PermissionRules } from "./permissions.ts";
import { StoreMembers } from "./store_members.ts";
import { TOP_MTIME } from "./top_mtime.ts";

/** What a {@linkcode RootLayer} needs besides the files. */
export interface RootLayerOptions {
  /** The history comment. */
  readonly comment: string;
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** Owners and modes of store paths. */
  readonly rules: PermissionRules;
  /** Names what is in the store paths, where that is known. */
  readonly contents?: string | undefined;
}

/** See above. Store paths belong to root, as in nixpkgs' buildImage. */
export class RootLayer implements Layer {
  readonly comment: string;
  readonly #top: FinishedTop;
  readonly #paths: readonly StorePath[];
  readonly #rules: PermissionRules;
  readonly #contents: string | undefined;
  readonly #files: StoreMembers;

  constructor(
    top: FinishedTop,
    paths: readonly StorePath[],
    { comment, storeRoot, rules, contents }: RootLayerOptions,
  ) {
    this.comment = comment;
    this.#top = top;
    this.#paths = paths;
    this.#rules = rules;
    this.#contents = contents;
    const memberOf = (entry: TreeEntry, origin: string, open: TarMember["open"]) =>
      this.#memberOf(entry, origin, open);
    this.#files = new StoreMembers(paths, { root: storeRoot, format: top.format, memberOf });
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

  get contentIdentity(): string | undefined {
    if (this.#paths.length === 0) return this.identity;
    return this.#contents && identityOf("contents", this.identity, this.#contents);
  }

  async tarSize(): Promise<number> {
    const { size, format } = this.#top;
    let sum = size + await this.#files.size();
    for (const parent of this.#parents()) sum += memberSize(parent, format);
    return archiveEnd(sum);
  }

  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { file, size, format } = this.#top;
    const head = { size, open: () => openFile(file), origin: file };
    return tarStream(this.#files.read(this.#parents()), format, head);
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
