/**
 * What the guest does, step by step.
 * @module
 */

import { type GuestScript, scriptFiles } from "./guest_script.ts";
import { encodeName } from "../tar/name.ts";
import { INIT } from "./init_text.ts";
import { type GuestFile, LINKS } from "./initramfs.ts";
import type { GuestParts } from "./guest_parts.ts";

export type { GuestScript };

/** Files on a disk: a tar archive in GNU's format, if nothing is to be unpacked through a symlink. */
export interface GuestArchive {
  /**
   * Where it goes: the base image's files to `lower`, the new layer's to `upper`, and a closure, with
   * names that begin with `nix/store`, to `store`.
   */
  readonly directory: "lower" | "upper" | "store";
  /** Whether it is a file system (EROFS), which has no need of being unpacked. */
  readonly isFileSystem?: boolean;
  /** The symlinks in it that are not root's: busybox's tar gives many of them no owner. */
  readonly ownedLinks?: readonly OwnedLink[];
}

/** A symlink and its owner. */
export interface OwnedLink {
  /** In the archive, as {@linkcode decodeName} gives it. */
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}

/** A guest's work: it unpacks archives to its disk, or mounts them, and then runs scripts. */
export interface GuestWork {
  /** What is on the disks after the first, one each. */
  readonly archives: readonly GuestArchive[];
  readonly scripts: readonly GuestScript[];
  /** The time at which each script begins, in seconds since 1970. */
  readonly time: number;
}

/** The clock can't be set to before the kernel's start, which it takes for 1970 if need be. */
const EARLIEST = 24 * 60 * 60;

/** The guest's init, and the files that it needs besides. */
export function initScript(
  { archives, scripts, time }: GuestWork,
  modules: GuestParts["modules"],
): { init: string; files: GuestFile[] } {
  const steps = ["start", ...modules.map(({ name }) => `insert ${name}`), "make_ready"];
  steps.push("echo '@phase unpacking'");
  const files: GuestFile[] = [], lower: string[] = [], others: string[] = [];
  archives.forEach(({ directory, isFileSystem, ownedLinks = [] }, index) => {
    const disk = `vd${String.fromCharCode("b".charCodeAt(0) + index)}`;
    const part = directory === "lower" ? lower : others;
    if (!isFileSystem) part.push(`unpack ${disk} ${directory}`);
    else part.push(directory === "upper" ? `adopt ${disk}` : `show ${disk} ${directory}`);
    for (const [owner, paths] of byOwner(ownedLinks)) {
      part.push(`own_links ${disk} ${directory} ${owner}`);
      files.push({ path: `${LINKS}/${disk}.${owner}`, content: namesOf(paths) });
    }
  });
  steps.push(...lower, "like_base", ...others);
  steps.push("show_store");
  const seconds = Math.max(time, EARLIEST);
  for (const { field, inRoot } of scripts) {
    steps.push(`run ${seconds} ${inRoot ? "root" : "layer"} ${field}`);
  }
  steps.push("finish");
  files.push(...scripts.flatMap(scriptFiles));
  return { init: `${INIT}${steps.join("\n")}\n`, files };
}

/** Paths by `UID:GID`. */
function byOwner(links: readonly OwnedLink[]): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const { path, uid, gid } of links) {
    const owner = `${uid}:${gid}`, known = paths.get(owner);
    if (known) known.push(path);
    else paths.set(owner, [path]);
  }
  return paths;
}

/** As `xargs -0` reads them; none is taken for an option. */
function namesOf(paths: readonly string[]): Uint8Array {
  return encodeName(paths.map((path) => `./${path}\0`).join(""));
}
