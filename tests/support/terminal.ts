/**
 * Programs whose standard error is a terminal.
 * @module
 */

import { succeed } from "./program.ts";

/** Runs the program with standard error on a pseudo-terminal, and prints what that got. */
const SCRIPT = `
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    os.execvp(sys.argv[2], sys.argv[2:])
try:
    while data := os.read(terminal, 4096):
        sys.stdout.buffer.write(data)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Runs a command, which has to succeed, and gives what a terminal of so many columns got. */
export async function onTerminal(
  command: readonly string[],
  { columns, env = {} }: { columns: number; env?: Readonly<Record<string, string>> },
): Promise<string> {
  return await succeed(["/usr/bin/python3", "-c", SCRIPT, String(columns), ...command], { env });
}
