/**
 * Programs that read a byte stream to do something with it.
 * @module
 */

import { ImageError } from "../errors.ts";
import { feed, InputClosed } from "./feed.ts";
import { exitText, type Program, ProgramError, spawn } from "./run.ts";

/**
 * Runs a program on the bytes of a stream, and gives what it wrote on standard output. If the stream
 * fails, the program sees its input end there, and ends by itself.
 *
 * @throws {ProgramError} if it fails.
 * @throws {ImageError} if it is not there.
 * @throws what `input` throws.
 */
export async function runOn(
  program: Program,
  args: readonly string[],
  input: ReadableStream<Uint8Array>,
): Promise<string> {
  let child: Deno.ChildProcess;
  try {
    child = spawn(program, args, { stdin: "" });
  } catch (error) {
    await input.cancel(error);
    throw error;
  }
  const [feeding, stdout, stderr, status] = await Promise.all([
    feed(input, child).then(() => undefined, (error: unknown) => ({ error })),
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  const cutOff = feeding?.error instanceof InputClosed;
  if (feeding !== undefined && !cutOff) throw feeding.error;
  if (!status.success) throw new ProgramError(program, args, exitText(status), stderr);
  if (cutOff) throw new ImageError(`${program} ended before it had read all of the image`);
  return stdout;
}
