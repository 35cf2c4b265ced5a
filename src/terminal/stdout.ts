/**
 * Standard output as something to write to, blocking or not.
 *
 * Deno writes to it through Rust's line-buffered `stdout`. If that is non-blocking and full, a write
 * fails with WouldBlock after any part of the bytes was taken, so that it can't be repeated: bytes
 * would come twice. So whether it is non-blocking must be known before, and then others write.
 * @module
 */

import { fstatSync } from "node:fs";
import { ImageError } from "../errors.ts";
import { NO_LOADER_VARIABLES } from "../process/loader_variables.ts";
import { askShell } from "./ask_shell.ts";

/** Standard output, or what stands in for it. */
export interface Stdout {
  /** Writes a part of `bytes`, at least one, and gives its length. */
  write(bytes: Uint8Array): Promise<number>;
  /** Waits until all has been delivered. */
  close(): Promise<void>;
}

const NON_BLOCKING = 10;

const LOOK = `
while read -r key value; do
  [ "$key" = flags: ] && flags=$value
done </proc/self/fdinfo/1
case $flags in *[4567]???) exit ${NON_BLOCKING} ;; esac # O_NONBLOCK is 04000
exit 1
`;

/** Finds out how standard output must be written to. Every doubt counts as blocking. */
export async function openStdout(): Promise<Stdout> {
  const stat = fstatSync(1);
  if ((stat.isFIFO() || stat.isSocket()) && await isNonBlocking()) {
    return stat.isFIFO() ? reopenedPipe() : nonBlockingSocket();
  }
  return { write: (bytes) => Deno.stdout.write(bytes), close: () => Promise.resolve() };
}

async function isNonBlocking(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  try {
    return await askShell(LOOK) === NON_BLOCKING;
  } catch {
    return false;
  }
}

/** A pipe that is opened again is blocking, whatever it is for the others who hold it. */
function reopenedPipe(): Stdout {
  const cat = new Deno.Command("sh", {
    args: ["-c", "exec cat >/proc/self/fd/1"],
    env: NO_LOADER_VARIABLES,
    stdin: "piped",
    stdout: "inherit",
    stderr: "null",
  }).spawn();
  const stdin = cat.stdin.getWriter();

  // A failure of our pipe to cat only says that cat ended; its status says why.
  const fail = async (cause: unknown): Promise<never> => {
    const { signal, code } = await cat.status;
    if (signal === "SIGPIPE") throw new Deno.errors.BrokenPipe("Broken pipe", { cause });
    throw new ImageError(
      `Cannot write to standard output, which is non-blocking: cat exited with status ${code}`,
      { cause },
    );
  };
  return {
    async write(bytes) {
      await stdin.write(bytes).catch(fail);
      return bytes.length;
    },
    async close() {
      await stdin.close().catch(fail);
      const { success } = await cat.status;
      if (!success) await fail(undefined);
    },
  };
}

/** A socket can't be opened again, but Node's streams write to one that is non-blocking. */
async function nonBlockingSocket(): Promise<Stdout> {
  const { Socket } = await import("node:net");
  let socket: InstanceType<typeof Socket>;
  try {
    socket = new Socket({ fd: 1, readable: false, writable: true });
  } catch (cause) {
    // Deno 2.6 has no sockets from a descriptor.
    throw new ImageError(
      "Cannot write to standard output, which is a non-blocking socket; pipe it through cat",
      { cause },
    );
  }
  // The callback of the write gets the error, too; without a listener it would end the program.
  socket.on("error", () => {});
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
      }),
    close: () => new Promise((resolve) => void socket.end(resolve)),
  };
}
