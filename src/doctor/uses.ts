/**
 * What of nix-image needs what of the host.
 * @module
 */

import type { Check } from "./check.ts";

/** The name of a check that has to be ok, or of several of which one has to be: the first is tried first. */
type Need = string | readonly string[];

const STORE: readonly Need[] = ["store", "temporary"];
const CLOSURE: readonly Need[] = [...STORE, "nix-store"];
const REGISTRY: readonly Need[] = ["temporary", "skopeo", "registry"];
const SCRIPTS: readonly Need[] = ["temporary", "sh"];

/** By verbs and fields of the spec. What was not looked at, such as a registry, is not needed. */
const NEEDS = {
  stream: CLOSURE,
  build: CLOSURE,
  layer: CLOSURE,
  plan: CLOSURE,
  inspect: CLOSURE,
  /** An option: `--closure`. */
  closure: STORE,
  shell: CLOSURE,
  load: [...CLOSURE, ["docker", "podman"]],
  /** Options: `load --engine docker`, and so on. */
  docker: [...CLOSURE, "docker"],
  podman: [...CLOSURE, "podman"],
  containerd: [...CLOSURE, "containerd"],
  push: [...CLOSURE, "registry"],
  index: [...CLOSURE, "registry"],
  pull: REGISTRY,
  prefetch: REGISTRY,
  fromImage: [...REGISTRY, "cache"],
  extraCommands: SCRIPTS,
  fakeRootCommands: [...SCRIPTS, "fakeroot"],
  enableFakechroot: [...SCRIPTS, "fakeroot", ["proot", "user-namespace"]],
  runAsRoot: [...SCRIPTS, "qemu", "kernel", "busybox", "mke2fs", "machine"],
} as const satisfies Record<string, readonly Need[]>;

/** A verb, an option or a field of the spec. */
export type UseName = keyof typeof NEEDS;

/** All of them. */
export const USE_NAMES = Object.keys(NEEDS) as readonly UseName[];

/** Whether something can be used here. */
export interface Use {
  readonly name: UseName;
  readonly works: boolean;
  /** The names of the checks that are against it: of several that would do, all. */
  readonly lacks: readonly string[];
}

/** What can be used, by what was found. */
export function usesOf(checks: readonly Check[]): Use[] {
  return USE_NAMES.map((name) => {
    const lacks = NEEDS[name].flatMap((need) => lacking([need].flat(), checks));
    return { name, works: lacks.length === 0, lacks };
  });
}

/** Of alternatives, those that do not work; none if one of them does, or nobody looked. */
function lacking(names: readonly string[], checks: readonly Check[]): string[] {
  const lacks: string[] = [];
  for (const name of names) {
    const found = checks.filter((check) => check.name === name);
    if (found.some(({ status }) => status === "ok")) return [];
    if (found.some(({ status }) => status !== "unknown")) lacks.push(name);
    // It is waited for, so that nothing else is tried.
    if (found.some(({ isSilent }) => isSilent)) return lacks;
  }
  return lacks;
}

/** What is wrong: what is required and can't be used, and what is there and does not work. */
export interface Problems {
  readonly checks: readonly Check[];
  readonly uses: readonly Use[];
}

/**
 * Finds what is wrong. What is broken is no problem where something else does the same.
 *
 * @param required undefined for `stream`, and all that is broken
 */
export function problemsOf(
  checks: readonly Check[],
  uses: readonly Use[],
  required: readonly UseName[] | undefined,
): Problems {
  const works = (name: UseName) => uses.some((use) => use.name === name && use.works);
  const wanted = unusable(uses, required ?? DEFAULT_REQUIRED);
  const lacking = new Set(wanted.flatMap(({ lacks }) => lacks));
  const isBroken = (check: Check) => {
    if (check.status !== "failed" || required !== undefined) return false;
    const users = usedBy(check);
    return users.length === 0 || !users.every(works);
  };
  return {
    checks: checks.filter((check) => lacking.has(check.name) || isBroken(check)),
    uses: wanted,
  };
}

/** What must work if nobody says what. */
export const DEFAULT_REQUIRED: readonly UseName[] = ["stream"];

/** Of what is required, what can't be used. */
export function unusable(uses: readonly Use[], required: readonly UseName[]): Use[] {
  return uses.filter(({ name, works }) => !works && required.includes(name));
}

/** What uses the thing that a check is about. */
export function usedBy(check: Pick<Check, "name">): UseName[] {
  return USE_NAMES.filter((name) =>
    NEEDS[name].some((need: Need) => [need].flat().includes(check.name))
  );
}
