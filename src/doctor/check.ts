/**
 * What is said of a thing on the host.
 * @module
 */

import { installCommands, type PackagedProgram } from "../process/packages.ts";

/** The groups, in the order in which they are shown. */
export const GROUPS = [
  "program",
  "store",
  "directories",
  "commands of specs",
  "virtual machine",
  "compressors",
  "engines",
  "registries",
  "proxies",
] as const;

/** A value of {@linkcode Check.facts}. */
export type Fact = string | number | boolean | null | readonly string[];

/** Something that was looked at. */
export interface Check {
  readonly group: typeof GROUPS[number];
  /** What it is called in docs/doctor.md, such as `nix-store`. */
  readonly name: string;
  /**
   * `ok`; `missing`: it is not there; `failed`: it is there and does not work; `unknown`: that was
   * not tried, or is no question.
   */
  readonly status: "ok" | "missing" | "failed" | "unknown";
  readonly version?: string | undefined;
  /** Where it is. */
  readonly path?: string | undefined;
  /** What was found. */
  readonly message: string;
  /** What it is good for. */
  readonly purpose?: string | undefined;
  /** What to do about it: other ways to do it after the first. */
  readonly remedies?: readonly string[];
  /** Whether it takes questions and does not answer them. */
  readonly isSilent?: boolean;
  /** More, for programs. */
  readonly facts?: Readonly<Record<string, Fact>>;
}

/** The check of a program that is not there. */
export function missingCheck(
  check: Pick<Check, "group" | "name" | "purpose">,
  program: PackagedProgram,
): Check {
  return {
    ...check,
    status: "missing",
    message: "not found",
    remedies: installCommands(program),
  };
}
