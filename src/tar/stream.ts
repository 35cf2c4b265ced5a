/**
 * Tar archives as byte streams, made while they are read.
 *
 * Everything on the way is synchronous where the source is (files are), so that a small file costs
 * no turn of the event loop; only full chunks are handed over asynchronously.
 * @module
 */

import { ImageError } from "../errors.ts";
import { archiveEnd, BLOCK, HeaderEncoder, headerSize, padding, roundUp } from "./header.ts";
import type { TarFormat, TarHeader } from "./tar_header.ts";

/** The content of a member, read from its start to its end. */
export interface Content {
  /** Fills the front of `into`; the number of bytes, or 0 at the end. */
  read(into: Uint8Array): number | Promise<number>;
  close(): void;
}

/** Bytes in memory as content. */
export function contentOfBytes(bytes: Uint8Array): Content {
  let at = 0;
  return {
    read(into) {
      const part = bytes.subarray(at, at += Math.min(into.length, bytes.length - at));
      into.set(part);
      return part.length;
    },
    close: () => {},
  };
}

/** A member of an archive. */
export interface TarMember extends TarHeader {
  /** Opens the content. Missing for members without any. */
  readonly open?: (() => Content | Promise<Content>) | undefined;
  /** What to call the member in an error: the file it comes from. */
  readonly origin: string;
}

/** Members one by one; undefined at the end. */
export interface MemberSource {
  next(): TarMember | undefined | Promise<TarMember | undefined>;
  /** Called when no more members are wanted, before the end; may be called again. */
  close?(): void | Promise<void>;
}

/** A {@linkcode MemberSource} over a sequence. */
export function membersOf(sequence: Iterable<TarMember>): MemberSource {
  const iterator = sequence[Symbol.iterator]();
  return { next: () => iterator.next().value };
}

/** The size of the archive that {@linkcode tarStream} makes, from the headers alone. */
export function archiveSize(members: Iterable<TarHeader>, format: TarFormat): number {
  let size = 0;
  for (const member of members) size += memberSize(member, format);
  return archiveEnd(size);
}

/** What a member takes up: header, content, padding. */
export function memberSize(member: TarHeader, format: TarFormat): number {
  return headerSize(member, format) + roundUp(member.size, BLOCK);
}

/** Members that are there already as bytes of a tar, without the end of an archive. */
export interface TarHead {
  /** Bytes: whole blocks. */
  readonly size: number;
  readonly open: () => Content;
  /** What to call it in an error. */
  readonly origin: string;
}

/** How much a reader without a buffer of its own gets at a time, in bytes. */
const CHUNK = 1 << 19;

/**
 * The archive of `members`: a readable byte stream. A consumer that brings its own buffers (a BYOB
 * reader) makes no garbage.
 *
 * @param head comes before the members
 *
 * The stream fails with an {@linkcode ImageError} if a file is longer or shorter than its header
 * says, and with the error of whatever could not be opened or read.
 */
export function tarStream(
  members: MemberSource,
  format: TarFormat,
  head?: TarHead,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const producer = new Producer(members, format, head);
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    async pull(controller) {
      const request = controller.byobRequest!;
      const view = request.view!;
      const buffer = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      const length = await producer.fill(buffer);
      if (producer.cancelled) return;
      if (length === 0) controller.close();
      request.respond(length);
    },
    cancel: () => producer.cancel(),
  });
}

class Producer {
  #members: MemberSource;
  readonly #encoder: HeaderEncoder;
  /** Bytes that go out before anything else. */
  #pending: Uint8Array = new Uint8Array(0);
  #content: Content | undefined;
  #head: TarHead | undefined;
  #member: TarMember | TarHead | undefined;
  /** What is left of the content and of the zeros behind it. */
  #remaining = 0;
  #zeros = 0;
  #written = 0;
  #ended = false;
  #cancelled = false;

  constructor(members: MemberSource, format: TarFormat, head: TarHead | undefined) {
    this.#members = members;
    this.#head = head;
    this.#encoder = new HeaderEncoder(format);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Fills `into` as far as the archive goes; the number of bytes, 0 at the end. */
  async fill(into: Uint8Array): Promise<number> {
    try {
      let at = 0;
      while (at < into.length && !this.#cancelled) {
        if (this.#pending.length > 0) {
          const part = this.#pending.subarray(0, into.length - at);
          into.set(part, at);
          at += part.length;
          this.#pending = this.#pending.subarray(part.length);
        } else if (this.#content) {
          const reading = this.#content.read(
            // One byte more than there should be, where there is room, shows a file that grew.
            into.subarray(at, Math.min(into.length, at + this.#remaining + 1)),
          );
          at += this.#took(typeof reading === "number" ? reading : await reading, into.length - at);
        } else if (this.#zeros > 0) {
          const length = Math.min(this.#zeros, into.length - at);
          into.fill(0, at, at + length);
          at += length;
          this.#zeros -= length;
        } else {
          if (this.#ended) break;
          if (this.#head) {
            this.#startHead(this.#head);
            continue;
          }
          const next = this.#members.next();
          const member = next instanceof Promise ? await next : next;
          const opening = this.#start(member, this.#written + at);
          if (opening) await opening;
        }
      }
      this.#written += at;
      // What was being opened when the stream was cancelled is open now.
      if (this.#cancelled) await this.#close();
      return at;
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async cancel(): Promise<void> {
    this.#cancelled = true;
    await this.#close();
  }

  /** Accounts for `length` bytes of content where `room` would have fit. */
  #took(length: number, room: number): number {
    const member = this.#member!;
    if (length > this.#remaining) throw sizeError(member, "more");
    if (length === 0 && this.#remaining > 0) {
      throw sizeError(member, String(member.size - this.#remaining));
    }
    this.#remaining -= length;
    // A read that stopped short of the room it had, at the right place, has seen the end.
    if (this.#remaining === 0 && length < room) {
      this.#content?.close();
      this.#content = undefined;
    }
    return length;
  }

  #startHead(head: TarHead): void {
    this.#head = undefined;
    this.#member = head;
    this.#remaining = head.size;
    this.#content = head.open();
  }

  #start(member: TarMember | undefined, offset: number): void | Promise<void> {
    if (!member) {
      this.#zeros = archiveEnd(offset) - offset;
      this.#ended = true;
      return;
    }
    this.#member = member;
    this.#pending = this.#encoder.encode(member);
    this.#remaining = member.size;
    this.#zeros = padding(member.size);
    const content = member.open?.();
    if (content instanceof Promise) {
      return content.then((opened) => {
        this.#content = opened;
      });
    }
    this.#content = content;
  }

  async #close(): Promise<void> {
    this.#content?.close();
    this.#content = undefined;
    await this.#members.close?.();
  }
}

function sizeError({ origin, size }: TarMember | TarHead, found: string): ImageError {
  return new ImageError(
    `${origin} changed while it was read: expected ${size} bytes, found ${found}`,
  );
}
