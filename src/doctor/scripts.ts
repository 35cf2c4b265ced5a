/**
 * What runs the commands of specs.
 * @module
 */

import { WorkDirectory } from "../disk/work_directory.ts";
import { findProgram } from "../process/find_program.ts";
import { NEW_ROOT_PROGRAMS, tryNewRoot } from "../process/new_root.ts";
import { runScript } from "../process/script.ts";
import { searchPaths } from "../process/script_options.ts";
import { runShell } from "../process/run.ts";
import { type Check, missingCheck } from "./check.ts";
import type { Host } from "./host.ts";
import { limited } from "./limit.ts";
import { reasonOf, versionOf } from "./programs.ts";

const group = "commands of specs";

/** What they need: each of it is tried. */
export async function checkScripts(host: Host): Promise<Check[]> {
  const { ours } = searchPaths({
    field: "",
    script: "",
    root: "",
    how: "fakeroot",
    shell: null,
    path: null,
    storeRoot: host.storeRoot,
    searchPath: host.searchPath,
  });
  return await Promise.all([
    checkShell(host),
    checkBash(host, ours),
    checkFakeroot(host, ours),
    ...NEW_ROOT_PROGRAMS.map((program) => checkNewRoot(program, host, ours)),
  ]);
}

async function checkShell(host: Host): Promise<Check> {
  const check = { group, name: "sh", purpose: "all scripts, credential helpers" } as const;
  const path = findProgram("sh", host.searchPath.split(":"));
  try {
    await limited(host.signal, (signal) => runShell("exit 0", [], "", signal));
    return { ...check, status: "ok", path, message: "" };
  } catch (error) {
    if (path === undefined) return missingCheck(check, "sh");
    return { ...check, status: "failed", path, message: reasonOf(error) };
  }
}

async function checkBash(host: Host, ours: readonly string[]): Promise<Check> {
  const check = {
    group,
    name: "bash",
    purpose: "scripts, if the spec names no other shell; sh without it",
  } as const;
  const path = findProgram("bash", ours);
  if (path === undefined) return { ...check, status: "missing", message: "not found" };
  return { ...check, status: "ok", path, version: await versionOf(path, host), message: "" };
}

/** Changes an owner, and looks at that. */
const TRY_FAKEROOT = 'mkdir try && chown 1:2 try && [ "$(stat -c %u:%g try)" = 1:2 ]';

async function checkFakeroot(host: Host, ours: readonly string[]): Promise<Check> {
  const check = { group, name: "fakeroot", purpose: "fakeRootCommands" } as const;
  const path = findProgram("fakeroot", ours);
  if (path === undefined) return missingCheck(check, "fakeroot");
  const trying = limited(host.signal, async () => {
    await using work = await WorkDirectory.create(host.temporary);
    await runScript({
      field: "fakeRootCommands",
      script: TRY_FAKEROOT,
      root: work.path,
      how: "fakeroot",
      shell: null,
      path: null,
      storeRoot: host.storeRoot,
      searchPath: host.searchPath,
      work: work.path,
    });
  }).then(() => undefined, (error: unknown) => ({ error }));
  const [failed, version] = await Promise.all([trying, versionOf(path, host)]);
  return failed
    ? { ...check, status: "failed", path, version, message: reasonOf(failed.error) }
    : { ...check, status: "ok", path, version, message: "" };
}

const NEW_ROOTS = {
  proot: { name: "proot", purpose: "enableFakechroot (or a user namespace)" },
  unshare: { name: "user-namespace", purpose: "enableFakechroot (or proot)" },
} as const;

async function checkNewRoot(
  program: typeof NEW_ROOT_PROGRAMS[number],
  host: Host,
  ours: readonly string[],
): Promise<Check> {
  const check = { group, ...NEW_ROOTS[program] } as const;
  const path = findProgram(program, ours);
  if (path === undefined) return missingCheck(check, program);
  const trying = limited(host.signal, async (signal) => {
    await using work = await WorkDirectory.create(host.temporary);
    return await tryNewRoot(program, ours, work.path, signal);
  }).catch((error: unknown) => reasonOf(error));
  const [reason, version] = await Promise.all([trying, versionOf(path, host)]);
  return reason === undefined
    ? { ...check, status: "ok", path, version, message: "" }
    : { ...check, status: "failed", path, version, message: reasonOf(new Error(reason)) };
}
