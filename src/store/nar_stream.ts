/**
 * NARs that are hashed while they are read.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import type { StorePath } from "./store_path.ts";

/** What a NAR should be. */
export interface ExpectedNar {
  readonly path: StorePath;
  /** The store that it comes from, for errors. */
  readonly from: string;
  /** The SHA-256: `sha256:` and 64 hexadecimal digits. */
  readonly narHash: string;
  /** In bytes. */
  readonly narSize: number;
}

/** How much a reader without a buffer of its own gets at a time, in bytes. */
const CHUNK = 1 << 19;

/**
 * The bytes of a NAR as they come: a readable byte stream. It fails with an {@linkcode ImageError}
 * that names path and store: as soon as there are more bytes than there should be, and at the end if
 * there were fewer, or others.
 */
export function verifiedNar(
  stream: ReadableStream<Uint8Array>,
  { path, from, narHash, narSize }: ExpectedNar,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const hash = createHash("sha256");
  let size = 0;
  const see = (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > narSize) {
      throw new ImageError(`The NAR of ${path} from ${from} has more than its ${narSize} bytes`);
    }
    hash.update(chunk);
  };
  const finish = () => {
    if (size < narSize) {
      throw new ImageError(
        `The NAR of ${path} from ${from} ends after ${size} of its ${narSize} bytes`,
      );
    }
    const found = `sha256:${hash.digest("hex")}`;
    if (found === narHash) return;
    throw new ImageError(
      `The NAR of ${path} from ${from} is damaged or another one: it has ${found}, not ${narHash}`,
    );
  };
  return seenStream(stream, see, finish);
}

/**
 * The same bytes, each chunk of which `see` gets before it goes out, and must not keep.
 *
 * @param finish called at the end, before whoever reads is told of it
 */
export function seenStream(
  stream: ReadableStream<Uint8Array>,
  see: (chunk: Uint8Array) => void,
  finish: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  // Made when something is read: until then the stream is whoever's who made it.
  let source: Source | undefined;
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    async pull(controller) {
      source ??= sourceOf(stream);
      const request = controller.byobRequest!;
      try {
        const view = await source.read(request.view! as Uint8Array<ArrayBuffer>);
        if (view === undefined) return; // cancelled
        if (view.length > 0) see(view);
        else {
          finish();
          controller.close();
        }
        request.respondWithNewView(view);
      } catch (error) {
        await source.cancel(error);
        throw error;
      }
    },
    cancel: (reason) => source ? source.cancel(reason) : stream.cancel(reason),
  });
}

interface Source {
  /** What comes next, in the memory of `view`: nothing at the end, undefined if it is cancelled. */
  read(view: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined>;
  cancel(reason: unknown): Promise<void>;
}

function sourceOf(stream: ReadableStream<Uint8Array>): Source {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: "byob" });
  } catch (error) {
    if (error instanceof TypeError) return copying(stream);
    throw error;
  }
  return {
    async read({ buffer, byteOffset, byteLength }) {
      // The memory travels to the stream and back.
      return (await reader.read(new Uint8Array(buffer, byteOffset, byteLength))).value;
    },
    cancel: (reason) => reader.cancel(reason).catch(() => {}),
  };
}

function copying(stream: ReadableStream<Uint8Array>): Source {
  const reader = stream.getReader();
  let rest: Uint8Array = new Uint8Array(0);
  let isCancelled = false;
  return {
    async read({ buffer, byteOffset, byteLength }) {
      while (rest.length === 0) {
        const { value, done } = await reader.read();
        if (isCancelled) return undefined;
        if (done) return new Uint8Array(buffer, byteOffset, 0);
        rest = value;
      }
      const part = rest.subarray(0, byteLength);
      const view = new Uint8Array(buffer, byteOffset, part.length);
      view.set(part);
      rest = rest.subarray(part.length);
      return view;
    },
    cancel(reason) {
      isCancelled = true;
      return reader.cancel(reason).catch(() => {});
    },
  };
}
