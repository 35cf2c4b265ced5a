/**
 * A root directory that holds nothing but what a test puts there.
 * @module
 */

import { dirname } from "node:path";
import { runCommand, type RunResult, succeed } from "./program.ts";

/** How a program is started in there. */
export interface BareRunOptions {
  /** The whole environment; by itself the PATH is `/bin`. */
  readonly env?: Readonly<Record<string, string>>;
  /** As nobody, not as root. */
  readonly asNobody?: boolean;
  readonly stdin?: string;
  /** A directory in which a file system of so many bytes is mounted, full. */
  readonly full?: string;
  /** One that can't be written. */
  readonly readOnly?: string;
}

/**
 * See above. Besides, it has /dev/null, and, while a program runs there, /proc: Deno finds what is in
 * an executable by /proc/self/exe.
 */
export class BareRoot {
  private constructor(readonly path: string) {}

  /** Makes one in `parent`. */
  static async create(parent: string): Promise<BareRoot> {
    const root = new BareRoot(`${parent}/root`);
    for (const name of ["bin", "dev", "proc"]) {
      await Deno.mkdir(`${root.path}/${name}`, { recursive: true });
    }
    await succeed(["mknod", "-m", "666", `${root.path}/dev/null`, "c", "1", "3"]);
    return root;
  }

  /** Copies a program to `/bin`, and the libraries it needs to where they are here. */
  async addProgram(file: string, name: string): Promise<void> {
    await Deno.copyFile(file, `${this.path}/bin/${name}`);
    for (const library of await librariesOf(file)) {
      await Deno.mkdir(this.path + dirname(library), { recursive: true });
      await Deno.copyFile(library, this.path + library);
    }
  }

  /** Copies a file or a directory, to where it is here. */
  async add(path: string): Promise<void> {
    await Deno.mkdir(this.path + dirname(path), { recursive: true });
    await succeed(["cp", "--archive", path, this.path + path]);
  }

  /** Runs a program of `/bin` to its end. */
  async run(
    [program = "", ...args]: readonly string[],
    { env = { PATH: "/bin" }, asNobody = false, stdin, full, readOnly }: BareRunOptions = {},
  ): Promise<RunResult> {
    const mounts = ['mount -t proc proc "$1/proc"'];
    if (full) {
      mounts.push(`mount -t tmpfs -o size=64k,mode=1777 none "$1${full}"`);
      mounts.push(`head -c 65536 /dev/zero >"$1${full}/fill" 2>/dev/null || :`);
    }
    if (readOnly) mounts.push(`mount -t tmpfs -o ro none "$1${readOnly}"`);
    const script = `${mounts.join("; ")}; shift; exec env -i "$@"`;
    const chroot = (await succeed(["sh", "-c", "command -v chroot"])).trim();
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const user = asNobody ? "65534:65534" : "0:0";
    return await runCommand([
      ...["unshare", "--mount", "sh", "-ec", script, "sh", this.path, ...variables],
      ...[chroot, `--userspec=${user}`, "--groups=", this.path, `/bin/${program}`, ...args],
    ], stdin === undefined ? {} : { stdin });
  }
}

/** The absolute paths of the libraries that the loader takes for a program, itself among them. */
export async function librariesOf(file: string): Promise<string[]> {
  const listed = await succeed(["ldd", file]);
  return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, library = ""]) => library);
}
