/**
 * The root that items are copied to.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import { enclosingStorePath } from "../store/store_path.ts";
import type { Places } from "./places.ts";
import { type Owner, parentOf, type RootEntry, type RootTree } from "./root_tree.ts";
import { below } from "./source_tree.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** Takes entries as rsync's receiver does. */
export class CopyTarget {
  readonly tree: RootTree = new Map();
  /** What was overwritten, one sentence each. */
  readonly clashes: string[] = [];
  readonly #keepDirlinks: boolean;
  readonly #places: Places;
  /** How many entries lie directly in a directory. */
  readonly #counts = new Map<string, number>();

  /** @param places tell whether a symlink leads to a directory in the store */
  constructor(
    { keepContentsDirlinks, owner }: { keepContentsDirlinks: boolean; owner: Owner },
    places: Places,
  ) {
    this.#keepDirlinks = keepContentsDirlinks;
    this.#places = places;
    const root = {
      path: "",
      type: "directory",
      mode: 0o755,
      ...owner,
      size: 0,
      target: "",
    } as const;
    this.tree.set("", { ...root, origin: "/" });
  }

  /** Puts something that is no directory in its place. */
  async put(entry: RootEntry): Promise<void> {
    const there = this.tree.get(entry.path);
    if (there?.type === "directory" && this.#counts.get(entry.path)) {
      throw new ImageError(
        `${entry.origin} can't take the place of the directory ${there.origin}, ` +
          `as there is something in /${entry.path} already`,
      );
    }
    if (there && !await isSame(there, entry)) this.#clash(there, entry);
    this.#set(entry);
  }

  /**
   * Puts a directory in its place, without what is in it.
   *
   * @returns the path that it has in the end: another one behind a symlink that is kept.
   */
  async putDirectory(entry: RootEntry, wanted: string): Promise<string> {
    let path = wanted;
    const there = this.tree.get(path);
    if (there?.type === "symlink" && this.#keepDirlinks) {
      const behind = await this.#directoryBehind(there, entry);
      if (behind === "") return ""; // the root's own mode stays
      path = behind ?? path;
    }
    if (path === wanted && there && there.type !== "directory") this.#clash(there, entry);
    this.#set({ ...entry, path });
    return path;
  }

  #clash(there: RootEntry, entry: RootEntry): void {
    this.clashes.push(`${there.origin} is overwritten by ${entry.origin}`);
  }

  #set(entry: RootEntry): void {
    const parent = parentOf(entry.path);
    if (!this.tree.has(entry.path)) this.#counts.set(parent, (this.#counts.get(parent) ?? 0) + 1);
    this.tree.set(entry.path, entry);
  }

  /** The directory of this root that a symlink in it leads to, if it does. */
  async #directoryBehind(link: RootEntry, entry: RootEntry): Promise<string | undefined> {
    let path = "";
    const pending = link.path.split("/").reverse();
    for (let links = 0, next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === "" || next === ".") continue;
      if (next === "..") {
        path = parentOf(path);
        continue;
      }
      path = below(path, next);
      const found = this.tree.get(path);
      if (found?.type === "symlink") {
        if (++links > MAX_LINKS) return undefined;
        pending.push(...found.target.split("/").reverse());
        path = found.target.startsWith("/") ? "" : parentOf(path);
      } else if (found?.type !== "directory") {
        await this.#refuseStore([`/${path}`, ...pending.reverse()].join("/"), link, entry);
        return undefined;
      }
    }
    return path;
  }

  /** What is in the store, no item changes: rsync fails there, too. */
  async #refuseStore(target: string, link: RootEntry, entry: RootEntry): Promise<void> {
    if (enclosingStorePath(target) === undefined) return;
    const found = await this.#places.follow(target);
    if (found === "loop" || !("place" in found) || found.entry.type !== "directory") return;
    throw new ImageError(
      `${entry.origin} can't be merged into ${found.place}, where ${link.origin} leads: ` +
        "leave keepContentsDirlinks out, or give the directory but once",
    );
  }
}

/** Whether it makes no difference which of two is there, but for the mode. */
async function isSame(a: RootEntry, b: RootEntry): Promise<boolean> {
  if (a.origin === b.origin) return true;
  if (a.type !== b.type || a.target !== b.target || a.size !== b.size) return false;
  const [x, y] = [a.device, b.device];
  if (x?.major !== y?.major || x?.minor !== y?.minor) return false;
  return a.type !== "file" || a.size === 0 || await digest(a) === await digest(b);
}

async function digest(entry: RootEntry): Promise<string> {
  const content = await entry.open?.();
  if (!content) throw new TypeError(`No content: ${entry.origin}`);
  try {
    const hash = createHash("sha256");
    const buffer = new Uint8Array(1 << 16);
    for (let length; (length = await content.read(buffer)) > 0;) {
      hash.update(buffer.subarray(0, length));
    }
    return hash.digest("hex");
  } finally {
    content.close();
  }
}
