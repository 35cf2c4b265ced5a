/** Makes farms as a program of its own, under the permissions that nix-image has. */

import { runCommand } from "./program.ts";

/** Root may read everything; without these capabilities it is held to the mode of a file. */
const HELD = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

/** What tests/rootfs/farm_probe.ts says of one source. */
export async function probeFarm(
  kind: string,
  path: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const permissions = ["--allow-read", "--allow-write", "--allow-env=TMPDIR"];
  const probe = new URL("../rootfs/farm_probe.ts", import.meta.url).pathname;
  const { text, stderr } = await runCommand([
    ...Deno.uid() === 0 ? HELD : [],
    Deno.execPath(),
    "run",
    "--no-check",
    ...permissions,
    probe,
    kind,
    path,
  ], { env });
  return text.trim() || stderr;
}
