/**
 * All that is looked at, side by side. Each part has a limit to its time, so that nothing hangs, and
 * nothing stays on the host.
 * @module
 */

import { type Check, GROUPS } from "./check.ts";
import { checkCompressors } from "./compressors.ts";
import { checkDirectories } from "./directories.ts";
import { checkEngines } from "./engines.ts";
import type { Host } from "./host.ts";
import { checkMachine } from "./machine.ts";
import { programCheck } from "./program.ts";
import { checkProxies } from "./proxies.ts";
import { checkRegistries } from "./registries.ts";
import { checkScripts } from "./scripts.ts";
import { checkStore } from "./store.ts";
import { type Use, usesOf } from "./uses.ts";

/** What was found. */
export interface Findings {
  /** By group. */
  readonly checks: readonly Check[];
  readonly uses: readonly Use[];
}

/** Looks at a host. */
export async function examine(host: Host): Promise<Findings> {
  const found = await Promise.all([
    // First, as the others remove what killed runs have left.
    checkDirectories(host),
    checkStore(host),
    checkScripts(host),
    checkMachine(host),
    checkCompressors(host),
    checkEngines(host),
    checkRegistries(host),
  ]);
  const all = [programCheck(), ...found.flat(), ...checkProxies(host)];
  const checks = GROUPS.flatMap((group) => all.filter((check) => check.group === group));
  return { checks, uses: usesOf(checks) };
}
