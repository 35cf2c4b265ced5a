/**
 * Reading a directory out of the image of an ext4 file system (or ext2's, or ext3's) without
 * mounting it. The image is hostile input: whoever wrote it was root on it.
 * @module
 */

import { compareBytes } from "../../tar/name.ts";
import { directoryEntries, type DirectoryEntry } from "./directory.ts";
import { entryOf, type Ext4Entry } from "./entry.ts";
import { FileSystem } from "./file_system.ts";
import { type Inode, readInode } from "./inode.ts";
import { MetadataBudget } from "./metadata_budget.ts";

/** A directory with all that is below. */
export interface Ext4Tree extends Disposable {
  /**
   * The directory itself and what is below: a directory before what is in it, names in a directory
   * by their bytes. To be read in one go: it costs memory for the names of the directories that are
   * being read, not for what has gone by.
   *
   * @throws {ImageError} while it is read, if the file system is damaged or too much.
   */
  entries(): Iterable<Ext4Entry>;
}

const ROOT_INODE = 2;

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

/** Linux opens no longer ones. */
const MAX_PATH = 4095;

/**
 * Opens an image to read a directory of it. Disposing of the tree closes it.
 *
 * @param directory path from the root, such as `upper`; no symlinks are followed
 * @throws {ImageError} if there is no file system that was unmounted and can be read, or it has no
 * such directory.
 */
export function readExt4Tree(image: string, directory: string): Ext4Tree {
  const system = new FileSystem(image);
  try {
    const root = findDirectory(system, directory);
    return {
      entries: () => new TreeWalk(system).entries(root),
      [Symbol.dispose]: () => system[Symbol.dispose](),
    };
  } catch (error) {
    system[Symbol.dispose]();
    throw error;
  }
}

function findDirectory(system: FileSystem, path: string): number {
  let found = ROOT_INODE;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const names = new TreeWalk(system).namesIn(readInode(system, found), "");
    const inode = names.find((entry) => entry.name === name)?.inode;
    if (inode === undefined) throw system.image.refused(`it has no ${path}`);
    found = inode;
    if (!isDirectory(readInode(system, found))) {
      throw system.image.refused(`${path} is no directory in it`);
    }
  }
  return found;
}

/** A directory that is being read. */
interface Level {
  readonly path: string;
  readonly names: Iterator<DirectoryEntry>;
}

/** One way through a tree. */
class TreeWalk {
  readonly #system: FileSystem;
  readonly #budget: MetadataBudget;
  readonly #directories = new Set<number>();
  /** The blocks of directories: each is of one, and in one place of it. */
  readonly #blocks = new Set<number>();

  constructor(system: FileSystem) {
    this.#system = system;
    this.#budget = new MetadataBudget(system);
  }

  *entries(root: number): Generator<Ext4Entry> {
    const levels: Level[] = [];
    const enter = (path: string, inode: Inode) => {
      if (isDirectory(inode)) levels.push({ path, names: this.namesIn(inode, path).values() });
    };
    const inode = readInode(this.#system, root);
    yield this.#entry("", inode);
    enter("", inode);
    for (let level; (level = levels.at(-1)) !== undefined;) {
      const { value, done } = level.names.next();
      if (done) {
        levels.pop();
        continue;
      }
      const path = below(level.path, value.name);
      const inode = readInode(this.#system, value.inode);
      yield this.#entry(path, inode);
      enter(path, inode);
    }
  }

  /** The entries of a directory by name. */
  namesIn(directory: Inode, path: string): DirectoryEntry[] {
    const { image } = this.#system;
    const { number } = directory;
    if (this.#directories.has(number)) throw image.damaged(`inode ${number} is in two directories`);
    this.#directories.add(number);
    const found: DirectoryEntry[] = [];
    for (const entry of directoryEntries(this.#system, directory, (at) => this.#claim(at))) {
      const length = below(path, entry.name).length;
      if (length > MAX_PATH) throw image.refused(`it has a path of ${length} characters`);
      this.#budget.add(length);
      found.push(entry);
    }
    found.sort((a, b) => compareBytes(a.name, b.name));
    const twice = found.find(({ name }, index) => name === found[index - 1]?.name);
    if (twice) throw image.damaged(`the directory of inode ${number} has a name twice`);
    return found;
  }

  #entry(path: string, inode: Inode): Ext4Entry {
    const entry = entryOf(this.#system, path, inode);
    if (entry.target !== "") this.#budget.add(entry.target.length);
    for (const [name, value] of entry.xattrs) this.#budget.add(name.length + value.length);
    return entry;
  }

  #claim(block: number): void {
    if (this.#blocks.has(block)) {
      throw this.#system.image.damaged(`block ${block} is in two places of directories`);
    }
    this.#budget.add(0);
    this.#blocks.add(block);
  }
}

function isDirectory({ mode }: Inode): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

function below(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
