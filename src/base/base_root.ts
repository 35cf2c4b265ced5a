/**
 * The root file system of a base image, as its layers one over the other show it, without contents.
 * @module
 */

import { identityOf } from "../layer/layer.ts";
import { enclosingStorePath, STORE_DIR, type StorePath } from "../store/store_path.ts";
import type { LayerListing, ListedEntry, ListedStorePath } from "./layer_listing.ts";

interface Node {
  /** Missing for a directory that no layer has, but something in it. */
  entry?: ListedEntry | undefined;
  children?: Map<string, Node> | undefined;
}

/** See above. */
export class BaseRoot {
  readonly #root: Node = {};
  readonly #storePaths = new Map<StorePath, ListedStorePath>();

  /** @param listings lowest layer first */
  constructor(listings: readonly LayerListing[]) {
    for (const listing of listings) this.#apply(listing);
  }

  /** What is at a path (without a slash at either end); undefined if there is nothing. */
  find(path: string): ListedEntry | undefined {
    const node = this.#node(path);
    return node && entryOf(node, path);
  }

  /** All that is outside of store paths, but for the root itself; directories before what is in them. */
  *entries(): Generator<ListedEntry> {
    const pending: [path: string, node: Node][] = [["", this.#root]];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [path, node] = next;
      if (path !== "") yield entryOf(node, path);
      for (const [name, child] of node.children ?? []) {
        pending.push([path === "" ? name : `${path}/${name}`, child]);
      }
    }
  }

  /** The store paths, whole or in parts. */
  get storePaths(): ReadonlyMap<StorePath, ListedStorePath> {
    return this.#storePaths;
  }

  /**
   * The digest of the files of a store path that one layer has, and none above it changes. Others
   * have one that no files have.
   */
  storePathDigest(path: StorePath): string | undefined {
    return this.#storePaths.get(path)?.digest;
  }

  /** Whether there is anything of a store path. */
  hasStorePath(path: StorePath): boolean {
    return this.#storePaths.has(path);
  }

  #apply({ entries, storePaths, whiteouts, opaque }: LayerListing): void {
    for (const path of opaque) {
      const node = this.#node(path);
      if (node) delete node.children;
      this.#forget(path);
    }
    for (const path of whiteouts) {
      const slash = path.lastIndexOf("/");
      this.#node(path.slice(0, Math.max(0, slash)))?.children?.delete(path.slice(slash + 1));
      this.#forget(path);
    }
    for (const entry of entries) {
      this.#put(entry);
      if (entry.type !== "directory") this.#forget(entry.path);
    }
    for (const [path, listed] of storePaths) {
      // Two layers may have different parts of one store path.
      const known = this.#storePaths.get(path);
      const same = known === undefined || known.digest === listed.digest;
      this.#storePaths.set(path, same ? listed : overlaid(known, listed));
    }
  }

  #node(path: string): Node | undefined {
    if (path === "") return this.#root;
    let node: Node | undefined = this.#root;
    for (const name of path.split("/")) node = node?.children?.get(name);
    return node;
  }

  #put(entry: ListedEntry): void {
    let node = this.#root;
    for (const name of entry.path === "" ? [] : entry.path.split("/")) {
      // What a directory of an upper layer is in is a directory.
      if (node.entry && node.entry.type !== "directory") node.entry = undefined;
      node.children ??= new Map();
      let child = node.children.get(name);
      if (child === undefined) node.children.set(name, child = {});
      node = child;
    }
    node.entry = entry;
    if (entry.type !== "directory") delete node.children;
  }

  /** The layer changes what is at `path`, and so the store paths there, if there are any. */
  #forget(path: string): void {
    const at = `/${path}`;
    const enclosing = enclosingStorePath(at);
    if (enclosing !== undefined) {
      if (enclosing === at) this.#storePaths.delete(enclosing);
      else {
        const known = this.#storePaths.get(enclosing);
        const without = { digest: path, size: 0, files: 0 };
        if (known) this.#storePaths.set(enclosing, overlaid(known, without));
      }
    } else if (`${STORE_DIR}/`.startsWith(path === "" ? "/" : `${at}/`)) this.#storePaths.clear();
  }
}

function entryOf({ entry }: Node, path: string): ListedEntry {
  return entry ??
    { path, type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, target: "" };
}

/** Parts of a store path over others: how they overlap is not known. */
function overlaid(lower: ListedStorePath, upper: ListedStorePath): ListedStorePath {
  return {
    digest: `mixed:${identityOf(lower.digest, upper.digest)}`,
    size: lower.size + upper.size,
    files: lower.files + upper.files,
  };
}
