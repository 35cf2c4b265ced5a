/**
 * Bytes that are hashed while they are read, and end in an error unless they have the digest that
 * they should have.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import type { Content } from "../tar/stream.ts";

/** What bytes should be. */
export interface Expected {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** In bytes, if it is known. */
  readonly size?: number;
  /** What to call them in an error. */
  readonly name: string;
  /** Told when they can not be read, or turn out to be others. */
  readonly onDamage?: (() => void) | undefined;
}

/** Sees bytes go by, and says in the end whether they were the expected ones. */
export class Verifier {
  readonly #hash = createHash("sha256");
  readonly #expected: Expected;
  #size = 0;

  constructor(expected: Expected) {
    this.#expected = expected;
  }

  /**
   * The next bytes.
   *
   * @throws {ImageError} if there are more than there should be.
   */
  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
    const { size, name } = this.#expected;
    if (size === undefined || this.#size <= size) return;
    throw new ImageError(`${name} has more than the ${size} bytes that it should have`);
  }

  /**
   * There are no more.
   *
   * @throws {ImageError} if they were others.
   */
  finish(): void {
    const { digest, size, name } = this.#expected;
    if (size !== undefined && this.#size !== size) {
      throw new ImageError(`${name} has ${this.#size} bytes, and should have ${size}`);
    }
    const found = `sha256:${this.#hash.digest("hex")}`;
    if (found === digest) return;
    throw new ImageError(`${name} is damaged or another one: it has ${found}, not ${digest}`);
  }
}

/** How much a reader without a buffer of its own gets at a time, in bytes. */
const CHUNK = 1 << 19;

/** The content as a readable byte stream that fails at its end unless it is the expected one. */
export function verifiedContent(
  open: () => Content,
  expected: Expected,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const verifier = new Verifier(expected);
  let content: Content | undefined;
  const close = () => {
    content?.close();
    content = undefined;
  };
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    async pull(controller) {
      try {
        const request = controller.byobRequest!;
        const { buffer, byteOffset, byteLength } = request.view!;
        const view = new Uint8Array(buffer, byteOffset, byteLength);
        content ??= open();
        const length = await content.read(view);
        verifier.update(view.subarray(0, length));
        if (length === 0) {
          verifier.finish();
          close();
          controller.close();
        }
        request.respond(length);
      } catch (error) {
        close();
        expected.onDamage?.();
        throw error;
      }
    },
    cancel: close,
  });
}

/** Chunks as a readable byte stream that fails at its end unless they are the expected ones. */
export function verifiedChunks(
  chunks: AsyncGenerator<Uint8Array>,
  expected: Expected,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const verifier = new Verifier(expected);
  let rest: Uint8Array = new Uint8Array(0);
  const next = async () => {
    try {
      const { value, done } = await chunks.next();
      if (done) return verifier.finish();
      verifier.update(value);
      return value;
    } catch (error) {
      expected.onDamage?.();
      throw error;
    }
  };
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    async pull(controller) {
      const request = controller.byobRequest!;
      while (rest.length === 0) {
        const value = await next();
        if (value === undefined) {
          controller.close();
          return request.respond(0);
        }
        rest = value;
      }
      const { buffer, byteOffset, byteLength } = request.view!;
      const part = rest.subarray(0, byteLength);
      new Uint8Array(buffer, byteOffset, byteLength).set(part);
      rest = rest.subarray(part.length);
      request.respond(part.length);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}
