/**
 * File capabilities: the text that setcap takes, and the extended attribute that the kernel reads.
 * @module
 */

import { didYouMean } from "./did_you_mean.ts";
import { visible } from "./problem.ts";

/** The names of linux/capability.h without `CAP_`, each at the index that is its number. */
const NAMES = (
  "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable " +
  "net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio " +
  "sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time " +
  "sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog " +
  "wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
).split(" ").map((name) => `cap_${name}`);

const ALL = (1n << BigInt(NAMES.length)) - 1n;

/** linux/capability.h: the version with two words for each set and no namespace. */
const VFS_CAP_REVISION_2 = 0x02000000;
const VFS_CAP_FLAGS_EFFECTIVE = 1;

/** Names, then `=` with its flags, then `+` and `-` with theirs. */
const CLAUSE = /^(?<names>[A-Za-z0-9_,]*)(?<set>=[eip]*)?(?<changes>(?:[+-][eip]+)*)$/;

/** Bits by number of the capability. */
type Sets = Record<"e" | "i" | "p", bigint>;

/**
 * The value of the extended attribute `security.capability` that setcap would give a file.
 *
 * @param text as cap_from_text(3) takes it, such as `cap_net_bind_service,cap_net_raw+ep`: clauses
 * divided by blanks, applied from the left. Names may be in either case; numbers are not taken.
 * `all`, and no name before a `=`, mean the capabilities up to `cap_checkpoint_restore`, whatever
 * the kernel of this host knows.
 * @throws {Error} if it is not such a text, or asks for what a file can not have.
 */
export function parseCapabilities(text: string): Uint8Array<ArrayBuffer> {
  const clauses = text.split(/[ \t\n\v\f\r]+/).filter((clause) => clause !== "");
  if (clauses.length === 0) {
    throw new Error('expected capabilities as setcap takes them, such as "cap_net_raw+ep"');
  }
  const sets: Sets = { e: 0n, i: 0n, p: 0n };
  for (const clause of clauses) applyClause(clause, sets);
  const { e, i, p } = sets;
  // The file has one bit for "effective", not one for each capability.
  if (e !== 0n && (i | p) & ~e) {
    throw new Error(
      'the flag "e" must be there for all the capabilities that have "p" or "i", or for none',
    );
  }
  const value = new Uint8Array(20);
  const words = new DataView(value.buffer);
  words.setUint32(0, VFS_CAP_REVISION_2 | (e === 0n ? 0 : VFS_CAP_FLAGS_EFFECTIVE), true);
  for (
    const [offset, set, shift] of [[4, p, 0n], [8, i, 0n], [12, p, 32n], [16, i, 32n]] as const
  ) {
    words.setUint32(offset, Number(set >> shift & 0xffffffffn), true);
  }
  return value;
}

function applyClause(clause: string, sets: Sets): void {
  const { names = "", set, changes = "" } = CLAUSE.exec(clause)?.groups ?? {};
  const nameless = names === "" && (set === undefined || changes !== "");
  if (nameless || set === undefined && changes === "") {
    throw new Error(
      `${quoted(clause)} is no clause as setcap takes it: ` +
        'expected names divided by commas, one of "=", "+", "-", then flags of "e", "i", "p"',
    );
  }
  const chosen = names === "" ? ALL : names.split(",").reduce((bits, name) => bits | bit(name), 0n);
  if (set !== undefined) {
    for (const flag of ["e", "i", "p"] as const) {
      sets[flag] = set.includes(flag) ? sets[flag] | chosen : sets[flag] & ~chosen;
    }
  }
  for (const [operator, ...flags] of changes.match(/[+-][eip]+/g) ?? []) {
    for (const flag of flags as ("e" | "i" | "p")[]) {
      sets[flag] = operator === "+" ? sets[flag] | chosen : sets[flag] & ~chosen;
    }
  }
}

function bit(name: string): bigint {
  const lower = name.toLowerCase();
  if (lower === "all") return ALL;
  const number = NAMES.indexOf(lower);
  if (number !== -1) return 1n << BigInt(number);
  const suggestion = NAMES.includes(`cap_${lower}`) ? `cap_${lower}` : didYouMean(name, NAMES);
  const hint = suggestion === undefined ? "" : `, did you mean ${quoted(suggestion)}?`;
  throw new Error(`${quoted(name)} is no capability of Linux${hint}`);
}

function quoted(text: string): string {
  return visible(JSON.stringify(text));
}
