/**
 * What engines say of themselves.
 * @module
 */

import { z } from "zod";
import { ImageError } from "../errors.ts";
import { run } from "../process/run.ts";
import { type EngineName, isContainerdStore } from "./engine.ts";

/** What an engine that has answered is. */
export interface EngineFacts {
  /** The version of the daemon, or of an engine without one. */
  readonly version: string;
  /** How images are stored, as the engine calls it; null if it does not say. */
  readonly storage: string | null;
  /** Whether it is asked which layers it has. */
  readonly leavesOut: boolean;
}

/**
 * Asks an engine.
 *
 * @param signal gives it up
 * @throws {ImageError} if it does not answer.
 */
export async function engineFacts(name: EngineName, signal: AbortSignal): Promise<EngineFacts> {
  return await ASK[name](signal);
}

/** The programs that engines are driven by. */
export const CLIENTS = { docker: "docker", podman: "podman", containerd: "ctr" } as const;

const ASK: Readonly<Record<EngineName, (signal: AbortSignal) => Promise<EngineFacts>>> = {
  docker,
  podman,
  containerd,
};

const dockerInfo = z.looseObject({
  ServerVersion: z.string().min(1),
  Driver: z.string(),
  DriverStatus: z.unknown(),
});

async function docker(signal: AbortSignal): Promise<EngineFacts> {
  const text = await run("docker", ["info", "--format", "{{json .}}"], { signal });
  const info = parsed("docker info", dockerInfo, text);
  const inContainerd = isContainerdStore(JSON.stringify(info.DriverStatus ?? null));
  return {
    version: info.ServerVersion,
    storage: inContainerd ? `containerd (${info.Driver})` : info.Driver,
    leavesOut: !inContainerd,
  };
}

const podmanInfo = z.looseObject({
  version: z.looseObject({ Version: z.string() }),
  store: z.looseObject({ graphDriverName: z.string() }),
});

async function podman(signal: AbortSignal): Promise<EngineFacts> {
  const info = parsed(
    "podman info",
    podmanInfo,
    await run("podman", ["info", "--format", "json"], { signal }),
  );
  return {
    version: info.version.Version,
    storage: info.store.graphDriverName,
    leavesOut: true,
  };
}

/** It waits for ten seconds by itself. */
const CTR_PATIENCE = "--connect-timeout=2s";

async function containerd(signal: AbortSignal): Promise<EngineFacts> {
  const text = await run("ctr", [CTR_PATIENCE, "version"], { signal });
  const version = /^Server:\n(?: .*\n)*? +Version: +(\S+)/m.exec(text)?.[1];
  if (version === undefined) throw new ImageError("ctr version tells of no server");
  return { version, storage: null, leavesOut: true };
}

function parsed<T>(command: string, schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ImageError(`${command} tells of no engine that answers`, { cause });
  }
}
