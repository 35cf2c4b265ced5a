/**
 * `nix-image doctor [REGISTRY]`.
 * @module
 */

import { join, resolve } from "node:path";
import { examine, type Findings } from "../doctor/doctor.ts";
import type { Host } from "../doctor/host.ts";
import { programFacts } from "../doctor/program.ts";
import { DEFAULT_REQUIRED, problemsOf, unusable, usedBy, type UseName } from "../doctor/uses.ts";
import { ImageError, UsageError } from "../errors.ts";
import { removeOnSignal } from "../process/cleanup.ts";
import { parseRegistry } from "../registry/reference.ts";
import { coloursFor } from "../terminal/colours.ts";
import { doctorTable, problemTable } from "../terminal/doctor_table.ts";
import { jsonText } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";
import { allCaches, cacheDirectory } from "./cache_directory.ts";
import { authPlaces, clientOptions, proxySettings } from "./client_options.ts";
import type { RegistryOptions } from "./registry_options.ts";

/** Options of {@linkcode doctorCommand}. */
export interface DoctorOptions extends RegistryOptions {
  readonly require?: readonly UseName[];
  readonly deep?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly storeRoot?: string;
  readonly accel?: "auto" | "kvm" | "tcg";
  readonly vmTimeout?: number;
  readonly kernel?: string;
  readonly modules?: string;
}

/** Raised when fields are taken away or mean something else: docs/doctor.md has them. */
const SCHEMA_VERSION = 1;

/** What must work does not: exit status 1. Why has been printed. */
class HostUnfit extends ImageError {
  override readonly quiet = true;
}

/** Without a terminal, lines are as wide as logs show them. */
const COLUMNS = 100;

/**
 * Prints what of this host works for nix-image, and what does not.
 *
 * @throws {ImageError} if something that is required does not work.
 */
export async function doctorCommand(
  registry: string | undefined,
  options: DoctorOptions,
): Promise<void> {
  const { require, json = false, quiet = false } = options;
  if (json && quiet) throw new UsageError("--json and --quiet: give one of them");
  const aborting = new AbortController();
  using _ending = removeOnSignal(() => aborting.abort());
  const findings = await examine(await hostOf(registry, options, aborting.signal));
  const required = require ?? DEFAULT_REQUIRED;
  const unfit = unusable(findings.uses, required);
  const shown = {
    columns: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : COLUMNS,
    colours: coloursFor(Deno.stdout),
  };
  const text = json
    ? jsonText(described(findings, unfit.length === 0, required))
    : quiet
    ? problemTable(problemsOf(findings.checks, findings.uses, require), shown)
    : doctorTable(findings, shown);
  if (text !== "") await print(text.replace(/\n$/, ""));
  if (unfit.length > 0) throw new HostUnfit(`${unfit.map(({ name }) => name).join()} can't work`);
}

async function hostOf(
  registry: string | undefined,
  options: DoctorOptions,
  signal: AbortSignal,
): Promise<Host> {
  const { storeRoot = "/", accel, vmTimeout, kernel, modules, deep = false } = options;
  const root = resolve(storeRoot);
  const asked = registry === undefined ? undefined : parseRegistry(registry);
  return {
    storeRoot: root === "/" ? "" : root,
    searchPath: Deno.env.get("PATH") ?? "",
    home: Deno.env.get("HOME"),
    temporary: resolve(Deno.env.get("TMPDIR") || "/tmp"),
    caches: allCaches(),
    machine: {
      accel,
      verdictFile: join(cacheDirectory("machine"), "kvm.json"),
      silence: vmTimeout,
      kernel,
      modules,
    },
    authPlaces: authPlaces(options),
    proxy: proxySettings(),
    registry: asked && { ...asked, options: await clientOptions(options, () => {}) },
    deep,
    signal,
  };
}

function described({ checks, uses }: Findings, ok: boolean, required: readonly UseName[]): object {
  return {
    schemaVersion: SCHEMA_VERSION,
    ok,
    required,
    program: programFacts(),
    uses: Object.fromEntries(uses.map(({ name, works, lacks }) => [name, { works, lacks }])),
    checks: checks.map((check) => {
      const { group, name, status, version = null, path = null, message, purpose = null } = check;
      const { remedies = [], facts = {} } = check;
      return {
        group,
        name,
        status,
        version,
        path,
        message,
        purpose,
        usedBy: usedBy(check),
        remedies,
        facts,
      };
    }),
  };
}
