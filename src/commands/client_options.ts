/**
 * Options and variables for our own client of registries.
 * @module
 */

import { join } from "node:path";
import { VERSION } from "../build_info.ts";
import { ImageError } from "../errors.ts";
import { type AuthPlaces, credentialsFromFiles } from "../registry/auth_file.ts";
import type { ClientOptions } from "../registry/client.ts";
import type { ProxySettings } from "../http/proxy.ts";
import { readingFrom } from "../store/files.ts";
import { givenCredentials, type RegistryOptions } from "./registry_options.ts";

/**
 * How to talk to the registry that is meant.
 *
 * @throws {UsageError} if options contradict one another.
 * @throws {ImageError} if a file can not be read.
 */
export async function clientOptions(
  options: RegistryOptions,
  warn: (message: string) => void,
): Promise<ClientOptions> {
  const given = await givenCredentials(options);
  const { tlsVerify } = options;
  const places = authPlaces(options);
  return {
    userAgent: `nix-image/${VERSION}`,
    tlsVerify,
    ...certificates(options),
    proxy: proxySettings(),
    credentials: async (host, repository) =>
      given ?? await credentialsFromFiles(places, host, repository),
    onRetry: ({ message }) => warn(`${message}; trying again`),
  };
}

/** Where auth files are looked for. */
export function authPlaces({ authfile }: Pick<RegistryOptions, "authfile">): AuthPlaces {
  return {
    authFile: authfile,
    registryAuthFile: Deno.env.get("REGISTRY_AUTH_FILE"),
    runtimeDirectory: Deno.env.get("XDG_RUNTIME_DIR"),
    home: Deno.env.get("HOME"),
    dockerConfig: Deno.env.get("DOCKER_CONFIG"),
  };
}

/** The proxies that the environment names. */
export function proxySettings(): ProxySettings {
  return {
    // By its name in capitals, a server's CGI program could be given a proxy by a request.
    http: Deno.env.get("http_proxy"),
    https: Deno.env.get("HTTPS_PROXY") || Deno.env.get("https_proxy"),
    no: Deno.env.get("NO_PROXY") || Deno.env.get("no_proxy"),
  };
}

function certificates(
  { caFile, certDir }: RegistryOptions,
): Pick<ClientOptions, "authorities" | "client"> {
  const authorities = caFile === undefined ? [] : [readText(caFile)];
  if (certDir === undefined) return { authorities };
  const names = readingFrom(
    certDir,
    () => Array.from(Deno.readDirSync(certDir), ({ name }) => name).sort(),
  );
  const ending = (end: string) => names.filter((name) => name.endsWith(end));
  authorities.push(...ending(".crt").map((name) => readText(join(certDir, name))));
  // As Docker and Podman name them in certs.d (containers-certs.d(5)).
  const [certificate] = ending(".cert");
  if (certificate === undefined) return { authorities };
  const key = certificate.replace(/\.cert$/, ".key");
  if (!names.includes(key)) throw new ImageError(`${join(certDir, certificate)} has no ${key}`);
  return {
    authorities,
    client: {
      certificate: readText(join(certDir, certificate)),
      key: readText(join(certDir, key)),
    },
  };
}

function readText(file: string): string {
  return readingFrom(file, () => Deno.readTextFileSync(file));
}
