/**
 * Auth files: containers-auth.json(5), and Docker's `config.json`.
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { z } from "zod";
import { ImageError } from "../errors.ts";
import type { Credentials } from "./credentials.ts";
import { helperCredentials } from "./credential_helper.ts";

const entry = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
const schema = z.looseObject({
  auths: z.record(z.string(), entry).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});

type AuthFile = z.infer<typeof schema>;
type Entry = z.infer<typeof entry>;

/** Where auth files are looked for: mostly what the environment has under these names. */
export interface AuthPlaces {
  /** A file, which has to be there; no other is read. */
  readonly authFile?: string | undefined;
  /** `REGISTRY_AUTH_FILE`: the same, where there is no `authFile`. */
  readonly registryAuthFile?: string | undefined;
  /** `XDG_RUNTIME_DIR`: a directory with `containers/auth.json`. */
  readonly runtimeDirectory?: string | undefined;
  /** `HOME`: a directory with `.config/containers/auth.json` and `.docker/config.json`. */
  readonly home?: string | undefined;
  /** `DOCKER_CONFIG`: a directory with `config.json`, in the place of `.docker` at home. */
  readonly dockerConfig?: string | undefined;
}

/**
 * The credentials of the first auth file that has any for a repository.
 *
 * @throws {ImageError} if a file is damaged, a helper fails, or the one file that was named is not
 * there.
 */
export async function credentialsFromFiles(
  places: AuthPlaces,
  host: string,
  repository: string,
): Promise<Credentials | undefined> {
  for (const { path, needed } of authFiles(places)) {
    const file = await readAuthFile(path, needed);
    const found = file && await credentialsIn(file, host, repository);
    if (found) return found;
  }
  return undefined;
}

/** What an auth file has, without any secret. */
export interface AuthFileContents {
  readonly path: string;
  /** The registries, or repositories, that it has a password or a token for. */
  readonly registries: readonly string[];
  /** The names of its helpers, by registry. */
  readonly helpers: Readonly<Record<string, string>>;
  /** The helper for all others. */
  readonly store: string | undefined;
}

/**
 * What the auth files have, in the order in which they are asked; an error in the place of one that
 * can not be read.
 */
export async function listAuthFiles(
  places: AuthPlaces,
): Promise<(AuthFileContents | { readonly path: string; readonly error: ImageError })[]> {
  const found = authFiles(places).map(async ({ path, needed }) => {
    try {
      const file = await readAuthFile(path, needed);
      return file ? [{ path, ...contentsOf(file) }] : [];
    } catch (error) {
      if (error instanceof ImageError) return [{ path, error }];
      throw error;
    }
  });
  return (await Promise.all(found)).flat();
}

function contentsOf(
  { auths, credHelpers, credsStore }: AuthFile,
): Omit<AuthFileContents, "path"> {
  const registries = Object.entries(auths ?? {})
    .filter(([, entry]) => credentialsOf(entry) !== undefined).map(([name]) => name);
  return { registries, helpers: credHelpers ?? {}, store: credsStore || undefined };
}

/** The files to ask, the first one first. */
function authFiles(places: AuthPlaces): { readonly path: string; readonly needed: boolean }[] {
  const named = places.authFile || places.registryAuthFile;
  return named
    ? [{ path: named, needed: true }]
    : defaultPlaces(places).map((path) => ({ path, needed: false }));
}

function defaultPlaces({ runtimeDirectory, home, dockerConfig }: AuthPlaces): string[] {
  const docker = dockerConfig || home && join(home, ".docker");
  return [
    ...runtimeDirectory ? [join(runtimeDirectory, "containers/auth.json")] : [],
    ...home ? [join(home, ".config/containers/auth.json")] : [],
    ...docker ? [join(docker, "config.json")] : [],
  ];
}

async function readAuthFile(path: string, needed: boolean): Promise<AuthFile | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound && !needed) return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError(`Cannot read the auth file ${path}: ${reason}`, { cause });
  }
  // No error of the parser's: it shows the text.
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw new ImageError(
    `${path} is no auth file: expected JSON with auths, credHelpers or credsStore`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What Docker calls its hub. */
const HUB_URL = "https://index.docker.io/v1/";

async function credentialsIn(
  { auths, credHelpers, credsStore }: AuthFile,
  host: string,
  repository: string,
): Promise<Credentials | undefined> {
  const server = host === "docker.io" ? HUB_URL : host;
  const helper = credHelpers?.[host] ?? credHelpers?.[server];
  if (helper) return await helperCredentials(helper, server);
  const entry = entryFor(auths ?? {}, host, repository);
  const found = entry && credentialsOf(entry);
  return found ?? (credsStore ? await helperCredentials(credsStore, server) : undefined);
}

/** The entry with the longest name that the repository lies in. */
function entryFor(
  auths: Readonly<Record<string, Entry>>,
  host: string,
  repository: string,
): Entry | undefined {
  const parts = repository.split("/");
  for (let length = parts.length; length >= 0; length--) {
    const found = auths[[host, ...parts.slice(0, length)].join("/")];
    if (found) return found;
  }
  // As Docker writes them: URLs, of which the host counts.
  const hosts = host === "docker.io" ? ["index.docker.io", "registry-1.docker.io"] : [host];
  return Object.entries(auths).find(([name]) =>
    /^https?:\/\/|\/v[12]\/?$/.test(name) || hosts.includes(name)
      ? hosts.includes(name.replace(/^https?:\/\//, "").split("/")[0] ?? "")
      : false
  )?.[1];
}

function credentialsOf(
  { auth, username, password, identitytoken }: Entry,
): Credentials | undefined {
  if (identitytoken) return { refreshToken: identitytoken };
  if (username && password) return { username, password };
  if (!auth) return undefined;
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1) return undefined;
  // Docker has padded some with zeros.
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}
