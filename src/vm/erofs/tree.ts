/**
 * The members of an archive as a tree.
 * @module
 */

import { ImageError } from "../../errors.ts";
import { encodeName } from "../../tar/name.ts";
import type { TarMember } from "../../tar/stream.ts";
import type { Node } from "./node.ts";
import { encodeXattrs } from "./xattrs.ts";

const LONGEST_NAME = 255;

/** Files by their paths. */
export class Tree {
  readonly root: Node = newDirectory();

  /**
   * Adds a member. Directories that are missing on the way to it are made.
   *
   * @returns the file, unless it has been added under another name.
   * @throws {ImageError} if there can be nothing of its name.
   */
  add(member: TarMember): Node | undefined {
    const names = namesOf(member.name);
    const last = names.pop();
    if (last === undefined) return fill(this.root, member);
    const parent = this.#directory(names, member);
    if (encodeName(last).length > LONGEST_NAME) throw wrong(member, "has too long a name");
    if (member.type === "link") {
      const node = this.#find(namesOf(member.linkname));
      if (node?.children !== undefined || node === undefined) throw wrong(member, "leads nowhere");
      node.links++;
      parent.set(last, node);
      return undefined;
    }
    const known = parent.get(last);
    const node = fill(known?.children && member.type === "directory" ? known : empty(), member);
    parent.set(last, node);
    return node;
  }

  #find(names: readonly string[]): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of names) node = node?.children?.get(name);
    return node;
  }

  #directory(names: readonly string[], member: TarMember): Map<string, Node> {
    let children = this.root.children!;
    for (const name of names) {
      let node = children.get(name);
      if (node === undefined) children.set(name, node = newDirectory());
      if (node.children === undefined) throw wrong(member, "is in what is no directory");
      children = node.children;
    }
    return children;
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

const NOTHING = new Uint8Array(0);

function empty(): Node {
  return {
    ...{ type: "file", mode: 0, uid: 0, gid: 0, mtime: 0, xattrs: NOTHING, target: NOTHING },
    ...{ links: 1, size: 0, block: 0, nid: 0 },
  };
}

function newDirectory(): Node {
  return { ...empty(), type: "directory", mode: 0o755, children: new Map() };
}

function fill(node: Node, member: TarMember): Node {
  const { type, mode, uid, gid, mtime, size, device, linkname } = member;
  if (type === "link") throw wrong(member, "leads nowhere");
  const target = type === "symlink" ? encodeName(linkname) : NOTHING;
  Object.assign(node, { type, uid, gid, mtime, device, target });
  // As Linux has them, whatever archives say.
  node.mode = type === "symlink" ? 0o777 : mode;
  node.size = type === "file" ? size : target.length;
  node.xattrs = encodeXattrs(type, member.xattrs);
  if (type === "directory") node.children ??= new Map();
  return node;
}

function wrong({ origin }: TarMember, what: string): ImageError {
  return new ImageError(`${origin} ${what}`);
}
