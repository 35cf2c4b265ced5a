/**
 * The top layer of an image whose root file system is more than links: made, scanned for the store
 * paths it mentions, and finished.
 * @module
 */

import type { BaseRoot } from "../base/base_root.ts";
import { ImageError } from "../errors.ts";
import { PermissionRules } from "../layer/permissions.ts";
import { placeBehindLinks, type PlacedRoot } from "../rootfs/behind_links.ts";
import { finishTop } from "../rootfs/finished_top.ts";
import { prepareRoot, topOwner } from "../rootfs/prepare.ts";
import { addMissingParents, type RootEntry, type RootTree } from "../rootfs/root_tree.ts";
import { scanTree } from "../rootfs/scan.ts";
import type { ImageSpec } from "../spec/image_spec.ts";
import type { Closure, ClosureSource, PathInfo } from "../store/closure.ts";
import { type StoreFiles, storeOnDisk } from "../store/store_files.ts";
import { knownAmong, mentionsIn, withoutAbsent } from "../store/mentions.ts";
import { nixDatabase } from "../rootfs/nix_database.ts";
import { enclosingStorePath, hashPart, isStorePath, type StorePath } from "../store/store_path.ts";
import type { MachineSettings } from "../vm/run_in_machine.ts";
import type { PlannedTop } from "./image_plan.ts";
import type { PlanOnBase } from "./plan_on_base.ts";

/** What making a top layer needs. */
export interface TopOptions {
  /** Knows the closures. */
  readonly source: ClosureSource;
  /** The directory that holds `nix/store`: "" (the default) for the host's own. */
  readonly storeRoot?: string;
  /**
   * Knows where store paths are that `storeRoot` may not have, and has them come there. Default: all
   * are under `storeRoot`.
   */
  readonly files?: StoreFiles | undefined;
  /**
   * Directories in which the programs of helpers, commands and machines are looked for, separated by
   * colons: a `PATH`. Default: only where the system has its own.
   */
  readonly searchPath?: string;
  /** How the virtual machine for `runAsRoot` is to be. */
  readonly machine?: MachineSettings | undefined;
  /**
   * Gives a private directory for temporary files, which must last as long as the plan is used.
   * Asked for only where the root file system is more than links. Default: a new one among the
   * system's temporary files, which the caller removes: `plan.top.file` is in it.
   */
  readonly workDirectory?: () => Promise<string>;
  /**
   * Told what the spec's commands print, as it comes. Without it, the error of a command that fails
   * has the end of that.
   */
  readonly onOutput?: ((text: string) => void) | undefined;
}

/** The image that this one is made on. */
export type TopBase = Pick<PlanOnBase, "layers" | "root">;

/** What {@linkcode planTop} makes. */
export interface TopAndClosure {
  readonly top: Omit<PlannedTop, "contents">;
  /** All that the image holds: what was named, and what the top layer mentions. */
  readonly closure: Closure;
}

/**
 * Makes the top layer.
 *
 * @param named the closure of what the spec puts into the image by name
 */
export async function planTop(
  spec: ImageSpec,
  named: Closure,
  options: TopOptions,
  base: TopBase | undefined,
): Promise<TopAndClosure> {
  try {
    return await makeTop(spec, named, options, base);
  } catch (error) {
    // By Deno, by a program, by SQLite.
    const full = error instanceof Error && /No space left|disk is full/.test(error.message);
    if (!full || error.message.includes("TMPDIR")) throw error;
    const message = `${error.message}\nTMPDIR says where temporary files go`;
    throw new ImageError(message, { cause: error });
  }
}

