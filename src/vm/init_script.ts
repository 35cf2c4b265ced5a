/**
 * What the guest does, step by step.
 * @module
 */

import { type GuestScript, scriptFiles } from "./guest_script.ts";
import { INIT } from "./init_text.ts";
import type { GuestFile } from "./initramfs.ts";
import type { GuestParts } from "./guest_parts.ts";

export type { GuestScript };

/** A guest's work: it unpacks archives to its disk, and then runs scripts. */
export interface GuestWork {
  /**
   * What is on the disks after the first: a tar archive each. The base image's files go to `lower`,
   * the new layer's to `upper`, and a closure, with names that begin with `nix/store`, to `store`.
   */
  readonly archives: readonly ("lower" | "upper" | "store")[];
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
  const unpack = archives.map((directory, index) => ({
    directory,
    step: `unpack vd${String.fromCharCode("b".charCodeAt(0) + index)} ${directory}`,
  }));
  steps.push(...unpack.filter((each) => each.directory === "lower").map((each) => each.step));
  steps.push("like_base");
  steps.push(...unpack.filter((each) => each.directory !== "lower").map((each) => each.step));
  steps.push("show_store");
  const seconds = Math.max(time, EARLIEST);
  for (const { field, inRoot } of scripts) {
    steps.push(`run ${seconds} ${inRoot ? "root" : "layer"} ${field}`);
  }
  steps.push("finish");
  return { init: `${INIT}${steps.join("\n")}\n`, files: scripts.flatMap(scriptFiles) };
}
