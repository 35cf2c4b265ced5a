/**
 * What the checks need to know.
 * @module
 */

import type { AuthPlaces } from "../registry/auth_file.ts";
import type { ProxySettings } from "../http/proxy.ts";
import type { TransportOptions } from "../registry/transport.ts";
import type { MachineSettings } from "../vm/run_in_machine.ts";

/** A host, as the command line and the environment describe it. */
export interface Host {
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** `PATH`. */
  readonly searchPath: string;
  /** `HOME`. */
  readonly home: string | undefined;
  /** Where temporary files go. */
  readonly temporary: string;
  /** Where things are kept from run to run, and whether that is this user's alone. */
  readonly caches: { readonly path: string; readonly trusted: boolean };
  readonly machine: MachineSettings;
  readonly authPlaces: AuthPlaces;
  readonly proxy: ProxySettings;
  /** The registry to ask. */
  readonly registry?: RegistryToAsk | undefined;
  /** Whether to try what takes long, too. */
  readonly deep: boolean;
  /** Aborted when the user does not want to wait any more. */
  readonly signal: AbortSignal;
}

/** A registry, and how to talk to it. */
export interface RegistryToAsk {
  readonly host: string;
  /** Whether it may be read is asked, too. */
  readonly repository: string | undefined;
  readonly options: TransportOptions;
}
