/**
 * Programs that read images without a daemon of the tests' own.
 * @module
 */

import { findProgram } from "../../tasks/programs.ts";
import { sha256Of } from "../../src/image/image.ts";
import { succeed } from "./program.ts";
import { Scratch } from "./scratch.ts";

/** What an image is, whatever holds it. */
export interface ImageFacts {
  /** The digest of its config. */
  readonly id: string;
  readonly diffIds: readonly string[];
}

/** `skopeo copy`, which has to succeed. */
export async function skopeoCopy(from: string, to: string, ...options: string[]): Promise<void> {
  await succeed(["skopeo", "--insecure-policy", "copy", "--quiet", ...options, from, to]);
}

/** What skopeo finds at a place such as `oci:DIRECTORY:TAG`. */
export async function skopeoFacts(place: string): Promise<ImageFacts> {
  const config = await succeed(["skopeo", "inspect", "--config", "--raw", place]);
  const { rootfs } = JSON.parse(config) as { rootfs: { diff_ids: string[] } };
  return { id: sha256Of(new TextEncoder().encode(config)), diffIds: rootfs.diff_ids };
}

/** The digest of the manifest at such a place. */
export async function skopeoManifestDigest(place: string): Promise<string> {
  const manifest = await succeed(["skopeo", "inspect", "--raw", place]);
  return sha256Of(new TextEncoder().encode(manifest));
}

/** A podman with state of its own, which goes when this is disposed of. */
export class Podman implements AsyncDisposable {
  /** At the top of the temporary directory: podman wants short paths. */
  readonly #scratch = new Scratch();
  readonly #command = [
    "podman",
    "--root",
    `${this.#scratch.path}/root`,
    "--runroot",
    `${this.#scratch.path}/run`,
    "--storage-driver=vfs",
  ];

  /** Makes a directory for a PATH, in which `podman` is this one. */
  directoryWithPodman(parent: string): string {
    const directory = `${parent}/podman`;
    Deno.mkdirSync(directory);
    const [, ...options] = this.#command;
    const script = `#!/bin/sh\nexec ${findProgram("podman")} ${options.join(" ")} "$@"\n`;
    Deno.writeTextFileSync(`${directory}/podman`, script, { mode: 0o755 });
    return directory;
  }

  /** Runs it, which has to succeed. */
  async run(...args: string[]): Promise<string> {
    return await succeed([...this.#command, ...args]);
  }

  /** What it has under a name, spelt as it is. */
  async facts(name: string): Promise<ImageFacts & { readonly names: readonly string[] }> {
    const [image] = JSON.parse(await this.run("inspect", name)) as {
      readonly Id: string;
      readonly RepoTags: readonly string[];
      readonly RootFS: { readonly Layers: readonly string[] };
    }[];
    if (image === undefined) throw new Error(`podman has no image ${name}`);
    return { id: `sha256:${image.Id}`, diffIds: image.RootFS.Layers, names: image.RepoTags };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }
}
