/**
 * What a user's script is run with.
 * @module
 */

/** A script, and how it is to run. */
export interface ScriptOptions {
  /** The field of the spec that holds it, such as `extraCommands`: for messages. */
  readonly field: string;
  readonly script: string;
  /** The directory to run in, or that becomes `/`; absolute. */
  readonly root: string;
  /**
   * `plain`: as the user; `fakeroot`: so that it may change owners and make devices;
   * `fakechroot`: the same, and sees `root` as `/` with /dev, /proc, /sys and /nix/store in it.
   */
  readonly how: "plain" | "fakeroot" | "fakechroot";
  /** What fakeroot pretends is read from here, if the file is there, and saved here. */
  readonly stateFile?: string | undefined;
  /** The shell's path, or its name on the PATH; null for bash, or sh where there is none. */
  readonly shell: string | null;
  /** The directories of the script's PATH, store paths standing for their `bin`; null: ours. */
  readonly path: readonly string[] | null;
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** Whether that store is to be at /nix/store for any script, and not in a new root alone. */
  readonly storeInPlace?: boolean | undefined;
  /** The caller's PATH: where programs are looked for beside those of the spec. */
  readonly searchPath: string;
  /** Where the script's temporary files go; absolute. Without it, where temporary files do. */
  readonly work?: string | undefined;
  /**
   * Gets what the script prints, on both streams, as it comes. Without it, the error of a script that
   * fails has the end of that.
   */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** Told by which way the script gets a new root. */
  readonly onNewRoot?: ((way: "proot" | "a user namespace") => void) | undefined;
}

/** Where programs are looked for. */
export interface SearchPaths {
  /** For our own, such as fakeroot: the spec's, then the caller's, then the system's. */
  readonly ours: readonly string[];
  /** Those of them that are not the spec's. */
  readonly callers: readonly string[];
  /** For the script's: its PATH. */
  readonly script: readonly string[];
}

/** Where the system has its programs. */
export const STANDARD_PATH: readonly string[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
];

/** Puts the PATHs together. */
export function searchPaths(options: ScriptOptions): SearchPaths {
  const { path, how, storeRoot, searchPath } = options;
  const given = searchPath.split(":").filter((entry) => entry.startsWith("/"));
  const own = given.length > 0 ? given : STANDARD_PATH;
  const callers = [...own, ...STANDARD_PATH];
  const specs = path?.map(programsOf) ?? [];
  const onHost = specs.map((directory) => hostPath(directory, storeRoot));
  const ours = [...onHost, ...callers];
  if (how !== "fakechroot") {
    const seen = hasStoreInPlace(options) ? specs : onHost;
    return { ours, callers, script: path ? seen : own };
  }
  // The caller's directories of programs may not be there inside, but the system's likely are.
  return { ours, callers, script: path ? specs : [...new Set(callers)] };
}

/** Whether the script is run where a store is at /nix/store that is elsewhere on this host. */
export function hasStoreInPlace({ how, storeRoot, storeInPlace }: ScriptOptions): boolean {
  return storeInPlace === true && storeRoot !== "" && how !== "fakechroot";
}

/** Where a path of the spec lies on this host. */
export function hostPath(path: string, storeRoot: string): string {
  return path.startsWith("/nix/store/") ? storeRoot + path : path;
}

/** Where the shell of a spec may be: a store path stands for the shells in it. */
export function shellPaths(shell: string): string[] {
  return isStorePath(shell)
    ? ["bash", "sh"].map((name) => `${programsOf(shell)}/${name}`)
    : [shell];
}

function isStorePath(path: string): boolean {
  return /^\/nix\/store\/[^/]+\/?$/.test(path);
}

/** A store path stands for its programs. */
export function programsOf(directory: string): string {
  return isStorePath(directory) ? `${directory.replace(/\/$/, "")}/bin` : directory;
}
