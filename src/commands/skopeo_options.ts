/**
 * Options of registries for skopeo.
 * @module
 */

import { Buffer } from "node:buffer";
import { join, resolve } from "node:path";
import { WorkDirectory } from "../disk/work_directory.ts";
import type { ArrivalWatcher } from "../registry/arrivals.ts";
import { Skopeo } from "../registry/skopeo.ts";
import { readingFrom } from "../store/files.ts";
import { givenCredentials, type RegistryOptions } from "./registry_options.ts";

/** A skopeo with a place for its files. */
export interface SkopeoAtWork extends AsyncDisposable {
  readonly skopeo: Skopeo;
}

/**
 * Readies skopeo for a registry. A password becomes an auth file that nobody else can read, and that
 * goes when this is disposed of.
 *
 * @param host the registry's name
 * @param watcher told now and then how much of an image has arrived
 * @throws {UsageError} if the options do not go together.
 * @throws {ImageError} if a file can not be read, or there can be no work directory.
 */
export async function skopeoFor(
  host: string,
  options: RegistryOptions,
  watcher?: ArrivalWatcher,
): Promise<SkopeoAtWork> {
  const { authfile, tlsVerify } = options;
  const given = await givenCredentials(options);
  const authority = options.caFile === undefined ? undefined : readAuthority(options.caFile);
  await using stack = new AsyncDisposableStack();
  const work = stack.use(await WorkDirectory.create());
  let authFile = authfile;
  if (given !== undefined) {
    authFile = join(work.path, "auth.json");
    const auth = Buffer.from(`${given.username}:${given.password}`).toString("base64");
    const text = JSON.stringify({ auths: { [host]: { auth } } });
    Deno.writeTextFileSync(authFile, text, { mode: 0o600, createNew: true });
  }
  const certDir = authority === undefined
    ? options.certDir
    : withAuthority(join(work.path, "certificates"), authority, options.certDir);
  const kept = stack.move();
  const home = Deno.env.get("HOME");
  return {
    skopeo: new Skopeo({ temporary: work.path, home, tlsVerify, certDir, authFile, watcher }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function readAuthority(file: string): string {
  return readingFrom(file, () => Deno.readTextFileSync(file));
}

/** skopeo knows directories of certificates alone: one with an authority, and with what is in `certDir`. */
function withAuthority(directory: string, authority: string, certDir: string | undefined): string {
  Deno.mkdirSync(directory, { mode: 0o700 });
  if (certDir !== undefined) {
    const names = readingFrom(certDir, () => Array.from(Deno.readDirSync(certDir)));
    for (const { name } of names) Deno.symlinkSync(resolve(certDir, name), join(directory, name));
  }
  const name = `${crypto.randomUUID()}.crt`; // none that is there
  Deno.writeTextFileSync(join(directory, name), authority, { createNew: true });
  return directory;
}
