/**
 * NARs that may come from one of several stores.
 * @module
 */

/** How much a reader without a buffer of its own gets at a time, in bytes. */
const CHUNK = 1 << 19;

/**
 * A readable byte stream: the first of several ones that has something to read.
 *
 * @param next gives the first one, and another one when it is told how one failed before anything
 * came of it; throws if there is none
 */
export function firstThatWorks(
  next: (failure: unknown) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ReadableStreamBYOBReader | undefined;
  let isCancelled = false, hasBegun = false;
  const open = async (failure?: unknown) => {
    reader = (await next(failure)).getReader({ mode: "byob" });
    if (isCancelled) await reader.cancel();
    return reader;
  };
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    async pull(controller) {
      const request = controller.byobRequest!;
      const { buffer, byteOffset, byteLength } = request.view!;
      const length = buffer.byteLength;
      let view = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
      for (;;) {
        const from = reader ?? await open();
        let value: Uint8Array<ArrayBuffer> | undefined, done: boolean;
        try {
          ({ value, done } = await from.read(view));
        } catch (error) {
          if (hasBegun || isCancelled) throw error;
          await open(error);
          // The memory has gone with the stream that failed.
          view = new Uint8Array(new ArrayBuffer(length), byteOffset, byteLength);
          continue;
        }
        if (value === undefined) return; // cancelled
        hasBegun = true;
        if (done) controller.close();
        return request.respondWithNewView(value);
      }
    },
    async cancel(reason) {
      isCancelled = true;
      await reader?.cancel(reason);
    },
  });
}
