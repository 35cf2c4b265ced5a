/**
 * Writing a byte stream to a program's standard input.
 * @module
 */

import { writeStream } from "../terminal/output.ts";

/** The program takes no more: its exit status says why. */
export class InputClosed extends Error {}

/**
 * Writes all of `input` and ends the program's input; also if it fails, in the middle then.
 *
 * @throws {InputClosed} if the program takes no more.
 * @throws what `input` throws.
 */
export async function feed(
  input: ReadableStream<Uint8Array>,
  child: Deno.ChildProcess,
): Promise<void> {
  const stdin = child.stdin.getWriter();
  // The promise of its end fails with its writes, of which each is looked at.
  stdin.closed.catch(() => {});
  const closed = (cause: unknown): never => {
    throw new InputClosed("Input closed", { cause });
  };
  try {
    await writeStream(input, {
      async write(bytes) {
        await stdin.write(bytes).catch(closed);
        return bytes.length;
      },
    });
    await stdin.close().catch(closed);
  } catch (error) {
    await stdin.abort(error).catch(() => {});
    throw error;
  }
}
