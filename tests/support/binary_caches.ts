/**
 * Binary caches that Nix itself makes, for one test file.
 * @module
 */

import { brotliCompressSync, constants } from "node:zlib";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { closureOf } from "./nix_paths.ts";
import { succeed } from "./program.ts";
import { Scratch } from "./scratch.ts";

/** What Nix compresses NARs with. */
export type CacheCompression = "none" | "gzip" | "xz" | "bzip2" | "zstd" | "br";

/** A key that signs. */
export interface SigningKey {
  /** `NAME:BASE64`, as for `--trusted-public-keys`. */
  readonly public: string;
  /** The file with its secret part. */
  readonly secretFile: string;
}

/** How a cache is made. */
export interface CacheOptions {
  /** `xz` if left out, as with Nix. */
  readonly compression?: CacheCompression;
  /** Whether it tells the files of each path (`HASH.ls`). */
  readonly listings?: boolean;
  /** Which of the two keys has signed its paths; none if left out. */
  readonly signedBy?: "key" | "otherKey";
}

/** Caches of one closure; disposing of it removes them. */
export class BinaryCaches implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #made = new Map<string, Promise<string>>();

  private constructor(
    scratch: Scratch,
    /** The store paths in each of the caches: those that a path refers to come before it. */
    readonly paths: readonly string[],
    readonly key: SigningKey,
    /** Another key of the same name. */
    readonly otherKey: SigningKey,
  ) {
    this.#scratch = scratch;
  }

  /** Caches of the closure of these paths, which are in the host's store. */
  static async create(...roots: readonly string[]): Promise<BinaryCaches> {
    const scratch = new Scratch();
    return new BinaryCaches(
      scratch,
      await closureOf(...roots),
      await makeKey(scratch.path, "key"),
      await makeKey(scratch.path, "other"),
    );
  }

  /** The directory of a cache. It is made but once, so nothing in it is to be changed. */
  cache(options: CacheOptions = {}): Promise<string> {
    const name = [
      options.compression ?? "xz",
      options.listings ? "listings" : "plain",
      options.signedBy ?? "unsigned",
    ].join("-");
    const made = this.#made.get(name) ?? this.#make(`${this.#scratch.path}/${name}`, options);
    this.#made.set(name, made);
    return made;
  }

  /** As `cache()` with `br`, for which Nix would need minutes: it knows the slowest way alone. */
  async quickBrotli(options: Omit<CacheOptions, "compression">): Promise<string> {
    const directory = await this.copy({ ...options, compression: "none" });
    const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
    for (const { name } of [...Deno.readDirSync(directory)]) {
      if (!name.endsWith(".narinfo")) continue;
      const text = await Deno.readTextFile(`${directory}/${name}`);
      const [, url = ""] = /^URL: (.*)$/m.exec(text) ?? [];
      const nar = await Deno.readFile(`${directory}/${url}`);
      await Deno.writeFile(`${directory}/${url}`, brotliCompressSync(nar, { params }));
      const said = text.replace(/^Compression: .*$/m, "Compression: br");
      await Deno.writeTextFile(
        `${directory}/${name}`,
        said.replace(/^File(?:Hash|Size): .*\n/gm, ""),
      );
    }
    return directory;
  }

  /** A new directory with a copy of a cache, to be changed. */
  async copy(options: CacheOptions): Promise<string> {
    const directory = Deno.makeTempDirSync({ dir: this.#scratch.path, prefix: "copy-" });
    await succeed(["cp", "-a", `${await this.cache(options)}/.`, directory]);
    return directory;
  }

  async #make(
    directory: string,
    { compression = "xz", listings = false, signedBy }: CacheOptions,
  ): Promise<string> {
    if (!listings) {
      const other = await this.cache({ compression, listings: true, ...signedBy && { signedBy } });
      await succeed(["sh", "-ec", 'cp -a "$1" "$2"; rm "$2"/*.ls', "sh", other, directory]);
      return directory;
    }
    const parameters = new URLSearchParams({
      compression,
      "write-nar-listing": `${listings}`,
      ...signedBy === undefined ? {} : { "secret-key": this[signedBy].secretFile },
    });
    await nix("copy", "--to", `file://${directory}?${parameters}`, ...this.paths);
    return directory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }
}

async function makeKey(directory: string, name: string): Promise<SigningKey> {
  const [secretFile, publicFile] = [`${directory}/${name}.secret`, `${directory}/${name}.public`];
  await succeed([
    "nix-store",
    "--generate-binary-cache-key",
    "tests.example-1",
    secretFile,
    publicFile,
  ]);
  return { public: (await Deno.readTextFile(publicFile)).trim(), secretFile };
}

/** Runs `nix`. */
export async function nix(...args: readonly string[]): Promise<string> {
  const env = nixEnvironment();
  return await succeed(["nix", "--extra-experimental-features", "nix-command", ...args], { env });
}
