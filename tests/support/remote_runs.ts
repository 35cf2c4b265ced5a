/**
 * What runs of the program on stores elsewhere begin with: nothing from an earlier run, no Nix.
 * @module
 */

/** Where a run may leave something, and must not. */
export interface FreshRun {
  readonly env: Readonly<Record<string, string>>;
  /** An empty directory for what it makes. */
  readonly output: string;
  /** The names of temporary files that are there now. */
  readonly leftovers: () => string[];
}

let runs = 0;

/**
 * An environment with nothing in it from before, and a PATH of what decompresses, without Nix.
 *
 * @param parent where its directories are made
 */
export async function freshRun(parent: string): Promise<FreshRun> {
  const directory = `${parent}/run-${++runs}`;
  for (const name of ["cache", "temporary", "programs", "output"]) {
    await Deno.mkdir(`${directory}/${name}`, { recursive: true });
  }
  for (const program of ["sh", "zstd", "xz", "bzip2", "cat", "docker"]) {
    await Deno.symlink(`/usr/bin/${program}`, `${directory}/programs/${program}`);
  }
  const temporary = `${directory}/temporary`;
  return {
    env: {
      PATH: `${directory}/programs`,
      XDG_CACHE_HOME: `${directory}/cache`,
      TMPDIR: temporary,
    },
    output: `${directory}/output`,
    leftovers: () => Array.from(Deno.readDirSync(temporary), ({ name }) => name),
  };
}
