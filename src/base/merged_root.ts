/**
 * The root file system of an image: its layers one on top of the other, as a container shows it.
 * It is held as metadata; contents stay in the layers.
 *
 * The rules: OCI image spec, layer, "Applying Changesets"; where that leaves something open, what
 * overlayfs makes of the layers.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { Layer } from "../layer/layer.ts";
import { StreamBytes } from "../tar/byte_source.ts";
import { utf8Length } from "../tar/fields.ts";
import { compareBytes } from "../tar/name.ts";
import { type ArchiveMember, readTar } from "../tar/read.ts";
import { LayerTree } from "./layer_tree.ts";
import { RootDirectory, type RootFile, type RootNode } from "./root_directory.ts";

/** A path in a root file system, and what is there. */
export interface RootName {
  /** Relative to the root, which has "". */
  readonly path: string;
  /** The same object for all names of one file, which are hard links to one another. */
  readonly file: RootFile;
}

/** A root file system. */
export class MergedRoot {
  readonly #root: RootDirectory;

  /** `root` is the directory that everything is in. */
  constructor(root: RootDirectory) {
    this.#root = root;
  }

  /** What is at a path relative to the root, itself no link and without any on the way. */
  get(path: string): RootFile | undefined {
    let node: RootNode | undefined = this.#root;
    for (const name of path === "" ? [] : path.split("/")) {
      node = node instanceof RootDirectory ? node.children.get(name) : undefined;
    }
    return node instanceof RootDirectory ? node.file : node;
  }

  /** All names: each directory's sorted by bytes, and before what is in it. */
  names(): Generator<RootName> {
    return namesBelow(this.#root);
  }
}

/** Makes its path when it is asked for one: paths take more memory than all the rest. */
class NameIn implements RootName {
  readonly #parent: RootDirectory;
  readonly #name: string;
  readonly file: RootFile;

  constructor(parent: RootDirectory, name: string, file: RootFile) {
    this.#parent = parent;
    this.#name = name;
    this.file = file;
  }

  get path(): string {
    const { path } = this.#parent;
    return path === "" ? this.#name : `${path}/${this.#name}`;
  }
}

function* namesBelow(root: RootDirectory): Generator<RootName> {
  // Not by recursion, in which each name would be handed up through all levels.
  const pending: RootName[] = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    if (!(next instanceof RootDirectory)) continue;
    const directory = next;
    const names = [...directory.children.keys()].sort(compareBytes);
    for (const name of names.reverse()) {
      const node = directory.children.get(name);
      if (node === undefined) continue;
      pending.push(node instanceof RootDirectory ? node : new NameIn(directory, name, node));
    }
  }
}

/**
 * What the metadata of an image may take, by the estimate of {@linkcode costOf}, in bytes: enough
 * for a million files.
 */
const MAX_METADATA = 1 << 29;

/** Told how far reading is. */
export interface MergeOptions {
  /** The layer at this index is read from now on. */
  readonly onLayer?: (index: number) => void;
}

/**
 * Reads all layers, lowest first, and merges them.
 *
 * @throws {ImageError} if a layer is damaged, has members that lead out of the root or can not be,
 * or if there is more of them than memory should be spent on.
 */
export async function mergeLayers(
  layers: readonly Layer[],
  { onLayer = () => {} }: MergeOptions = {},
): Promise<MergedRoot> {
  const root = new RootDirectory(undefined, "", 0);
  let cost = 0;
  for (const [index, layer] of layers.entries()) {
    onLayer(index);
    const name = nameOf(layer, index);
    const tree = new LayerTree(index, name, root);
    const bytes = new StreamBytes(layer.open());
    try {
      for await (const member of readTar(bytes, name)) {
        cost += costOf(member);
        if (cost > MAX_METADATA) throw tooMuch(name);
        tree.add(member);
      }
      // The digest is known at the end, which is behind that of the archive.
      while (await bytes.skip(1 << 20));
    } catch (error) {
      await bytes.cancel().catch(() => {});
      throw error;
    }
    root.cover(tree.root);
  }
  return new MergedRoot(root);
}

function nameOf(layer: Layer, index: number): string {
  return `layer ${index + 1} (${layer.diffId ?? layer.label})`;
}

/** About what a member takes in memory, in bytes. */
function costOf({ type, name, linkname, xattrs }: ArchiveMember): number {
  let cost = (type === "directory" ? 768 : 384) + utf8Length(name) + utf8Length(linkname);
  for (const [name, { length }] of xattrs) cost += 128 + name.length + length;
  return cost;
}

function tooMuch(name: string): ImageError {
  return new ImageError(
    `${name} has more members than memory should be spent on, or ones with very large attributes`,
  );
}
