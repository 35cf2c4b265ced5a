/**
 * The user's scripts, as the guest runs them.
 * @module
 */

import { BROUGHT, prelude, quoted } from "../process/script_text.ts";
import { type GuestFile, PROGRAMS, SCRIPTS } from "./initramfs.ts";

/** A script that runs in the guest. */
export interface GuestScript {
  /** The spec's field that holds it: its name in what the guest says. */
  readonly field: "runAsRoot" | "extraCommands" | "fakeRootCommands";
  readonly script: string;
  /** Whether it sees the image as `/`, or else the new layer as its current directory. */
  readonly inRoot: boolean;
  /** The shell's path as the script sees it; null for the image's bash or sh, else the guest's own. */
  readonly shell: string | null;
  /** The whole environment. What the guest has itself is found after all in its `PATH`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Where a script with the layer as its current directory runs. */
const LAYER = "/disk/upper";

/** What goes into the guest's initial file system for a script. */
export function scriptFiles(script: GuestScript): GuestFile[] {
  return [
    { path: `${SCRIPTS}/${script.field}`, content: script.script },
    { path: `${SCRIPTS}/${script.field}.start`, content: startText(script) },
  ];
}

/** Starts the script, once everything is mounted. */
function startText({ field, inRoot, shell, environment }: GuestScript): string {
  const shells = shell !== null
    ? [shell]
    : [...inRoot ? ["/bin/bash", "/bin/sh"] : [], `${PROGRAMS}/sh`];
  const { PATH = "", ...others } = environment;
  const variables = { PATH: [...PATH ? [PATH] : [], PROGRAMS].join(":"), ...others };
  const words = Object.entries(variables).map(([name, value]) => quoted(`${name}=${value}`));
  return `cd ${inRoot ? "/" : LAYER}
umask 022
for shell in ${shells.map(quoted).join(" ")}; do
  if [ -x "$shell" ]; then break; fi
done
exec ${PROGRAMS}/env -i ${words.join(" ")} "$shell" -c ${quoted(prelude(BROUGHT, field))} ${field}
`;
}
