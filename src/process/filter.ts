/**
 * Byte streams through a program that reads standard input and writes standard output.
 * @module
 */

import { feed, InputClosed } from "./feed.ts";
import { endProgram, exitText, ProgramError } from "./run.ts";
import { tellOfProgram } from "./watch.ts";

/** The programs that streams go through. */
export type FilterProgram = "bzip2" | "pigz" | "xz" | "zstd";

/** A terminal sends its signals to the program and to us; whoever handles them here comes first. */
const SIGNAL_GRACE = 200;

/**
 * What `program` makes of `input`, as a stream. The program gets no environment, as programs of
 * this kind take options from there. It is ended when the stream is cancelled or the input fails.
 *
 * The stream fails with what the input fails with, and with a {@linkcode ProgramError} if the
 * program does.
 *
 * @returns undefined, with the input untouched, if the program is not there.
 */
export function filterThrough(
  input: ReadableStream<Uint8Array>,
  program: FilterProgram,
  args: readonly string[],
): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
  const child = spawn(program, args);
  if (child === undefined) return undefined;
  const stderr = new Response(child.stderr).text();
  const feeding = feed(input, child).then(() => undefined, (error: unknown) => {
    if (error instanceof InputClosed) return undefined;
    endProgram(child, "SIGKILL");
    return { error };
  });
  const reader = child.stdout.getReader();

  const finish = async () => {
    const [failure, status, message] = [await feeding, await child.status, await stderr];
    if (failure !== undefined) throw failure.error;
    if (status.success) return;
    if (status.signal !== null) await new Promise((resolve) => setTimeout(resolve, SIGNAL_GRACE));
    throw new ProgramError(program, args, exitText(status), message);
  };
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read();
      if (!done) return controller.enqueue(value);
      await finish();
      controller.close();
    },
    async cancel(reason) {
      endProgram(child, "SIGKILL");
      await reader.cancel(reason);
      // Its input ends with it, and is cancelled then.
      await Promise.all([feeding, child.status, stderr]);
    },
  }, { highWaterMark: 0 });
}

function spawn(program: FilterProgram, args: readonly string[]): Deno.ChildProcess | undefined {
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    tellOfProgram({ words: [program, ...args], ended: child.status });
    return child;
  } catch (error) {
    // What was not on the PATH when we started is not allowed, either.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      return undefined;
    }
    throw error;
  }
}
