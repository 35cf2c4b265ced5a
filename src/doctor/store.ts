/**
 * The Nix store.
 * @module
 */

import { storeDatabase } from "../store/nix_store.ts";
import { isStoreName, parseStorePath, STORE_DIR, type StorePath } from "../store/store_path.ts";
import { formatCount } from "../terminal/format.ts";
import type { Check } from "./check.ts";
import type { Host } from "./host.ts";
import { limited } from "./limit.ts";
import { checkProgram, reasonOf } from "./programs.ts";

/** Of so many paths, one is likely valid. */
const MOST_ASKED = 20;

/** Looks whether store paths can be read, and whether nix-store tells of them. */
export async function checkStore(host: Host): Promise<Check[]> {
  const directory = host.storeRoot + STORE_DIR;
  const check = {
    group: "store",
    name: "store",
    path: directory,
    purpose: "the files of images",
  } as const;
  let paths: readonly StorePath[];
  try {
    paths = await limited(host.signal, () => pathsIn(directory));
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    const remedies = host.storeRoot === ""
      ? ["install Nix: https://nixos.org/download", "--store-root names another store"]
      : ["let --store-root name a directory with nix/store in it"];
    return [
      isMissing
        ? { ...check, status: "missing", message: `there is no ${directory}`, remedies }
        : { ...check, status: "failed", message: `cannot read ${directory}: ${reasonOf(error)}` },
      await checkNixStore(host, []),
    ];
  }
  const message = `${directory}, ${formatCount(paths.length, "path")}`;
  return [
    { ...check, status: "ok", message, facts: { paths: paths.length } },
    await checkNixStore(host, paths),
  ];
}

/** The paths in a store, of which one was read. */
async function pathsIn(directory: string): Promise<StorePath[]> {
  const paths: StorePath[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (isStoreName(name)) paths.push(parseStorePath(`${STORE_DIR}/${name}`));
  }
  const [first] = paths;
  if (first !== undefined) await Deno.lstat(directory + first.slice(STORE_DIR.length));
  return paths;
}

async function checkNixStore(host: Host, paths: readonly StorePath[]): Promise<Check> {
  const found = await checkProgram({
    program: "nix-store",
    group: "store",
    purpose: "closures (not with --closure), shell",
  }, host);
  if (found.status !== "ok") return found;
  const start = performance.now();
  try {
    const count = await limited(host.signal, (signal) => smallQuery(host, paths, signal));
    const milliseconds = Math.round(performance.now() - start);
    const message = count === 0
      ? "no path of the store is valid by its database"
      : `tells a closure in ${milliseconds} ms`;
    return { ...found, message, facts: { milliseconds, closure: count } };
  } catch (error) {
    return { ...found, status: "failed", message: reasonOf(error) };
  }
}

/** The size of some closure; 0 if no path is valid. */
async function smallQuery(
  { storeRoot }: Host,
  paths: readonly StorePath[],
  signal: AbortSignal,
): Promise<number> {
  const asked = paths.filter((path) => !path.endsWith(".drv")).slice(0, MOST_ASKED);
  const database = storeDatabase(storeRoot, signal);
  if (asked.length === 0) {
    // Whatever it is: that it is asked for opens the database.
    await database.missing([parseStorePath(`${STORE_DIR}/${"0".repeat(32)}-doctor`)]);
    return 0;
  }
  const missing = new Set(await database.missing(asked));
  const valid = asked.find((path) => !missing.has(path));
  return valid === undefined ? 0 : (await database.closureOf([valid])).size;
}
