/**
 * Running a script with a directory as its `/`, without being root: by proot or by a user
 * namespace.
 * @module
 */

import { ImageError } from "../errors.ts";
import { findProgram, isProgramInside } from "./find_program.ts";
import { indent, missingProgram, tryShell } from "./run.ts";
import { type ScriptOptions, type SearchPaths, shellPaths } from "./script_options.ts";
import {
  BROUGHT,
  INSIDE,
  MOUNT,
  OUTSIDE,
  prelude,
  TRY_NAMESPACE,
  TRY_PROOT,
} from "./script_text.ts";

/** What is bound into a new root, each in an (else) empty directory. */
export const MOUNT_POINTS: readonly string[] = [
  "dev",
  "proc",
  "sys",
  "nix/store",
  BROUGHT.slice(1),
];

/**
 * The command, to be run under fakeroot, that goes into the new root and runs the script.
 *
 * @param work a directory of ours
 * @param brought the directory with the script in it
 * @throws {ImageError} if there is no shell inside, or this host lets us do none of it.
 */
export async function newRootCommand(
  options: ScriptOptions,
  paths: SearchPaths,
  work: string,
  brought: string,
): Promise<string[]> {
  const { root, storeRoot, field } = options;
  const shell = shellInside(options, paths);
  const enter = [shell, "-c", INSIDE, "sh", paths.script.join(":"), shell];
  enter.push(prelude(BROUGHT, field), field);
  const store = isDirectory(`${storeRoot}/nix/store`) ? `${storeRoot}/nix/store` : "";
  const outside = ["sh", "-c", OUTSIDE, "sh"];
  const program = await programFor(field, paths, work);
  options.onNewRoot?.(program === "proot" ? "proot" : "a user namespace");
  if (program === "unshare") {
    const namespace = ["unshare", "--user", "--map-root-user", "--mount"];
    return [...outside, ...namespace, "sh", "-c", MOUNT, "sh", root, store, brought, "@", ...enter];
  }
  const binds = ["/dev", "/proc", "/sys", ...store ? [`${store}:/nix/store`] : []];
  binds.push(`${brought}:${BROUGHT}`, `@:${BROUGHT}/library`);
  const bindOptions = binds.flatMap((bind) => ["-b", bind]);
  return [...outside, "proot", "-r", root, ...bindOptions, "-w", "/", ...enter];
}

/** The shell's path as seen inside. */
function shellInside(
  { root, storeRoot, shell, field }: ScriptOptions,
  { ours, script }: SearchPaths,
): string {
  const isThere = (path: string) => isProgramInside(path, { root, storeRoot });
  const onPath = (name: string) => script.map((directory) => `${directory}/${name}`).find(isThere);
  let found: string | undefined;
  if (shell === null) {
    found = onPath("bash") ?? [bashOfStore(ours)].filter((path) => path !== undefined)
      .find(isThere) ??
      onPath("sh");
  } else found = shell.includes("/") ? shellPaths(shell).find(isThere) : onPath(shell);
  if (found !== undefined) return found;
  throw new ImageError(
    `shell: with enableFakechroot, ${field} sees the image's root alone, and there is no ` +
      `${shell ?? "shell"} in it: name one in the store, such as /nix/store/…-bash/bin/bash, or ` +
      "one of the image",
  );
}

/** The bash of our PATH, where that leads to the store. */
function bashOfStore(directories: readonly string[]): string | undefined {
  const bash = findProgram("bash", directories);
  const path = bash && Deno.realPathSync(bash);
  return path?.startsWith("/nix/store/") ? path : undefined;
}

async function programFor(
  field: string,
  { ours }: SearchPaths,
  work: string,
): Promise<"proot" | "unshare"> {
  const reasons: string[] = [];
  for (const program of NEW_ROOT_PROGRAMS) {
    const reason = findProgram(program, ours) === undefined
      ? missingProgram(program).message
      : await tryNewRoot(program, ours, work);
    if (reason === undefined) return program;
    reasons.push(reason);
  }
  throw new ImageError(
    `${field}: enableFakechroot needs proot or a user namespace, and neither works here.\n` +
      reasons.join("\n"),
  );
}

/** The programs that give a new root, the one to be preferred first. */
export const NEW_ROOT_PROGRAMS = ["proot", "unshare"] as const;

const TRIES = {
  proot: {
    script: TRY_PROOT,
    why:
      "proot does not work, or is so old that today's programs would see and change the host's " +
      "files (install 5.3 or later)",
  },
  unshare: {
    script: TRY_NAMESPACE,
    why: "this host lets this user make no user namespace",
  },
} as const;

/**
 * Whether a program that is there can give a new root on this host.
 *
 * @param path directories of programs
 * @param work a directory of ours
 * @returns why it can't; undefined if it can
 */
export async function tryNewRoot(
  program: typeof NEW_ROOT_PROGRAMS[number],
  path: readonly string[],
  work: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { script, why } = TRIES[program];
  const { success, stderr } = await tryShell(script, [work], path, signal);
  return success ? undefined : `${why}${stderr.trim() && `:\n${indent(stderr)}`}`;
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
