/** Reading and comparing bytes. */

import assert from "node:assert/strict";

/** Fails with the place of the first difference. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array, about: string): void {
  const at = expected.findIndex((byte, index) => byte !== actual[index]);
  const show = (bytes: Uint8Array) =>
    JSON.stringify(new TextDecoder("latin1").decode(bytes.subarray(Math.max(0, at - 32), at + 32)));
  assert.ok(at === -1, `byte ${at}: ${show(actual)} is not ${show(expected)} (${about})`);
  assert.equal(actual.length, expected.length, about);
}

/** Reads a byte stream with buffers of `size` bytes. */
export async function readWith(
  stream: ReadableStream<Uint8Array>,
  size: number,
): Promise<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(size));
    if (done) return await new Blob(chunks as Uint8Array<ArrayBuffer>[]).bytes();
    chunks.push(value);
  }
}

/** A stream of the bytes in chunks of `size` bytes. */
export function streamOf(bytes: Uint8Array, size = 1000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += size));
      else controller.close();
    },
  });
}
