/**
 * A root that is put on a base image without hiding what is there.
 *
 * A layer's directory takes the place of a symlink of the same path. Many base images have `/bin` as
 * a symlink to `usr/bin`: a `bin` of ours would hide all of their programs. So what is in such a
 * directory goes to where the link leads, as if it had been copied in a running container.
 * @module
 */

import { ImageError } from "../errors.ts";
import { compareBytes } from "../tar/name.ts";
import type { FileType } from "../tar/tar_header.ts";
import {
  addMissingParents,
  type Owner,
  parentOf,
  type RootEntry,
  type RootTree,
} from "./root_tree.ts";
import { baseName, below } from "./source_tree.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** What there is at a path of a base image, once all of its layers are put on each other. */
export interface BaseEntry extends Owner {
  /** `file` for hard links to one. */
  readonly type: FileType;
  /** Permission bits. */
  readonly mode: number;
  /** Where a symlink points; empty for others. */
  readonly target: string;
}

/** What {@linkcode placeBehindLinks} has to know. */
export interface BehindLinksOptions {
  /** Looks up a path of the base image, without a leading slash; "" is the root. */
  readonly base: (path: string) => BaseEntry | undefined;
  /** Who owns what nobody was named for. */
  readonly owner: Owner;
  /** Paths of the tree whose owner and mode were asked for. */
  readonly asked: ReadonlySet<string>;
  /** Whether the image has store paths besides the tree. */
  readonly hasStorePaths: boolean;
}

/** A root and what became of it. */
export interface PlacedRoot {
  /** All parents are there that the base does not have; and those that it has, with its modes. */
  readonly tree: RootTree;
  /** What of the base is hidden all the same, one sentence each. */
  readonly notices: readonly string[];
  /** Paths of the tree that turned out to be the same, and which has lost: one sentence each. */
  readonly clashes: readonly string[];
}

/**
 * Places what is in a directory that the base has a link for behind that link; other things stay
 * where they are.
 *
 * Links are followed within the image. Where they lead to nothing, there will be a directory. Of two
 * things that end up at one path, the one stays that is there without a link, or else the one whose
 * own path sorts first. Relative links that are moved still lead to where they led.
 *
 * A directory that the base has too keeps the base's owner and mode, as `/tmp` should, unless others
 * were asked for: by a rule (`asked`), or by commands, sources and the like, which shows where the
 * owner is not the default, or the mode is none that is usual for directories (read and searched by
 * all, written by nobody but the owner and the group).
 *
 * @throws {ImageError} if a link leads in circles, to something that is no directory or into the Nix
 * store, and if the store itself is behind a link.
 */
export function placeBehindLinks(tree: RootTree, options: BehindLinksOptions): PlacedRoot {
  if (options.hasStorePaths) checkStore(options);
  const ours = new Map(tree);
  addMissingParents(ours, options.owner);
  return new Placing(options).place(ours);
}

function checkStore({ base }: BehindLinksOptions): void {
  for (const path of ["nix", "nix/store"]) {
    const there = base(path);
    if (there?.type !== "symlink") continue;
    throw new ImageError(
      `/${path} is a symlink to ${there.target} in the base image: the store paths of this image ` +
        "would hide what is behind it; take another base image, or one with a directory there",
    );
  }
}

class Placing {
  readonly #options: BehindLinksOptions;
  readonly #out: RootTree = new Map();
  readonly #asked: Set<string>;
  readonly #notices: string[] = [];
  readonly #clashes: string[] = [];
  /** Where the directories of the tree end up; undefined for those that something of ours hides. */
  readonly #places = new Map<string, string | undefined>([["", ""]]);

  /** The links behind which something was placed: they have to stay. */
  readonly #followed = new Set<string>();

  constructor(options: BehindLinksOptions) {
    this.#options = options;
    this.#asked = new Set(options.asked);
  }

  place(tree: RootTree): PlacedRoot {
    // A slash sorts before all that a name can hold, so that a directory comes before its entries.
    const sorted = [...tree.values()].map((entry) =>
      [entry.path.replaceAll("/", "\0"), entry] as const
    )
      .sort(([a], [b]) => compareBytes(a, b)).map(([, entry]) => entry);
    const moved: RootEntry[] = [];
    for (const entry of sorted) {
      if (!this.#stays(entry)) moved.push(entry);
      else {
        if (entry.type === "directory") this.#places.set(entry.path, entry.path);
        this.#add(entry);
      }
    }
    for (const entry of moved) this.#move(entry);
    for (const entry of this.#out.values()) this.#putOnBase(entry);
    return { tree: this.#out, notices: this.#notices, clashes: this.#clashes };
  }

  /** Whether there is no link of the base in an entry's path, or at it if it is a directory. */
  #stays({ path, type }: RootEntry): boolean {
    if (path === "") return true;
    const parentStays = this.#places.get(parentOf(path)) !== undefined;
    return parentStays && (type !== "directory" || this.#options.base(path)?.type !== "symlink");
  }

  /** What the image has at a path that no link leads through. */
  #at(path: string): Pick<RootEntry, "type" | "target"> | undefined {
    return this.#out.get(path) ?? this.#options.base(path);
  }

  #move(entry: RootEntry): void {
    const parent = parentOf(entry.path);
    const directory = this.#places.get(parent);
    if (directory === undefined) return; // told already, of the directory
    const path = below(directory, baseName(entry.path));
    if (entry.type === "directory") {
      this.#places.set(entry.path, this.#moveDirectory(entry, path));
      return;
    }
    const target = directory === parent ? entry.target : fromRoot(entry.target, parent);
    const there = this.#out.get(path);
    if (this.#followed.has(path)) {
      this.#clashes.push(
        `${entry.origin} is left out: in /${path}, which /${entry.path} is in the base image, there ` +
          "is a symlink that leads to other things of this image",
      );
    } else if (!there) this.#add({ ...entry, path, target });
    else if (there.type !== "symlink" || there.target !== target) this.#clash(entry, there);
  }

