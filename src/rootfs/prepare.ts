/**
 * The root file system that a spec describes: what it names, and what its commands make of that.
 * @module
 */

import { ImageError } from "../errors.ts";
import { runScript } from "../process/script.ts";
import type { ImageSpec } from "../spec/image_spec.ts";
import { readingFrom } from "../store/files.ts";
import type { StoreFiles } from "../store/store_files.ts";
import { copiesOf } from "./copies.ts";
import { FakerootState } from "./fakeroot_state.ts";
import { helperEntries } from "./helpers.ts";
import { addFiles } from "./files.ts";
import { hasCommands } from "./links_alone.ts";
import type { RootLayout } from "./root_layout.ts";
import { addMissingParents, type Owner, type RootTree } from "./root_tree.ts";
import { listStaged } from "./staged_tree.ts";
import { stage } from "./staging.ts";
import { symlinkFarm } from "./symlink_farm.ts";

/** What {@linkcode prepareRoot} needs to know of its surroundings. */
export interface PrepareOptions {
  /** Knows where store paths are. */
  readonly store: StoreFiles;
  /** Gives the directory that holds the `nix/store` that commands see. */
  readonly rootForCommands: () => Promise<string>;
  /** Whether commands are to see that at /nix/store, wherever it is. */
  readonly storeInPlace: boolean;
  /** Directories in which programs are looked for, separated by colons. */
  readonly searchPath: string;
  /** Gives a private directory for temporary files; asked for only where one is needed. */
  readonly workDirectory: () => Promise<string>;
  /** Told what commands print, as it comes. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** What is to be there before commands run, besides what the spec names. */
  readonly beforeCommands: () => Promise<RootTree>;
  /** Runs all commands of a spec with `runAsRoot`; the tree that it gives is open until it is closed. */
  readonly inMachine: (tree: RootTree) => Promise<{ readonly tree: RootTree; close(): void }>;
}

/** The root file system of a spec. */
export interface PreparedRoot extends RootLayout {
  /** Where the links lead that the helpers made: to files of store paths that no field may name. */
  readonly helperTargets: readonly string[];
}

/** Who owns what nobody was named for: nixpkgs gives `uid` and `gid` to single images' files. */
export function topOwner({ type, uid, gid }: ImageSpec): Owner {
  return type === "single" ? { uid, gid } : { uid: 0, gid: 0 };
}

/**
 * Makes the root file system. Reads directories; runs the spec's commands if it has any.
 *
 * @throws {ImageError} if something can not be read, or a command fails.
 */
export async function prepareRoot(spec: ImageSpec, options: PrepareOptions): Promise<PreparedRoot> {
  const owner = topOwner(spec);
  const { store } = options;
  const layout = spec.type === "single"
    ? await copiesOf(spec.copyToRoot, {
      keepContentsDirlinks: spec.keepContentsDirlinks,
      storeRoot: store,
      owner,
    })
    : await symlinkFarm(spec.contents, store, owner);
  try {
    const { clashes: hidden, targets: helperTargets } = await addHelpers(
      layout.tree,
      spec,
      options,
    );
    const replaced = addFiles(layout.tree, spec.files, owner);
    const clashes = [...layout.clashes, ...hidden, ...replaced];
    const prepared = { ...layout, clashes, helperTargets };
    if (!hasCommands(spec)) return prepared;
    for (const [path, entry] of await options.beforeCommands()) layout.tree.set(path, entry);
    addMissingParents(layout.tree, owner);
    if (spec.runAsRoot.trim() !== "") {
      const { tree, close } = await options.inMachine(layout.tree);
      const closeBoth = async () => {
        close();
        await layout.close?.();
      };
      return { ...prepared, tree, close: closeBoth };
    }
    return { ...prepared, tree: await runCommands(layout.tree, spec, owner, options) };
  } catch (error) {
    await layout.close?.();
    throw error;
  }
}

/** Adds the helpers' entries; what is there already stays, and is told. */
async function addHelpers(
  tree: RootTree,
  spec: ImageSpec,
  options: PrepareOptions,
): Promise<{ readonly clashes: readonly string[]; readonly targets: readonly string[] }> {
  const owner = topOwner(spec);
  const clashes: string[] = [];
  const targets: string[] = [];
  for (const [path, entry] of await helpersOf(spec, options, owner)) {
    const there = tree.get(path);
    if (!there) {
      tree.set(path, entry);
      if (entry.type === "symlink") targets.push(entry.target);
    } else if (there.type !== "directory" || entry.type !== "directory") {
      clashes.push(`/${path} of the helpers is hidden by ${there.origin}`);
    }
  }
  addMissingParents(tree, owner);
  return { clashes, targets };
}

async function helpersOf(
  { helpers, fakeNss, contents, copyToRoot, path }: ImageSpec,
  { store, searchPath }: PrepareOptions,
  owner: Owner,
): Promise<RootTree> {
  if (helpers.length === 0) return new Map();
  const named = [...contents, ...copyToRoot].flatMap(({ kind, path }) =>
    kind === "store" ? [path] : []
  );
  const candidates = [...named, ...path ?? []];
  const places = { candidates, searchPath, storeRoot: store };
  return await helperEntries(helpers, { fakeNss, ...places, owner });
}

async function runCommands(
  tree: RootTree,
  spec: ImageSpec,
  owner: Owner,
  { rootForCommands, storeInPlace, searchPath, workDirectory, onOutput }: PrepareOptions,
): Promise<RootTree> {
  const { extraCommands, fakeRootCommands, enableFakechroot, shell, path } = spec;
  const work = await workDirectory();
  const root = `${work}/root`;
  const stateFile = `${work}/fakeroot-state`;
  try {
    await Deno.mkdir(root);
    await Deno.chmod(root, 0o755); // whatever the umask says
  } catch (error) {
    throw new ImageError(`Cannot make ${root}: ${(error as Error).message}`, { cause: error });
  }
  await stage(tree, root);
  const storeRoot = await rootForCommands();
  const common = { root, shell, path, storeRoot, storeInPlace, searchPath, work, onOutput };
  if (extraCommands.trim() !== "") {
    await runScript({ ...common, field: "extraCommands", script: extraCommands, how: "plain" });
  }
  if (fakeRootCommands.trim() === "") return await listStaged(root, { owner });
  const how = enableFakechroot ? "fakechroot" : "fakeroot";
  await runScript({
    ...common,
    field: "fakeRootCommands",
    script: fakeRootCommands,
    how,
    stateFile,
    onNewRoot: (way) => onOutput?.(`enableFakechroot: the new root is / by ${way}\n`),
  });
  const state = readingFrom(stateFile, () => Deno.readTextFileSync(stateFile));
  return await listStaged(root, { owner, ownership: FakerootState.parse(state, stateFile) });
}
