/**
 * A server whose answers a test writes as bytes of the connection, head and all: to cut them where it
 * likes, and to send what no server of HTTP would.
 * @module
 */

import { Buffer } from "node:buffer";

/** What is asked for. */
export interface WireRequest {
  /** Without a slash at its beginning. */
  readonly path: string;
  /** Where the range begins that is asked for; 0 for all. */
  readonly from: number;
  /** How often the path was asked for before. */
  readonly count: number;
}

/** An answer. */
export interface WireAnswer {
  /** What is sent, one after the other. */
  readonly parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** What is done then: the next request is waited for, nothing at all, or the connection is closed. */
  readonly then: "next" | "silence" | "close";
}

/** See above. Disposing of it ends all connections. */
export class WireServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #answer: (request: WireRequest) => WireAnswer;
  readonly #counts = new Map<string, number>();
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #accepting: Promise<void>;

  constructor(answer: (request: WireRequest) => WireAnswer) {
    this.#answer = answer;
    this.#accepting = this.#accept();
  }

  /** Without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  /** How often something was asked for whose path has this in it. */
  count(part = ""): number {
    return Array.from(this.#counts).reduce(
      (sum, [path, count]) => path.includes(part) ? sum + count : sum,
      0,
    );
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      connection.setNoDelay(true);
      // Who asks may go away at any time.
      const serving = this.#serve(connection).catch(() => {}).finally(() => {
        this.#connections.delete(connection);
        close(connection);
      });
      this.#connections.set(connection, serving);
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    for (;;) {
      const head = await headOf(connection);
      const [, path = ""] = /^GET \/(\S*) /.exec(head) ?? [];
      const [, from = "0"] = /\r\nrange: bytes=(\d+)-\r\n/i.exec(head) ?? [];
      const count = this.#counts.get(path) ?? 0;
      this.#counts.set(path, count + 1);
      const { parts, then } = this.#answer({ path, from: Number(from), count });
      for await (const part of parts) {
        for (let rest = part; rest.length > 0;) {
          rest = rest.subarray(await connection.write(rest));
        }
      }
      if (then === "close") return;
      // Until the other side has had enough.
      if (then === "silence") { while (await connection.read(new Uint8Array(1024))); }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    const serving = [...this.#connections.values()];
    for (const connection of this.#connections.keys()) close(connection);
    await Promise.all([this.#accepting, ...serving]);
  }
}

async function headOf(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  for (let head = ""; head.length < 65_536;) {
    const length = await connection.read(buffer);
    if (length === null) break;
    head += new TextDecoder("latin1").decode(buffer.subarray(0, length));
    if (head.endsWith("\r\n\r\n")) return head;
  }
  throw new Error("No request");
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

/** How an answer says where its body ends. */
export type Framing = "length" | "chunks" | "close";

/** How an answer is written. */
export interface AnswerOptions {
  readonly framing?: Framing;
  /** What is left out at the beginning of the body. */
  readonly from?: number;
  /** Lines. */
  readonly headers?: string;
}

/** A whole answer, as bytes. */
export function wholeAnswer(
  body: Uint8Array,
  { framing = "length", from = 0, headers = "" }: AnswerOptions = {},
): { readonly head: Uint8Array<ArrayBuffer>; readonly body: Uint8Array } {
  const status = from > 0 ? "206 Partial Content" : "200 OK";
  const range = from > 0
    ? `Content-Range: bytes ${from}-${body.length - 1}/${body.length}\r\n`
    : "";
  const rest = body.subarray(from);
  const end = {
    length: `Content-Length: ${rest.length}\r\n`,
    chunks: "Transfer-Encoding: chunked\r\n",
    close: "Connection: close\r\n",
  }[framing];
  return {
    head: encode(`HTTP/1.1 ${status}\r\n${range}${end}${headers}\r\n`),
    body: framing === "chunks" ? chunked(rest) : rest,
  };
}

function chunked(body: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += CHUNK) {
    const chunk = body.subarray(at, at + CHUNK);
    parts.push(encode(`${chunk.length.toString(16)}\r\n`), chunk, encode("\r\n"));
  }
  return joined([...parts, encode("0\r\n\r\n")]);
}

const CHUNK = 50_000;

/** The same bytes again and again, behind those that come first. */
export function* endless(
  first: readonly Uint8Array[],
  again: Uint8Array,
): Generator<Uint8Array, never> {
  yield* first;
  for (;;) yield again;
}

/** A whole answer that is sent at once. */
export function sent(
  body: Uint8Array,
  options: AnswerOptions = {},
): WireAnswer {
  const { head, body: rest } = wholeAnswer(body, options);
  return { parts: [joined([head, rest])], then: options.framing === "close" ? "close" : "next" };
}

/** Several pieces of bytes as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

/** Text as bytes. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
