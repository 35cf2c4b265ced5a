/**
 * The names of this host's users and groups.
 * @module
 */

import { decodeName } from "../tar/name.ts";

/**
 * The name that a file such as `/etc/passwd` or `/etc/group` (passwd(5), group(5)) has for an id:
 * empty where it has none, or is not there. What other services say, as a directory of users on the
 * network, is not asked for.
 */
export function hostName(file: string, id: number): string {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(file);
  } catch {
    return "";
  }
  for (const line of decodeName(bytes).split("\n")) {
    const [name = "", , number] = line.trimStart().split(":");
    // Comments, and lines that refer to NIS.
    if (!/^(?:[#+-]|$)/.test(name) && number === String(id)) return name;
  }
  return "";
}
