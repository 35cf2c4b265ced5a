/**
 * One byte stream out of buffers and streams.
 * @module
 */

/** A stream within a larger one. */
export interface StreamPart {
  open(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Sees each chunk before it goes out; must not keep it. */
  observe(chunk: Uint8Array): void;
}

/** What {@linkcode joinParts} joins. */
export type Part = Uint8Array | StreamPart;

/** The same bytes as a readable byte stream; `onBytes` gets the length of each chunk that goes out. */
export function counted(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onBytes: (count: number) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const observe = ({ length }: Uint8Array) => onBytes(length);
  return joinParts((async function* () {
    yield { open: () => stream, observe };
  })());
}

const CHUNK = 1 << 19;

/** The parts one behind the other: a readable byte stream that reads them when it is read. */
export function joinParts(parts: AsyncGenerator<Part>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array = new Uint8Array(0);
  let reader: ReadableStreamBYOBReader | undefined;
  let observe: StreamPart["observe"] | undefined;
  let cancelled = false;
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    async pull(controller) {
      const request = controller.byobRequest!;
      let { buffer, byteOffset, byteLength } = request.view!;
      for (;;) {
        const room = new Uint8Array(buffer, byteOffset, byteLength);
        if (bytes.length > 0) {
          const part = bytes.subarray(0, room.length);
          room.set(part);
          bytes = bytes.subarray(part.length);
          return request.respondWithNewView(room.subarray(0, part.length));
        }
        if (reader) {
          // The consumer's buffer travels to the inner stream and back.
          const { value, done } = await reader.read(room);
          if (cancelled) return;
          if (!done) {
            observe!(value);
            return request.respondWithNewView(value);
          }
          reader = undefined;
          buffer = value!.buffer;
        }
        const next = await parts.next();
        if (cancelled) return;
        if (next.done) {
          controller.close();
          return request.respondWithNewView(new Uint8Array(buffer, byteOffset, 0));
        }
        if (next.value instanceof Uint8Array) bytes = next.value;
        else {
          const part = next.value;
          reader = part.open().getReader({ mode: "byob" });
          observe = (chunk) => part.observe(chunk);
        }
      }
    },
    async cancel(reason) {
      cancelled = true;
      await reader?.cancel(reason);
      await parts.return(undefined);
    },
  });
}
