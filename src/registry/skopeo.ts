/**
 * Copying images out of registries with skopeo (1.9 or later).
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { removeOnSignal } from "../process/cleanup.ts";
import { endProgram, exitText, spawn } from "../process/run.ts";
import { Arrivals, type ArrivalWatcher } from "./arrivals.ts";
import { skopeoError } from "./skopeo_error.ts";

/** How a registry is reached. */
export interface RegistryAccess {
  /** Whether it must speak TLS and have a certificate that holds; default: yes. */
  readonly tlsVerify?: boolean | undefined;
  /** A directory with certificates (`*.crt`, of authorities) and keys for it. */
  readonly certDir?: string | undefined;
  /** The file with the credentials; default: where skopeo looks for them. */
  readonly authFile?: string | undefined;
}

/** What skopeo needs of the host. */
export interface SkopeoOptions extends RegistryAccess {
  /** A directory for its temporary files. */
  readonly temporary: string;
  /** Where the user's configuration is (`HOME`), if it is known. */
  readonly home?: string | undefined;
  /** Told now and then how much of the image has arrived that is being copied. */
  readonly watcher?: ArrivalWatcher | undefined;
}

/** Runs skopeo. What it writes while it works is in `temporary` alone. */
export class Skopeo {
  readonly #options: SkopeoOptions;

  /** Starts nothing yet. */
  constructor(options: SkopeoOptions) {
    this.#options = options;
  }

  /**
   * The bytes of a manifest or an index as the registry has them; it does not check their digest.
   *
   * @param image such as `docker.io/library/alpine:3`
   * @throws {ImageError} if they are not to be had.
   */
  async manifest(image: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#inspect(image, "--raw");
  }

  /**
   * The bytes of the config that a manifest names; it does not check their digest.
   *
   * @throws {ImageError} if they are not to be had.
   */
  async config(image: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#inspect(image, "--config", "--raw");
  }

  async #inspect(image: string, ...options: string[]): Promise<Uint8Array<ArrayBuffer>> {
    const args = ["inspect", ...options, ...this.#access(""), `docker://${image}`];
    return await this.#run(image, args, (stdout) => new Response(stdout).bytes());
  }

  /**
   * Copies an image to a new directory, its manifest and its blobs as they are (`dir:`). skopeo
   * checks their digests.
   *
   * @param size of all blobs in bytes
   * @throws {ImageError} if it can not be copied.
   */
  async copyToDirectory(image: string, directory: string, size: number): Promise<void> {
    const copy = this.#copy(image, `dir:${directory}`);
    using _arrivals = this.#watch(directory, size);
    await this.#run(image, copy, (stdout) => stdout.pipeTo(new WritableStream()));
  }

  /**
   * Has an image as a docker-archive read, which is whole only if this does not fail. skopeo checks
   * the digests of what it gets.
   *
   * @param name what it is called in the archive, such as `alpine:3`
   * @param take reads the archive to its end
   * @throws {ImageError} if it can not be copied.
   */
  async archive<T>(
    image: string,
    name: string,
    take: (archive: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<T>,
  ): Promise<T> {
    // It has each layer there before it writes it.
    using _arrivals = this.#watch(this.#options.temporary);
    return await this.#run(image, this.#copy(image, `docker-archive:/dev/stdout:${name}`), take);
  }

  #watch(directory: string, size?: number): Disposable | undefined {
    const { watcher } = this.#options;
    return watcher && new Arrivals(directory, size, watcher);
  }

  #copy(image: string, destination: string): string[] {
    return ["copy", "--quiet", ...this.#access("src-"), `docker://${image}`, destination];
  }

  /** Options of how to reach the registry. Whoever sees the command line sees no secret. */
  #access(prefix: "" | "src-"): string[] {
    const { tlsVerify, certDir, authFile } = this.#options;
    return [
      ...tlsVerify === false ? [`--${prefix}tls-verify=false`] : [],
      ...certDir === undefined ? [] : [`--${prefix}cert-dir=${certDir}`],
      ...authFile === undefined ? [] : [`--${prefix}authfile=${authFile}`],
    ];
  }

  async #run<T>(
    image: string,
    args: readonly string[],
    take: (stdout: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<T>,
  ): Promise<T> {
    const { temporary, home } = this.#options;
    const child = spawn("skopeo", [
      ...hasPolicy(home) ? [] : ["--insecure-policy"],
      `--tmpdir=${temporary}`,
      ...args,
    ]);
    using _end = removeOnSignal(() => endProgram(child, "SIGKILL"));
    const stderr = new Response(child.stderr).text();
    try {
      const taken = await take(child.stdout);
      const status = await child.status;
      if (!status.success) throw skopeoError(image, await stderr, exitText(status));
      return taken;
    } finally {
      endProgram(child, "SIGTERM");
      await Promise.all([child.status, stderr]);
    }
  }
}

/**
 * Whether the host says whose signatures an image needs (containers-policy.json(5)): that holds here
 * as well. Where nobody says anything, skopeo would take no image at all.
 */
function hasPolicy(home: string | undefined): boolean {
  return existsSync("/etc/containers/policy.json") ||
    home !== undefined && existsSync(join(home, ".config/containers/policy.json"));
}
