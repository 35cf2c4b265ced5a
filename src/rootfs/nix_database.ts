/**
 * The database of a Nix store that holds the paths of an image, for `nix-store` in its containers.
 * @module
 */

import { ImageError } from "../errors.ts";
import { TOP_MTIME } from "../layer/top_mtime.ts";
import { run } from "../process/run.ts";
import type { RootEntry, RootTree } from "./root_tree.ts";
import type { Closure, PathInfo } from "../store/closure.ts";
import { openFile, readingFrom } from "../store/files.ts";
import { narHashInBase16 } from "../store/nar_hash.ts";
import { copyDatabase } from "../store/sqlite_copy.ts";
import { type StoreFiles, storeOnDisk } from "../store/store_files.ts";
import { STORE_DIR, type StorePath } from "../store/store_path.ts";

/** Where Nix keeps its state, below the root. */
const STATE = "nix/var/nix";
const DATABASE = `${STATE}/db/db.sqlite`;
const SCHEMA = `${STATE}/db/schema`;

/**
 * Makes the database with the real `nix-store`, in a store of its own that nothing of this host's
 * Nix has a part in, and then without a trace of when, where and by whom it was made: for the same
 * closure the same bytes.
 *
 * The tree has what lies below `nix/var/nix`; `roots` are kept from the garbage collector.
 *
 * @param work an empty directory; the tree's files are read from it
 * @param store where store paths are: the directory that holds `nix/store` ("" for the host's own), or
 * what knows it of each
 * @throws {ImageError} if the closure lacks hashes, or `nix-store` fails.
 */
export async function nixDatabase(
  closure: Closure,
  roots: readonly StorePath[],
  work: string,
  store: string | StoreFiles,
): Promise<RootTree> {
  const registration = registrationOf(closure);
  // Nix refuses a store behind a symlink, such as one in /tmp may be.
  const directory = readingFrom(work, () => Deno.realPathSync(work));
  const made = `${directory}/root`;
  await copyDerivations(
    closure.keys(),
    typeof store === "string" ? storeOnDisk(store) : store,
    made,
  );
  await loadDatabase(registration, made, directory);
  const file = `${directory}/db.sqlite`;
  copyDatabase(
    `${made}/${DATABASE}`,
    file,
    (table, row) => table === "ValidPaths" ? { ...row, registrationTime: TOP_MTIME } : row,
  );
  const schema = `${directory}/schema`;
  Deno.renameSync(`${made}/${SCHEMA}`, schema);
  Deno.removeSync(made, { recursive: true });
  return treeOf([
    directoryAt(STATE),
    directoryAt(`${STATE}/db`),
    fileAt(DATABASE, file),
    fileAt(SCHEMA, schema),
    directoryAt(`${STATE}/gcroots`),
    directoryAt(`${STATE}/gcroots/docker`),
    ...roots.map((path) => {
      const name = path.slice(STORE_DIR.length + 1);
      return linkAt(`${STATE}/gcroots/docker/${name}`, path);
    }),
    // Nix makes this link with the directory of roots, and not where that is there already.
    linkAt(`${STATE}/gcroots/profiles`, `/${STATE}/profiles`),
    directoryAt(`${STATE}/profiles`),
    directoryAt(`${STATE}/temproots`),
  ]);
}

/** What `nix-store --load-db` reads: for each path its hash, size, deriver and references. */
function registrationOf(closure: Closure): string {
  const lines = [...closure].sort(([a], [b]) => a < b ? -1 : 1)
    .flatMap(([path, info]) => {
      const references = referencesOf(path, info);
      const size = String(info.narSize);
      return [path, hashOf(path, info), size, "", String(references.length), ...references];
    });
  return lines.map((line) => `${line}\n`).join("");
}

function referencesOf(path: StorePath, info: PathInfo): readonly StorePath[] {
  return info.refersToItself ? [...info.references, path].sort() : info.references;
}

function hashOf(path: StorePath, { narHash }: PathInfo): string {
  if (narHash !== undefined) return narHashInBase16(narHash, path);
  throw new ImageError(
    `includeNixDB: the graph given with --closure has no narHash for ${path}; make it with ` +
      "exportReferencesGraph, or with nix path-info --json --recursive",
  );
}

/** Nix reads a derivation that it registers, for its outputs. */
async function copyDerivations(
  paths: Iterable<StorePath>,
  store: StoreFiles,
  to: string,
): Promise<void> {
  Deno.mkdirSync(to + STORE_DIR, { recursive: true });
  for (const path of paths) {
    if (!path.endsWith(".drv")) continue;
    const from = await store.rootOf(path);
    readingFrom(from + path, () => Deno.copyFileSync(from + path, to + path));
  }
}

async function loadDatabase(registration: string, root: string, work: string): Promise<void> {
  const escaped = root.split("/").map(encodeURIComponent).join("/");
  await run("nix-store", ["--store", `local?root=${escaped}`, "--load-db"], {
    stdin: registration,
    environment: {
      // There are no settings in here: neither the host's nor the user's are to play a part.
      HOME: work,
      NIX_CONF_DIR: work,
      NIX_USER_CONF_FILES: "",
      NIX_CONFIG: [
        // Else root gives the store to a group that may not be there, or not be allowed to it.
        "build-users-group =",
        "use-sqlite-wal = false",
        "gc-reserved-space = 0",
        "fsync-metadata = false",
      ].join("\n"),
      USER: "nobody",
    },
  });
}

function treeOf(entries: readonly RootEntry[]): RootTree {
  return new Map(entries.map((entry) => [entry.path, entry]));
}

function directoryAt(path: string): RootEntry {
  return { ...of(path), type: "directory", mode: 0o755, size: 0, target: "" };
}

function linkAt(path: string, target: string): RootEntry {
  return { ...of(path), type: "symlink", mode: 0o777, size: 0, target };
}

function fileAt(path: string, from: string): RootEntry {
  const { size } = Deno.statSync(from);
  const open = () => openFile(from);
  return { ...of(path), type: "file", mode: 0o644, size, target: "", open };
}

function of(path: string): { path: string; uid: number; gid: number; origin: string } {
  return { path, uid: 0, gid: 0, origin: `/${path}` };
}
