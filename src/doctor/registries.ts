/**
 * Registries: what gets images out of them, who we are to them, and one that is to be asked.
 * @module
 */

import { findProgram } from "../process/find_program.ts";
import { type AuthFileContents, listAuthFiles } from "../registry/auth_file.ts";
import { helperProgram } from "../registry/credential_helper.ts";
import { type Greeting, greetRegistry } from "../registry/greeting.ts";
import { firstOf } from "../terminal/format.ts";
import type { Check } from "./check.ts";
import type { Host, RegistryToAsk } from "./host.ts";
import { limited } from "./limit.ts";
import { checkProgram, reasonOf } from "./programs.ts";

const group = "registries";

/** So long a registry may take, in milliseconds, and each part of asking it. */
const REGISTRY_PATIENCE = 15_000, PART_PATIENCE = 5000;

/** So many registries are named for people. */
const MOST_NAMED = 8;

/** Looks at skopeo and the auth files, and asks the registry that is meant. */
export async function checkRegistries(host: Host): Promise<Check[]> {
  const [skopeo, authFiles, asked] = await Promise.all([
    checkProgram({
      program: "skopeo",
      group,
      purpose: "pull, prefetch, fromImage of a registry",
    }, host),
    checkAuthFiles(host),
    host.registry && askRegistry(host.registry, host),
  ]);
  return [skopeo, ...authFiles, ...asked ? [asked] : []];
}

async function checkAuthFiles(host: Host): Promise<Check[]> {
  const check = { group, name: "auth-file", purpose: "credentials" } as const;
  const files = await limited(host.signal, () => listAuthFiles(host.authPlaces))
    .catch((error: unknown) => [{ path: "", error }]);
  if (files.length === 0) {
    const message = "there is none: registries that want a login refuse";
    const remedies = ["skopeo login HOST", "docker login HOST", "--username with --password-stdin"];
    return [{ ...check, status: "missing", message, remedies }];
  }
  return files.map((file) =>
    "error" in file
      ? { ...check, status: "failed", path: file.path, message: reasonOf(file.error) }
      : { ...check, ...authFileFindings(file, host) }
  );
}

function authFileFindings(
  { path, registries, helpers, store }: AuthFileContents,
  host: Host,
): Pick<Check, "status" | "path" | "message" | "remedies" | "facts"> {
  const named = [...new Set([...Object.values(helpers), ...store ? [store] : []])];
  const lost = named.map(helperProgram)
    .filter((program) => findProgram(program, host.searchPath.split(":")) === undefined);
  const has = [
    ...registries.length > 0 ? [`credentials for ${few(registries)}`] : [],
    ...Object.entries(helpers).map(([name, helper]) => `${helperProgram(helper)} for ${name}`),
    ...store ? [`${helperProgram(store)} for all others`] : [],
  ];
  const told = has.length === 0 ? "no credentials" : few(has);
  return {
    path,
    status: lost.length > 0 ? "failed" : "ok",
    message: `${path}: ${told}${lost.length > 0 ? `; not found: ${lost.join(", ")}` : ""}`,
    remedies: lost.length > 0 ? [`put ${lost.join(", ")} on the PATH`] : [],
    facts: {
      registries,
      helpers: named.map(helperProgram),
      missingHelpers: lost,
    },
  };
}

function few(texts: readonly string[]): string {
  return firstOf(texts, MOST_NAMED).join(", ");
}

async function askRegistry(
  { host: name, repository, options }: RegistryToAsk,
  host: Host,
): Promise<Check> {
  const check = { group, name: "registry", purpose: "push, pull, prefetch, fromImage" } as const;
  const where = repository === undefined ? name : `${name}/${repository}`;
  try {
    const greeting = await limited(host.signal, () =>
      greetRegistry(name, repository, {
        ...options,
        connectTimeout: PART_PATIENCE,
        idleTimeout: PART_PATIENCE,
        retries: { attempts: 1 },
      }), REGISTRY_PATIENCE);
    const { base, wantsLogin, hasCredentials, refused } = greeting;
    const facts = {
      host: name,
      repository: repository ?? null,
      tls: base.protocol === "https:",
      wantsLogin,
      hasCredentials,
      allowed: refused === undefined,
    };
    const message = `${where} answers over ${facts.tls ? "TLS" : "plain HTTP"}; ${login(greeting)}`;
    if (refused === undefined) return { ...check, status: "ok", message, facts };
    return { ...check, status: "failed", message, facts, remedies: remediesFor(name, greeting) };
  } catch (error) {
    const facts = { host: name, repository: repository ?? null };
    return { ...check, status: "failed", message: `${where}: ${reasonOf(error)}`, facts };
  }
}

function login({ wantsLogin, hasCredentials, refused }: Greeting): string {
  if (!wantsLogin) return "it wants no login";
  if (refused === undefined) {
    return hasCredentials ? "it takes the credentials" : "it lets everyone read";
  }
  const reason = hasCredentials
    ? "it does not take the credentials"
    : "it wants a login, and there are no credentials for it";
  return `${reason} (${refused.status})`;
}

function remediesFor(name: string, { hasCredentials }: Greeting): string[] {
  const logins = [`skopeo login ${name}`, `docker login ${name}`];
  return hasCredentials ? logins : [...logins, "--username with --password-stdin"];
}
