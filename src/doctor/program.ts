/**
 * The program itself.
 * @module
 */

import { COMMIT, VERSION } from "../build_info.ts";
import { FORMAT_VERSION } from "../layer/format_version.ts";
import type { Check } from "./check.ts";

/** Which nix-image this is: docs/doctor.md has it for its readers. */
export interface ProgramFacts {
  readonly name: "nix-image";
  readonly version: string;
  /** The commit that an executable was made of. */
  readonly commit: string | null;
  /** Whether it is one file, with Deno in it. */
  readonly compiled: boolean;
  readonly deno: string;
  readonly v8: string;
  /** The platform that it was made for, such as `x86_64-unknown-linux-gnu`. */
  readonly target: string;
  /** The formats that layers can be written in (docs/format.md), the usual one first. */
  readonly formatVersions: readonly number[];
}

/** Tells which nix-image this is. */
export function programFacts(): ProgramFacts {
  return {
    name: "nix-image",
    version: VERSION,
    commit: COMMIT ?? null,
    compiled: Deno.build.standalone,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    target: Deno.build.target,
    formatVersions: [FORMAT_VERSION],
  };
}

/** The same as a check, which is always well. */
export function programCheck(): Check {
  const { version, commit, compiled, deno, target } = programFacts();
  const made = compiled ? `one file with Deno ${deno}` : `from source, with Deno ${deno}`;
  return {
    group: "program",
    name: "nix-image",
    status: "ok",
    version,
    message: [made, target, ...commit === null ? [] : [`commit ${commit}`]].join(", "),
  };
}
