/**
 * Layers of store paths, with the bytes of nixpkgs' streamLayeredImage.
 * @module
 */

import { namePart, STORE_DIR, type StorePath } from "../store/store_path.ts";
import { newDirectory, type TreeEntry } from "../store/tree.ts";
import type { TarMember } from "../tar/stream.ts";
import { FORMAT_VERSION } from "./format_version.ts";
import { contentKeyOf, identityOf, type Layer } from "./layer.ts";
import { LayerTar } from "./layer_tar.ts";
import type { PermissionRules } from "./permissions.ts";
import { pythonList } from "./python_list.ts";
import { type LayerNars, StoreMembers } from "./store_members.ts";

/** Who owns the files of a layer, and the time they show. */
export interface Ownership {
  /** User, by number. */
  readonly uid: number;
  /** Group, by number. */
  readonly gid: number;
  /** User, by name; readers that know the name may prefer it to the number. */
  readonly uname: string;
  /** Group, by name. */
  readonly gname: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
}

/** A layer of store paths, in the order given. */
export class StoreLayer implements Layer {
  readonly #paths: readonly StorePath[];
  readonly #owner: Ownership;
  readonly #rules: PermissionRules | undefined;
  readonly #tar: LayerTar;
  readonly #narHashes: readonly string[] | undefined;

  /**
   * A layer that reads nothing before it is asked to.
   *
   * @param paths the store paths
   * @param owner of all files, whoever owns them in the store
   * @param root the directory that holds `nix/store`: "" for the host's own
   * @param rules say otherwise for some files
   * @param narHashes of the store paths, in their order, where all are known
   * @param elsewhere where the store paths are that are not on the disk
   */
  constructor(
    paths: readonly StorePath[],
    owner: Ownership,
    root: string,
    rules?: PermissionRules,
    narHashes?: readonly string[],
    elsewhere?: LayerNars,
  ) {
    this.#paths = paths;
    this.#narHashes = narHashes;
    this.#owner = owner;
    this.#rules = rules?.touchStore ? rules : undefined;
    const memberOf = (entry: TreeEntry, origin: string, open: TarMember["open"]) =>
      this.#memberOf(entry, origin, open);
    const format = "pax";
    this.#tar = new LayerTar({
      format,
      parents: () => this.#parents(),
      files: new StoreMembers(paths, { root, format, memberOf, elsewhere }),
      spool: elsewhere?.spool,
    });
  }

  /** The names of the store paths. */
  get label(): string {
    return this.#paths.map(namePart).join(", ");
  }

  /** As nixpkgs writes it: a Python list of the store paths. */
  get comment(): string {
    return `store paths: ${pythonList(this.#paths)}`;
  }

  /** See {@linkcode Layer.identity}. */
  get identity(): string {
    const { uid, gid, uname, gname, mtime } = this.#owner;
    const rules = this.#rules ? [this.#rules.identity] : [];
    const parts = [FORMAT_VERSION, this.#paths, uid, gid, uname, gname, mtime, ...rules];
    return identityOf("store", ...parts);
  }

  /** See {@linkcode Layer.contentKey}. */
  get contentKey(): string | undefined {
    return contentKeyOf(this.identity, this.#narHashes);
  }

  /** See {@linkcode Layer.tarSize}. */
  tarSize(): Promise<number> {
    return this.#tar.size();
  }

  /** See {@linkcode Layer.open}. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#tar.open();
  }

  /** See {@linkcode Layer.openAhead}. */
  openAhead(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return this.#tar.openAhead();
  }

  #parents(): TarMember[] {
    return ["/nix", STORE_DIR].map((path) => this.#memberOf(newDirectory(path), path, undefined));
  }

  #memberOf(entry: TreeEntry, origin: string, open: TarMember["open"]): TarMember {
    const { path, type, mode, size, target } = entry;
    const { uid, gid, uname, gname, mtime } = this.#owner;
    // Spelt out: there are tens of thousands, and copies of objects cost.
    const member: TarMember = {
      name: path,
      type,
      mode,
      size,
      linkname: target,
      uid,
      gid,
      uname,
      gname,
      mtime,
      origin,
      open,
    };
    return this.#rules ? withRules(member, this.#rules) : member;
  }
}

/** The member with the owner, mode and attributes that the rules give it. */
function withRules(member: TarMember, rules: PermissionRules): TarMember {
  const ruled = rules.apply(member.name, member.type, member);
  if (ruled === member) return member;
  // The names belong to the layer's owner, and readers may prefer them to the numbers.
  const names = ruled.uid === member.uid ? {} : { uname: "" };
  const groups = ruled.gid === member.gid ? {} : { gname: "" };
  const { uid, gid, mode, xattrs } = ruled;
  return { ...member, uid, gid, mode, xattrs, ...names, ...groups };
}
