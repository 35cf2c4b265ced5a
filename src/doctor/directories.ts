/**
 * Directories that are written.
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { leftWorkDirectories } from "../disk/work_directory.ts";
import { runShell } from "../process/run.ts";
import { formatBytes } from "../terminal/format.ts";
import type { Check } from "./check.ts";
import type { Host } from "./host.ts";
import { limited } from "./limit.ts";
import { reasonOf } from "./programs.ts";

/** Less room than that is a reason why something does not work, in bytes. */
const LITTLE = 100_000_000;

/** Enough to find a disk full, in bytes. */
const TRIED = 1 << 16;

/** Looks where temporary files go, and where things are kept. */
export async function checkDirectories(host: Host): Promise<Check[]> {
  return await Promise.all([checkTemporary(host), checkCache(host)]);
}

async function checkTemporary(host: Host): Promise<Check> {
  const path = host.temporary;
  // Before the other checks, which make and remove such directories.
  const left = leftWorkDirectories(path).length;
  const found = await written(host, "temporary", [path], {
    purpose: "work in progress",
    remedies: ["set TMPDIR to another directory"],
  });
  const leftover = left === 0 ? [] : [`left by killed runs: ${left}`];
  return {
    ...found,
    message: [found.message, ...leftover].join(", "),
    facts: { ...found.facts, leftBehind: left },
  };
}

async function checkCache(host: Host): Promise<Check> {
  const { path, trusted } = host.caches;
  const there = withParts(path);
  const directories = there.length > 0 ? there : [nearest(path)];
  const found = await written(host, "cache", directories, {
    path,
    purpose: "what is kept: images of registries, digests, listings, scripts",
    remedies: ["set XDG_CACHE_HOME to another directory"],
  });
  const message = there.length > 0 || found.status !== "ok"
    ? found.message
    : `${found.message}; it is made when it is needed`;
  if (trusted) return { ...found, message };
  return { ...found, message: `${message}; without HOME and XDG_CACHE_HOME, no digests are kept` };
}

/** The directory and those in it, which another user may have made; none if it is not there. */
function withParts(path: string): string[] {
  try {
    const parts = Array.from(Deno.readDirSync(path)).filter(({ isDirectory }) => isDirectory);
    return [path, ...parts.map(({ name }) => join(path, name))];
  } catch {
    return existsSync(path) ? [path] : [];
  }
}

/** The directory, or that above it which is there. */
function nearest(path: string): string {
  let directory = path;
  while (!existsSync(directory) && dirname(directory) !== directory) directory = dirname(directory);
  return directory;
}

async function written(
  host: Host,
  name: string,
  directories: readonly string[],
  { path = directories[0] ?? "", purpose, remedies }: Pick<Check, "path" | "purpose" | "remedies">,
): Promise<Check> {
  const check = { group: "directories", name, path, purpose } as const;
  const free = await freeSpace(host, directories[0] ?? path);
  const facts = { freeBytes: free ?? null };
  const room = free === undefined ? "" : `, ${formatBytes(free)} free`;
  for (const directory of directories) {
    try {
      await limited(host.signal, () => write(directory));
    } catch (error) {
      const message = `cannot write ${directory}: ${reasonOf(error)}${room}`;
      return { ...check, status: "failed", message, remedies: remedies ?? [], facts };
    }
  }
  const little = free !== undefined && free < LITTLE ? ": that is little" : "";
  return { ...check, status: "ok", message: `${path}${room}${little}`, facts };
}

/** Writes a file and removes it. */
async function write(directory: string): Promise<void> {
  const file = await Deno.makeTempFile({ dir: directory, prefix: ".nix-image-doctor-" });
  try {
    await Deno.writeFile(file, new Uint8Array(TRIED));
  } finally {
    await Deno.remove(file);
  }
}

/** In bytes, for this user. */
async function freeSpace(host: Host, directory: string): Promise<number | undefined> {
  try {
    const text = await limited(
      host.signal,
      (signal) => runShell('LC_ALL=C exec df -Pk -- "$1"', [directory], "", signal),
    );
    const line = new TextDecoder().decode(text).trim().split("\n").at(-1) ?? "";
    const kibibytes = Number(line.split(/\s+/)[3]);
    return Number.isSafeInteger(kibibytes) ? kibibytes * 1024 : undefined;
  } catch {
    return undefined;
  }
}
