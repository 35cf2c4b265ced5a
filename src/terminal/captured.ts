/**
 * Whether a shell captures standard output in a command substitution, `$(nix-image stream …)`.
 *
 * The answer is yes when all of this holds, and no in every doubt (another system, another user's
 * shell, no /proc, no `sh`):
 *
 * - Standard output is a pipe.
 * - An ancestor process is a shell and holds the pipe's read end, but not as its standard input
 *   (that is `read line < <(…)`, or the end of a pipeline that zsh runs itself).
 * - That end was made by pipe(2). One that was opened by name, as `exec 3< <(…)` does in bash, or as
 *   a named FIFO, has O_LARGEFILE among its flags.
 * - The shell sleeps in a read of a pipe, as it does only while it captures; while it waits for a
 *   child it sleeps elsewhere.
 * - The read is one of this pipe and asks for more than one byte, as the builtin `read` does. Where
 *   the kernel does not tell (Yama hides /proc/PID/syscall), the shell must have no other read end
 *   that it could be reading, such as that of `x=$(sha256sum <&"${COPROC[0]}")`.
 *
 * A child `sh` looks for us.
 * @module
 */

import { fstatSync } from "node:fs";
import { askShell } from "./ask_shell.ts";

// Exit statuses that no shell uses for a failure of its own.
const CAPTURED = 10;
const NOT_YET = 11;

// `pipe_wait` is where Linux before 5.5 sleeps in a read of a pipe.
const LOOK = `
out=/proc/self/fd/1 pid=$PPID answer=1

look() {
  end= ends=0
  for fd in /proc/$pid/fd/*; do
    [ -p "$fd" ] || continue
    number=\${fd##*/} flags=
    while read -r key value; do
      [ "$key" = flags: ] && flags=$value
    done </proc/$pid/fdinfo/$number
    case $flags in *[04]) ;; *) continue ;; esac # O_RDONLY
    if [ "$number" = 0 ]; then
      [ "$fd" -ef $out ] && return
      continue
    fi
    ends=$((ends + 1))
    case $flags in 00 | 02000000) [ "$fd" -ef $out ] && end=$number ;; esac # 0 or O_CLOEXEC
  done
  [ "$end" ] || return

  read -r place </proc/$pid/wchan || [ "$place" ] || return
  case $place in
    *pipe_read | pipe_wait) ;;
    do_wait* | *sigsuspend*) return ;;
    *) answer=${NOT_YET}; return ;;
  esac
  if read -r call fd buffer count rest </proc/$pid/syscall && [ "$call" ]; then
    [ "$call" = running ] && answer=${NOT_YET} && return
    [ "$((fd))" = "$end" ] && [ "$count" != 0x1 ] && exit ${CAPTURED}
  elif [ "$ends" = 1 ]; then
    exit ${CAPTURED}
  fi
}

while [ "$pid" -gt 0 ]; do
  read -r stat </proc/$pid/stat || break
  comm=\${stat#*"("} comm=\${comm%")"*} stat=\${stat##*") "}
  case $comm in
    sh | bash* | rbash | dash | ash | busybox* | zsh* | ksh* | mksh* | lksh | oksh | yash) look ;;
  esac
  stat=\${stat#? } pid=\${stat%% *}
done
exit $answer
`;

/** Pauses before each look, in milliseconds: a shell may be about to read, but not be there yet. */
const PAUSES = [0, 10, 20, 40];

/** Whether standard output is captured by a shell's command substitution. Never throws. */
export async function isCaptured(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  try {
    if (!fstatSync(1).isFIFO()) return false;
    for (const pause of PAUSES) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const status = await askShell(LOOK);
      if (status !== NOT_YET) return status === CAPTURED;
    }
  } catch {
    // No `sh`, or no permission to start it: a doubt.
  }
  return false;
}
