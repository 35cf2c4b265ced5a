/**
 * The spec of an image in which a derivation can be built, and looked at as in nix-shell.
 * @module
 */

import type { Compressor } from "../spec/image_spec.ts";
import type { Derivation } from "../store/derivation.ts";
import { mentionsIn } from "../store/mentions.ts";
import { hashPart, type StorePath } from "../store/store_path.ts";
import { BUILD_DIRECTORY, shellEnvironment } from "./environment.ts";
import { buildScript, rcFile, type ShellCommand } from "./scripts.ts";

/** Where the image has what is its own: the scripts, and the values of passAsFile. */
const OWN_DIRECTORY = "/usr/lib/nix-shell";
const PROGRAMS = `${OWN_DIRECTORY}/bin`;
const RC_FILE = `${OWN_DIRECTORY}/rc`;

/** What a nix-shell image is like, besides its derivation. */
export interface ShellOptions {
  readonly name: string;
  readonly tag: string | null;
  readonly uid: number;
  readonly gid: number;
  readonly homeDirectory: string;
  /** A bash in the store. */
  readonly shell: string;
  readonly command: ShellCommand | null;
  /** The program behind /usr/bin/env. */
  readonly env: string | undefined;
  /** A file with the certificates of authorities. */
  readonly certificates: string | undefined;
  readonly compressor: Compressor | undefined;
  /** What the derivation needs, and shell, env and certificates: all that the image may hold. */
  readonly known: ReadonlySet<StorePath>;
}

/** A spec as {@linkcode loadSpec} reads it, with all its other fields. */
export interface ShellSpec {
  readonly name: string;
  readonly tag?: string;
  readonly [field: string]: unknown;
}

/** Makes the spec. */
export function shellSpec(derivation: Derivation, options: ShellOptions): ShellSpec {
  const { name, tag, uid, gid, homeDirectory, shell, command, env, compressor } = options;
  const searchPath = [shell.slice(0, shell.lastIndexOf("/")), PROGRAMS];
  const { variables, files } = shellEnvironment(derivation, {
    homeDirectory,
    searchPath,
    certificates: options.certificates,
    fileDirectory: OWN_DIRECTORY,
  });
  const config = {
    User: `${uid}:${gid}`,
    WorkingDir: BUILD_DIRECTORY,
    Cmd: command?.how === "run" ? [shell, RC_FILE] : [shell, "--rcfile", RC_FILE],
    Env: Array.from(variables, ([name, value]) => `${name}=${value}`),
  };
  const own = (path: string) => ({ type: "directory", path, uid, gid });
  const link = (path: string, target: string) => ({ type: "symlink", path, target });
  const file = (path: string, text: string, mode?: string) => ({ type: "file", path, mode, text });
  const all = [
    link("/bin/sh", shell),
    ...env === undefined ? [] : [link("/usr/bin/env", env)],
    // The user can build, and with a Nix of their own do what it does for a single user.
    ...["/nix", "/nix/store", "/nix/var", "/nix/var/nix", "/etc/nix", BUILD_DIRECTORY].map(own),
    file(RC_FILE, rcFile(shell, searchPath, command)),
    file(
      `${PROGRAMS}/buildDerivation`,
      buildScript(shell, derivation.builder, derivation.args),
      "0755",
    ),
    ...Array.from(files, ([path, text]) => file(path, text)),
  ];
  const absent = absentPaths(derivation, [config, all], options.known);
  return {
    name,
    ...tag === null ? {} : { tag },
    architecture: derivation.system,
    fakeNss: {
      extraPasswdLines: [`nixbld:x:${uid}:${gid}:Build user:${homeDirectory}:/noshell`],
      extraGroupLines: [`nixbld:!:${gid}:`],
    },
    files: all,
    config,
    ...absent.length === 0 ? {} : { absentStorePaths: absent },
    ...compressor === undefined ? {} : { compressor },
  };
}

/**
 * The store paths that are mentioned and not to be in the image: the outputs, which are to be built
 * there, and what is mentioned without being an input, which Nix does not give a build either.
 */
function absentPaths(
  { outputs }: Derivation,
  mentioning: readonly unknown[],
  known: ReadonlySet<StorePath>,
): StorePath[] {
  const inputs = new Set(Array.from(known, hashPart));
  const made = [...outputs.values()].flatMap(({ path }) => path ?? []);
  const hashes = new Set(made.map(hashPart));
  const strange = mentionsIn(mentioning, "").map(({ path }) => path)
    .filter((path) => !inputs.has(hashPart(path)) && !hashes.has(hashPart(path)));
  return [...new Set([...made, ...strange])].sort();
}
