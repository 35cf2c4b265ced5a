/**
 * Writing a byte stream to standard output.
 * @module
 */

import { failedWrite, printNow } from "./print.ts";
import { openStdout } from "./stdout.ts";

/** Takes a part of `bytes`, as Deno's files do, and says how much it took. */
interface Writer {
  write(bytes: Uint8Array): Promise<number>;
}

/** Two buffers of this size are in use: one is filled while the other is written. */
const BUFFER_SIZE = 1024 * 1024;

/**
 * Writes all of `stream` to standard output, blocking or not.
 *
 * @param onBytes called with the number of bytes that were written since the last call
 * @throws {ConsumerGone} if the reader of a pipe or socket closed it
 * @throws {ImageError} if writing failed otherwise
 * @throws what the stream throws; on every other error the stream is cancelled
 */
export async function writeToStdout(
  stream: ReadableStream<Uint8Array>,
  onBytes?: (count: number) => void,
): Promise<void> {
  const stdout = await openStdout();
  try {
    await writeStream(stream, {
      write: (bytes) => stdout.write(bytes).catch(failedWrite),
    }, onBytes);
  } catch (error) {
    await stdout.close().catch(() => {});
    throw error;
  }
  await stdout.close().catch(failedWrite);
}

/** About as much as a pipe takes at once or not at all (POSIX, PIPE_BUF). */
const AT_ONCE = 4096;

/**
 * Writes a line, or several, to standard output.
 *
 * @throws {ConsumerGone} if the reader of a pipe or socket closed it
 * @throws {ImageError} if writing failed otherwise
 */
export async function print(lines: string): Promise<void> {
  // To find out how a pipe must be written to takes longer than most texts are worth.
  if (lines.length < AT_ONCE) return printNow(`${lines}\n`);
  await writeToStdout(new Blob([lines, "\n"]).stream());
}

/**
 * Writes all of `stream` to `writer`. A byte stream is read while the chunk before is being
 * written; any other stream chunk by chunk, as its source may reuse a chunk.
 *
 * @param onBytes called with the number of bytes that were written since the last call
 * @throws what the stream, the writer or `onBytes` throws; the stream is cancelled
 */
export async function writeStream(
  stream: ReadableStream<Uint8Array>,
  writer: Writer,
  onBytes: (count: number) => void = () => {},
): Promise<void> {
  const byteReader = tryByteReader(stream);
  if (byteReader) return await writeOverlapped(byteReader, writer, onBytes);

  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    try {
      await writeAll(next.value, writer, onBytes);
    } catch (error) {
      await reader.cancel(error).catch(() => {});
      throw error;
    }
  }
}

function tryByteReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function writeOverlapped(
  reader: ReadableStreamBYOBReader,
  writer: Writer,
  onBytes: (count: number) => void,
): Promise<void> {
  const write = async (chunk: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> => {
    try {
      await writeAll(chunk, writer, onBytes);
      return chunk.buffer;
    } catch (error) {
      // At once, so that a read that waits for a slow source ends.
      await reader.cancel(error).catch(() => {});
      throw error;
    }
  };

  let free = new ArrayBuffer(BUFFER_SIZE);
  let written = Promise.resolve(new ArrayBuffer(BUFFER_SIZE));
  try {
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(free));
      free = await written;
      if (done) return;
      written = write(value);
      // Its failure is seen at the next await, and must not count as unhandled until then.
      written.catch(() => {});
    }
  } finally {
    await written.catch(() => {});
  }
}

async function writeAll(
  chunk: Uint8Array,
  writer: Writer,
  onBytes: (count: number) => void,
): Promise<void> {
  for (let rest = chunk; rest.length > 0;) {
    const count = await writer.write(rest);
    onBytes(count);
    rest = rest.subarray(count);
  }
}
