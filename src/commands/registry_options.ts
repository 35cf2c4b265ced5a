/**
 * What commands that get images out of registries have in common.
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { platformText } from "../base/choose_image.ts";
import { WorkDirectory } from "../disk/work_directory.ts";
import { UsageError } from "../errors.ts";
import { formatReference, parseReference, type RegistryReference } from "../registry/reference.ts";
import type { ResolvedImage } from "../registry/resolve.ts";
import { Skopeo } from "../registry/skopeo.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../spec/image_name.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";

/** Options of how to reach a registry. */
export interface RegistryOptions {
  readonly authfile?: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  /** `true` or `false`. */
  readonly tlsVerify?: boolean;
  readonly certDir?: string;
}

/** A skopeo with a place for its files. */
export interface SkopeoAtWork extends AsyncDisposable {
  readonly skopeo: Skopeo;
}

/**
 * Readies skopeo for a registry. A password becomes an auth file that nobody else can read, and that
 * goes when this is disposed of.
 *
 * @param host the registry's name
 * @throws {UsageError} if the options do not go together.
 * @throws {ImageError} if there can be no work directory.
 */
export async function skopeoFor(host: string, options: RegistryOptions): Promise<SkopeoAtWork> {
  const { authfile, username, passwordStdin = false, tlsVerify, certDir } = options;
  if ((username !== undefined) !== passwordStdin) {
    throw new UsageError("--username and --password-stdin belong together");
  }
  if (username !== undefined && authfile !== undefined) {
    throw new UsageError("--authfile and --username: give one of them");
  }
  const password = passwordStdin ? await readPassword() : "";
  const work = await WorkDirectory.create();
  let authFile = authfile;
  if (username !== undefined) {
    authFile = join(work.path, "auth.json");
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    const text = JSON.stringify({ auths: { [host]: { auth } } });
    Deno.writeTextFileSync(authFile, text, { mode: 0o600, createNew: true });
  }
  const home = Deno.env.get("HOME");
  return {
    skopeo: new Skopeo({ temporary: work.path, home, tlsVerify, certDir, authFile }),
    [Symbol.asyncDispose]: () => work[Symbol.asyncDispose](),
  };
}

async function readPassword(): Promise<string> {
  if (Deno.stdin.isTerminal()) {
    throw new UsageError("--password-stdin: standard input is a terminal; give it the password");
  }
  return (await new Response(Deno.stdin.readable).text()).replace(/\r?\n$/, "");
}

/**
 * Reads NAME[:TAG|@DIGEST].
 *
 * @param digest the same as a digest behind it
 * @throws {UsageError} if it is no name of an image in a registry, or two digests are given.
 */
export function registryImage(text: string, digest?: string): RegistryReference {
  const reference = parseReference(text);
  if (digest === undefined) return reference;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new UsageError(
      `--digest: expected sha256: and 64 hexadecimal digits, found ${JSON.stringify(digest)}`,
    );
  }
  if (reference.digest !== undefined && reference.digest !== digest) {
    throw new UsageError(
      `--digest ${digest} and the digest of ${text} are different ones; give one of them`,
    );
  }
  // `latest` is there if nothing was said.
  return { ...reference, digest };
}

/** Options of what the image is called. */
export interface FinalNameOptions {
  readonly finalName?: string;
  readonly finalTag?: string;
}

/** What an image is called. */
export interface FinalName {
  /** The repository's name as it was given. */
  readonly given: string;
  /** The name that it is to have, and the tag. */
  readonly name: string;
  readonly tag: string;
}

/**
 * What the image is to be called, without options as it was named.
 *
 * @param given the name as it was given
 * @throws {UsageError} if it can not be called so.
 */
export function finalName(
  given: string,
  { tag }: RegistryReference,
  options: FinalNameOptions,
): FinalName {
  const repository = given.replace(/^docker:\/\//, "").replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  const name = options.finalName ?? repository;
  const finalTag = options.finalTag ?? tag ?? "latest";
  if (!IMAGE_NAME.test(name) || name !== name.toLowerCase()) {
    throw new UsageError(
      `--final-name: expected a name in lower case, without tag, found ${JSON.stringify(name)}`,
    );
  }
  if (!IMAGE_TAG.test(finalTag)) {
    throw new UsageError(`--final-tag: expected a tag, found ${JSON.stringify(finalTag)}`);
  }
  return { given: repository, name, tag: finalTag };
}

/** An image before its layers are got, on one line. */
export function imageLine(reference: RegistryReference, image: ResolvedImage): string {
  const { layers, manifest, platform } = image;
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const facts = [
    platformText(platform),
    formatCount(layers.length, "layer"),
    formatBytes(size),
    manifest.digest,
  ];
  return `${formatReference(reference)}: ${facts.join(", ")}`;
}
