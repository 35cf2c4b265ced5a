/**
 * One layer of an image as a tree: what unpacking it alone, in an empty directory, would make.
 * @module
 */

import { ImageError } from "../errors.ts";
import { utf8Length } from "../tar/fields.ts";
import type { ArchiveMember } from "../tar/read.ts";
import { quoted } from "../visible.ts";
import { componentsWithin, MAX_PATH } from "./layer_path.ts";
import { RootDirectory, type RootFile, type RootNode } from "./root_directory.ts";
import { hiddenBy, isOfAufs } from "./whiteouts.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** No layer goes through so many components of links' targets; each of them takes time. */
const MAX_DETOURS = 20_000_000;

/** Takes the members of a layer one by one. */
export class LayerTree {
  /** What came of them. */
  readonly root: RootDirectory;
  readonly #index: number;
  readonly #name: string;
  readonly #below: RootDirectory;
  /** Owners' names that were there before: most members have the same. */
  readonly #owners = new Map<string, string>();
  #detours = 0;

  /**
   * @param index of the layer, 0 for the lowest
   * @param name what to call the layer in an error
   * @param below the layers below, in which hard links may have their targets
   */
  constructor(index: number, name: string, below: RootDirectory) {
    this.root = new RootDirectory(undefined, "", index);
    this.#index = index;
    this.#name = name;
    this.#below = below;
  }

  /**
   * Adds a member. One with the name of another takes its place; but a directory keeps what is in it.
   *
   * @throws {ImageError} if it can not be unpacked, or not within the root.
   */
  add(member: ArchiveMember): void {
    if (utf8Length(member.name) > MAX_PATH || utf8Length(member.linkname) > MAX_PATH) {
      throw this.#error(member, `has a name or a target of more than ${MAX_PATH} bytes`);
    }
    const components = this.#componentsOf(member.name, member);
    const base = components.pop();
    const parent = this.#directory(components, member);
    if (base === undefined) {
      if (member.type !== "directory") throw this.#error(member, "takes the place of the root");
      return this.#describe(parent, member);
    }
    const ofAufs = parent === this.root && isOfAufs(base);
    const hidden = ofAufs ? undefined : hiddenBy(base);
    if (hidden === undefined) this.#put(parent, base, member);
    else if (hidden === "everything") parent.hidesEverything = true;
    else if (isName(hidden.name)) parent.hide(hidden.name);
    else throw this.#error(member, "is a whiteout that names nothing");
  }

  #put(parent: RootDirectory, base: string, member: ArchiveMember): void {
    if (member.type === "link") {
      parent.children.set(base, this.#targetOf(member));
    } else if (member.type === "directory") {
      const there = parent.children.get(base);
      const directory = there instanceof RootDirectory
        ? there
        : new RootDirectory(parent, base, this.#index);
      this.#describe(directory, member);
      parent.children.set(base, directory);
    } else parent.children.set(base, this.#fileOf(member));
  }

  #describe(directory: RootDirectory, member: ArchiveMember): void {
    directory.file = this.#fileOf(member);
    directory.implied = false;
  }

  #fileOf(member: ArchiveMember): RootFile {
    const { type, mode, linkname, xattrs, uname, gname } = member;
    if (type === "link") throw new Error("A link is no file of its own");
    return {
      type,
      mode: type === "symlink" ? 0o777 : mode,
      uid: member.uid,
      gid: member.gid,
      uname: this.#owner(uname),
      gname: this.#owner(gname),
      mtime: member.mtime,
      size: member.size,
      linkname,
      device: member.device,
      xattrs: xattrs.size > 0 ? xattrs : undefined,
      layer: this.#index,
      offset: member.offset,
      linked: false,
    };
  }

  #owner(name: string): string {
    const known = this.#owners.get(name);
    if (known === undefined) this.#owners.set(name, name);
    return known ?? name;
  }

  /** The file that a hard link is another name of: in this layer, or below it. */
  #targetOf(member: ArchiveMember): RootFile {
    const { linkname } = member;
    const components = this.#componentsOf(linkname, member);
    const target = this.#find(this.root, components, member) ??
      this.#find(this.#below, components, member);
    const where = quoted(linkname);
    if (target === undefined) {
      throw this.#error(member, `is a hard link to ${where}, which is not there`);
    }
    if (target instanceof RootDirectory) {
      throw this.#error(member, `is a hard link to ${where}, which is a directory`);
    }
    target.linked = true;
    return target;
  }

  #find(
    root: RootDirectory,
    components: readonly string[],
    member: ArchiveMember,
  ): RootNode | undefined {
    const base = components.at(-1);
    if (base === undefined) return root;
    return this.#walk(root, components.slice(0, -1), member, () => undefined)?.children.get(base);
  }

  /** The directory that a path leads to; makes those that are missing. */
  #directory(components: readonly string[], member: ArchiveMember): RootDirectory {
    const walked = this.#walk(this.root, components, member, (parent, name, node) => {
      if (node) throw this.#error(member, `lies below a ${node.type}: ${quoted(name)}`);
      const made = new RootDirectory(parent, name, this.#index);
      if (made.pathLength > MAX_PATH) throw this.#error(member, "leads to too long a path");
      parent.children.set(name, made);
      return made;
    });
    if (walked === undefined) throw new Error("A directory was neither found nor made");
    return walked;
  }

  /**
   * Where a path leads to from `root` on, which links do not lead out of.
   *
   * @param missing gives the directory to go on with where there is none, or undefined to give up
   */
  #walk(
    root: RootDirectory,
    components: readonly string[],
    member: ArchiveMember,
    missing: (
      parent: RootDirectory,
      name: string,
      node: RootFile | undefined,
    ) => RootDirectory | undefined,
  ): RootDirectory | undefined {
    let directory = root;
    const pending = components.toReversed();
    for (let links = 0, name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        directory = directory.parent ?? directory;
        continue;
      }
      const node = directory.children.get(name);
      if (node instanceof RootDirectory) directory = node;
      else if (node?.type === "symlink") {
        const target = node.linkname.split("/");
        this.#detours += target.length;
        if (++links > MAX_LINKS || this.#detours > MAX_DETOURS) {
          throw this.#error(member, "goes through too many symbolic links");
        }
        if (node.linkname.startsWith("/")) directory = root;
        pending.push(...target.reverse());
      } else {
        const next = missing(directory, name, node);
        if (next === undefined) return undefined;
        directory = next;
      }
    }
    return directory;
  }

  #componentsOf(path: string, member: ArchiveMember): string[] {
    const components = componentsWithin(path);
    if (components !== undefined) return components;
    const where = path === member.name ? "" : ` by way of ${quoted(path)}`;
    throw this.#error(member, `leads out of the image${where}`);
  }

  #error({ name }: ArchiveMember, what: string): ImageError {
    return new ImageError(`${this.#name}: ${quoted(name)} ${what}`);
  }
}

function isName(name: string): boolean {
  return name !== "" && name !== "." && name !== "..";
}