  /** Where the directory ends up that is to be at `path`; undefined if it has no place. */
  #moveDirectory(entry: RootEntry, path: string): string | undefined {
    const end = this.#at(path)?.type === "symlink" ? this.#follow(path, entry) : path;
    const there = this.#out.get(end);
    if (there && there.type !== "directory") {
      this.#clash(entry, there);
      return undefined;
    }
    if (!there) {
      // It is kept even where the base has it, so that nothing else of ours takes its place.
      this.#add({ ...entry, path: end });
      if (this.#options.asked.has(entry.path)) this.#asked.add(end);
    }
    return end;
  }

  #clash(entry: RootEntry, there: RootEntry): void {
    this.#clashes.push(
      `${entry.origin} is hidden by ${there.origin}: ` +
        `/${entry.path} is /${there.path} behind a symlink of the base image`,
    );
  }

  /** The directory, there or not, that the link at `path` leads to. */
  #follow(path: string, { path: wanted, origin }: RootEntry): string {
    const fail = (reason: string): never => {
      const name = path === wanted ? "" : `, which is /${path},`;
      throw new ImageError(
        `/${wanted} is a directory here (${origin})${name} but in the base image it is a symlink to ` +
          `${this.#at(path)?.target}, ${reason}: ` +
          "have what is in the directory elsewhere in the image, or take another base image",
      );
    };
    let place = "";
    let links = 0;
    const pending = componentsFromLast(path);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === "..") {
        place = parentOf(place);
        continue;
      }
      const candidate = below(place, next);
      const there = this.#at(candidate);
      if (there?.type === "symlink") {
        this.#followed.add(candidate);
        if (++links > MAX_LINKS) fail("which leads through too many symlinks");
        pending.push(...componentsFromLast(there.target));
        if (there.target.startsWith("/")) place = "";
      } else if (there && there.type !== "directory") {
        fail(`and /${candidate} is no directory but a ${KINDS[there.type]}`);
      } else place = candidate;
    }
    if (`${place}/`.startsWith("nix/store/")) {
      fail(`which leads to /${place}, and nothing may be added to what is in the Nix store`);
    }
    return place;
  }

  /** Adds an entry, and the directories that it is in as the base has them: else they would be new. */
  #add(entry: RootEntry): void {
    this.#out.set(entry.path, entry);
    const { base, owner } = this.#options;
    for (let path = entry.path; path !== "";) {
      path = parentOf(path);
      if (this.#out.has(path)) return;
      const there = base(path);
      if (path === "" && there?.type !== "directory") return;
      const { mode, uid, gid } = there?.type === "directory" ? there : { mode: 0o755, ...owner };
      const rest = { size: 0, target: "", origin: `/${path}` };
      this.#out.set(path, { path, type: "directory", mode, uid, gid, ...rest });
    }
  }

  /** Puts an entry that has its place on what the base has there. */
  #putOnBase(entry: RootEntry): void {
    const { path, type } = entry;
    const there = this.#options.base(path);
    if (there?.type !== "directory") return;
    if (type !== "directory") {
      this.#notices.push(
        `${entry.origin} hides the directory /${path} of the base image and all that is in it`,
      );
    } else if (!this.#isAsked(entry)) {
      const { mode, uid, gid } = there;
      this.#out.set(path, { ...entry, mode, uid, gid });
    }
  }

  #isAsked({ path, mode, uid, gid }: RootEntry): boolean {
    const { owner } = this.#options;
    return this.#asked.has(path) || (mode & ~0o220) !== 0o555 || uid !== owner.uid ||
      gid !== owner.gid;
  }
}

const KINDS: Readonly<Record<FileType, string>> = {
  file: "file",
  directory: "directory",
  symlink: "symlink",
  fifo: "named pipe",
  character: "device",
  block: "device",
};

/** The same target from any directory, for a symlink in `directory`; as it is if that stays with it. */
function fromRoot(target: string, directory: string): string {
  if (target.startsWith("/")) return target;
  const components = componentsFromLast(target).reverse();
  const ups = components.findIndex((component) => component !== "..");
  const count = ups === -1 ? components.length : ups;
  if (count === 0) return target;
  const above = directory.split("/").slice(0, -count);
  return `/${[...above, ...components.slice(count)].join("/")}`;
}

function componentsFromLast(path: string): string[] {
  return path.split("/").filter((component) => component !== "" && component !== ".").reverse();
}
