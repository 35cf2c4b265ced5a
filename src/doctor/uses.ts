/**
 * What of nix-image needs what of the host.
 * @module
 */

import type { Check } from "./check.ts";

/** The name of a check that has to be ok, or of several of which one has to be. */
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
  load: [...CLOSURE, ["docker", "podman", "containerd"]],
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
  const found = checks.filter(({ name }) => names.includes(name));
  if (found.some(({ status }) => status === "ok")) return [];
  return found.filter(({ status }) => status !== "unknown").map(({ name }) => name);
}

/** What uses the thing that a check is about. */
export function usedBy(check: Pick<Check, "name">): UseName[] {
  return USE_NAMES.filter((name) =>
    NEEDS[name].some((need: Need) => [need].flat().includes(check.name))
  );
}