async function makeTop(
  spec: ImageSpec,
  named: Closure,
  options: TopOptions,
  base: TopBase | undefined,
): Promise<TopAndClosure> {
  const { source, storeRoot = "", searchPath = "", onOutput } = options;
  const files = options.files ?? storeOnDisk(storeRoot);
  // Where paths are elsewhere, it is known first where.
  const known = options.files && await candidateClosure(spec, [], named, source);
  // What may be in the image is what commands may see.
  const rootForCommands = async () => known ? await files.rootWith(known.keys()) : storeRoot;
  const work = once(options.workDirectory ?? temporaryDirectory);
  let databases = 0;
  const database = async (closure: Closure) => {
    const directory = `${await work()}/nix-database-${++databases}`;
    await Deno.mkdir(directory);
    return await nixDatabase(closure, gcRoots(spec, closure), directory, files);
  };
  const placing: Placing = { spec, base: base?.root };
  const early: Told = { notices: [], clashes: [] };
  const layout = await prepareRoot(spec, {
    store: files,
    rootForCommands,
    storeInPlace: options.files !== undefined,
    searchPath,
    workDirectory: work,
    onOutput,
    beforeCommands: async () => spec.includeNixDB ? await database(named) : new Map(),
    inMachine: async (tree) => {
      const { runInMachine } = await import("../vm/run_in_machine.ts");
      const placed = place(tree, placing, new Set());
      early.notices.push(...placed.notices);
      early.clashes.push(...placed.clashes);
      const inside = known ?? await candidateClosure(spec, [], named, source);
      const directory = `${await work()}/machine`;
      await Deno.mkdir(directory);
      return await runInMachine(placed.tree, spec, {
        ...options.machine,
        base,
        storePaths: [...inside.keys()],
        storeRoot: await files.rootWith(inside.keys()),
        searchPath,
        work: directory,
        onOutput,
      });
    },
  });
  try {
    const { tree, helperTargets } = layout;
    const candidates = await candidateClosure(spec, helperTargets, named, source);
    const absent = spec.absentStorePaths;
    const { closure, notices } = await closureOfTree(
      tree,
      { named, candidates, absent },
      base?.root,
    );
    if (spec.includeNixDB) addDatabase(tree, await database(closure));
    addMissingParents(tree, topOwner(spec));
    const rules = new PermissionRules(spec.permissions);
    const ruled = applyRules(rules, tree);
    // What comes out of a machine is what the base became there.
    const placed = spec.runAsRoot.trim() === ""
      ? place(tree, placing, ruled.paths)
      : { ...early, tree };
    const pax = spec.type === "single" && rules.touchStore && rules.needPax;
    const top = await finishTop(placed.tree, `${await work()}/top.tar`, pax ? "pax" : "gnu");
    return {
      top: {
        ...top,
        notices: [...layout.notices, ...notices, ...ruled.notices, ...placed.notices],
        clashes: [...layout.clashes, ...placed.clashes],
      },
      closure,
    };
  } finally {
    await layout.close?.();
  }
}

/** What a tree is placed in. */
interface Placing {
  readonly spec: ImageSpec;
  readonly base: BaseRoot | undefined;
}

/** What may surprise. */
interface Told {
  readonly notices: string[];
  readonly clashes: string[];
}

/** @param asked paths of the tree whose owner and mode were asked for */
function place(tree: RootTree, { spec, base }: Placing, asked: ReadonlySet<string>): PlacedRoot {
  if (base === undefined) return { tree, notices: [], clashes: [] };
  return placeBehindLinks(tree, {
    base: (path) => base.find(path),
    owner: topOwner(spec),
    asked,
    hasStorePaths: spec.includeStorePaths,
  });
}

/** What the image holds once the tree is known, and what it mentions that it does not hold. */
async function closureOfTree(
  tree: RootTree,
  { named, candidates, absent }: {
    readonly named: Closure;
    readonly candidates: Closure;
    readonly absent: readonly StorePath[];
  },
  base: BaseRoot | undefined,
): Promise<{ closure: Closure; notices: string[] }> {
  const scan = await scanTree(withoutDatabase(tree), candidates.keys());
  const meant = new Set(absent.map(hashPart));
  const strangers = [...scan.strangers].filter(([path]) =>
    !isStorePath(path) || !meant.has(hashPart(path)) && !base?.hasStorePath(path)
  );
  const notices = strangers.map(
    ([path, where]) =>
      `/${where} mentions ${path}, which is left out: the spec does not name it, nor does anything ` +
      "that it names refer to it",
  );
  return { closure: new Map([...named, ...within(candidates, scan.found)]), notices };
}

