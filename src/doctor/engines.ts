/**
 * Local engines, and skopeo.
 * @module
 */

import { join } from "node:path";
import type { EngineName } from "../sinks/engine.ts";
import { CLIENTS, engineFacts } from "../sinks/engine_facts.ts";
import type { Check } from "./check.ts";
import type { Host } from "./host.ts";
import { LateError, limited } from "./limit.ts";
import { checkProgram, reasonOf } from "./programs.ts";

const PURPOSES: Readonly<Record<EngineName, string>> = {
  docker: "load",
  podman: "load --engine podman, and load where there is no Docker",
  containerd: "load --engine containerd",
};

/** The engines that images are loaded into: the client, and whether it gets an answer. */
export async function checkEngines(host: Host): Promise<Check[]> {
  return await Promise.all(
    (["docker", "podman", "containerd"] as const).map((name) => checkEngine(name, host)),
  );
}

async function checkEngine(name: EngineName, host: Host): Promise<Check> {
  const client = await checkProgram({
    program: CLIENTS[name],
    name,
    group: "engines",
    purpose: PURPOSES[name],
  }, host);
  if (client.status !== "ok") return client;
  if (name === "podman" && !host.deep && !hasPodmanStorage(host)) {
    const message = "it needs no daemon; its storage is made when it is first used (--deep)";
    return { ...client, message };
  }
  try {
    const facts = await limited(host.signal, (signal) => engineFacts(name, signal));
    const { version, storage, leavesOut } = facts;
    const says = [
      ...name === "podman" ? [] : [`the daemon ${version} answers`],
      ...storage === null ? [] : [`images are in ${storage}`],
      leavesOut ? "layers that it has are not sent" : "all layers are sent each time",
    ];
    return { ...client, message: says.join(", "), facts: { ...facts } };
  } catch (error) {
    const remedies = name === "podman" ? [] : REMEDIES[name];
    const isSilent = error instanceof LateError;
    const message = reasonOf(error) + (isSilent && name === "docker" ? `; ${WAITED_FOR}` : "");
    return { ...client, status: "failed", message, remedies, isSilent };
  }
}

const WAITED_FOR = "load gives it half a minute, then asks podman";

const REMEDIES = {
  docker: ["start the daemon (systemctl start docker)", "DOCKER_HOST says where another is"],
  containerd: [
    "start the daemon (systemctl start containerd)",
    "CONTAINERD_ADDRESS says where its socket is",
  ],
} as const;

/** To ask podman makes its storage, where there is none. */
function hasPodmanStorage({ home }: Host): boolean {
  const own = home === undefined ? [] : [join(home, ".local/share/containers/storage")];
  return [...own, "/var/lib/containers/storage"].some((directory) => {
    try {
      Deno.readDirSync(directory);
      return true;
    } catch {
      return false;
    }
  });
}
