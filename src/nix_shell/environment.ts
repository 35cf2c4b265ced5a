/**
 * The environment of a nix-shell image: what Nix gives a builder, as far as a container can have it.
 * @module
 */

import { createHash } from "node:crypto";
import type { Derivation } from "../store/derivation.ts";
import { nixBase32 } from "../store/nix_hash.ts";
import { STORE_DIR } from "../store/store_path.ts";

/** The directory in which Nix's sandbox builds. */
export const BUILD_DIRECTORY = "/build";

/** What the environment depends on besides the derivation. */
export interface EnvironmentOptions {
  readonly homeDirectory: string;
  /** The directories in which the container's command finds programs. */
  readonly searchPath: readonly string[];
  /** A file with the certificates of authorities. */
  readonly certificates: string | undefined;
  /** Where files with the values of passAsFile go. */
  readonly fileDirectory: string;
}

/** The environment, and the files that it names. */
export interface ShellEnvironment {
  /** By name, sorted by code point. */
  readonly variables: ReadonlyMap<string, string>;
  /** By path: what `passAsFile` of the derivation puts into files. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * The environment of a derivation's shell. The derivation's variables win over those that come
 * before a build, and are themselves overruled by those that say where the build takes place.
 */
export function shellEnvironment(
  { environment }: Derivation,
  { homeDirectory, searchPath, certificates, fileDirectory }: EnvironmentOptions,
): ShellEnvironment {
  const variables = new Map<string, string>([
    ...certificates === undefined
      ? []
      : ["SSL_CERT_FILE", "NIX_SSL_CERT_FILE"].map((name) => [name, certificates] as const),
    ["PATH", searchPath.join(":")],
    ["HOME", homeDirectory],
    ["NIX_STORE", STORE_DIR],
    ["NIX_BUILD_CORES", "1"],
  ]);
  const files = new Map<string, string>();
  const inFiles = words(environment.get("passAsFile") ?? "");
  for (const [name, value] of environment) {
    if (name === "") continue; // nothing that an image's config can hold
    if (inFiles.has(name)) {
      const file = `${fileDirectory}/${fileName(name)}`;
      files.set(file, value);
      variables.set(`${name}Path`, file);
    } else variables.set(name, value);
  }
  for (const name of ["NIX_BUILD_TOP", "TMPDIR", "TEMPDIR", "TMP", "TEMP", "PWD"]) {
    variables.set(name, BUILD_DIRECTORY);
  }
  variables.set("TERM", "xterm-256color");
  const sorted = [...variables].sort(([a], [b]) => a < b ? -1 : 1);
  return { variables: new Map(sorted), files };
}

function words(text: string): Set<string> {
  return new Set(text.split(/[ \t\n\r]+/).filter((word) => word !== ""));
}

/** As Nix names such a file: a variable's name may hold characters that a file's can not. */
function fileName(variable: string): string {
  return `.attr-${nixBase32(createHash("sha256").update(variable).digest())}`;
}