/** Applies the rules to the tree; tells to which paths, and which had nothing to apply to. */
function applyRules(
  rules: PermissionRules,
  tree: RootTree,
): { readonly paths: ReadonlySet<string>; readonly notices: readonly string[] } {
  const paths = new Set<string>();
  for (const [path, entry] of tree) {
    const ruled = rules.apply(`/${path}`, entry.type, entry);
    if (ruled === entry) continue;
    tree.set(path, { ...entry, ...ruled });
    paths.add(path);
  }
  // Those for store paths are applied when their layers are read.
  const unmatched = rules.touchStore ? [] : rules.unmatched();
  return { paths, notices: unmatched.map(({ path }) => `permissions: nothing matches ${path}`) };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

function temporaryDirectory(): Promise<string> {
  return Deno.makeTempDir({ prefix: "nix-image-" });
}

/** Contents that the image holds are roots of its garbage collector, as upstream's are. */
function gcRoots({ contents, copyToRoot }: ImageSpec, closure: Closure): StorePath[] {
  const named = [...contents, ...copyToRoot].map(({ path }) => enclosingStorePath(path));
  return [
    ...new Set(named.filter((path) => path !== undefined && closure.has(path))),
  ] as StorePath[];
}

/**
 * The store paths that may be in the image: the closures of all that the spec names anywhere. Other
 * paths of the store are none of its business, as in a Nix build, where these are the inputs.
 */
async function candidateClosure(
  spec: ImageSpec,
  helperTargets: readonly string[],
  named: Closure,
  source: ClosureSource,
): Promise<Closure> {
  const roots = spec.copyToRoot.flatMap(({ kind, path }) =>
    kind === "store" ? [enclosingStorePath(path) as StorePath] : []
  );
  // These may be paths of the host, no more than text, or store paths that the image does without.
  const { runAsRoot, extraCommands, fakeRootCommands, shell, path, contents, config, files } = spec;
  const scripts = [runAsRoot, extraCommands, fakeRootCommands];
  const texts = [scripts, shell, path, contents.map(({ path }) => path)];
  const all = mentionsIn([texts, config, helperTargets, files], "");
  const mentions = withoutAbsent(all, spec.absentStorePaths).map(({ path }) => path);
  const unsure = [...new Set(mentions)].filter((path) => !named.has(path));
  const wanted = [...new Set([...roots, ...await knownAmong(source, unsure)])];
  return new Map([...named, ...await source.closureOf(wanted)]);
}

/** The part of `closure` that `roots` reach. */
function within(closure: Closure, roots: Iterable<StorePath>): Closure {
  const reached = new Map<StorePath, PathInfo>();
  const pending = [...roots];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const info = closure.get(path);
    if (!info || reached.has(path)) continue;
    reached.set(path, info);
    pending.push(...info.references);
  }
  return reached;
}

const DATABASE = "nix/var/nix/";

/** A database mentions all paths it knows, needed or not. */
function withoutDatabase(tree: RootTree): RootTree {
  return new Map([...tree].filter(([path]) => !path.startsWith(DATABASE)));
}

/** Replaces what was there before the commands; owners and modes that they gave stay. */
function addDatabase(tree: RootTree, database: RootTree): void {
  for (const [path, entry] of database) {
    const there: RootEntry | undefined = tree.get(path);
    const kept = there && there.type === entry.type
      ? { mode: there.mode, uid: there.uid, gid: there.gid }
      : {};
    tree.set(path, { ...entry, ...kept });
  }
}
