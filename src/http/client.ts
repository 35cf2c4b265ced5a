/**
 * HTTP for registries and binary caches: bodies of any size, back-pressure both ways, a limit to all waiting.
 *
 * It is made on Node's client: the one that is built in can't be told at run time whom to believe.
 * @module
 */

import http from "node:http";
import https from "node:https";
import { ImageError } from "../errors.ts";
import { writeStream } from "../terminal/output.ts";
import { Agents, proxyAuthorization, type TlsSettings, unbracketed } from "./agents.ts";
import { HttpError } from "./http_error.ts";
import { proxyFor, type ProxySettings } from "./proxy.ts";
import { ReadMemory, releaseWhole } from "./read_memory.ts";
import { redacted } from "./redact.ts";
import { failureOf } from "./request_failure.ts";

/** Options of {@linkcode HttpClient}. */
export interface HttpOptions {
  readonly tls: TlsSettings;
  readonly proxy?: ProxySettings;
  /** Tells servers who asks; `nix-image` by default. */
  readonly userAgent?: string;
  /** How many connections there may be to one host; 8 by default. */
  readonly connections?: number;
  /** How long to wait for a connection, in milliseconds; 30 seconds by default. */
  readonly connectTimeout?: number;
  /** How long to wait for the next bytes of the other side, in milliseconds; 2 minutes. */
  readonly idleTimeout?: number;
}

/** A request. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream goes out in chunks, unless `content-length` says how long it is. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  /** Ends the waiting for an answer. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer, of which the body is still to be read, or to be dropped. */
export interface HttpResponse {
  readonly status: number;
  readonly url: URL;
  /** The value of a header; of one that is there several times, all of them with commas. */
  header(name: string): string | undefined;
  /**
   * The body, as it comes; a chunk is there until the next one is asked for.
   *
   * @throws {HttpError} if it is cut off.
   */
  chunks(): AsyncGenerator<Uint8Array>;
  /**
   * The body.
   *
   * @throws {HttpError} if it is cut off, or longer than `most` bytes.
   */
  bytes(most: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Leaves the rest unread. */
  drop(): void;
}

const CONNECT_TIMEOUT = 30_000, IDLE_TIMEOUT = 120_000, CONNECTIONS = 8;
/** Answers that say that there is more to come (RFC 9110, section 15.2), for one request. */
const MOST_INTERIM = 20;
/** Bodies that are dropped are read to their end if that is near: the connection stays of use. */
const SMALL = 1 << 16;

/** Sends requests. Disposing of it closes its connections. */
export class HttpClient implements Disposable {
  readonly #options: HttpOptions;
  readonly #agents: Agents;

  constructor(options: HttpOptions) {
    this.#options = options;
    const { tls, connectTimeout = CONNECT_TIMEOUT, connections = CONNECTIONS } = options;
    this.#agents = new Agents(tls, connectTimeout, connections);
  }

  /** Whether a URL is asked for through a proxy. */
  isProxied(url: URL): boolean {
    return proxyFor(url, this.#options.proxy ?? {}) !== undefined;
  }

  /**
   * Sends a request and waits for the answer, whatever it is. An answer that comes before all of the
   * body has gone ends the sending.
   *
   * @throws {HttpError} if there is none.
   * @throws what the body throws.
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const { idleTimeout = IDLE_TIMEOUT } = this.#options;
    const outgoing = this.#start(request);
    const wait = new Wait(idleTimeout, (reason) => outgoing.destroy(reason));
    const { promise: answer, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.on("close", () => reject(new Error("the connection was closed")));
    const giveUp = () => reject(new Error("it was given up"));
    answer.catch(() => {});
    const { signal } = request;
    signal?.addEventListener("abort", giveUp);
    if (signal?.aborted) giveUp();
    try {
      await sendBody(outgoing, request.body, answer, wait);
      const incoming = await wait.for(answer);
      return new Answer(request, incoming, wait);
    } catch (error) {
      outgoing.destroy();
      if (error instanceof ImageError) throw error;
      throw failureOf(request, error);
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  #start({ method, url, headers, body }: HttpRequest): http.ClientRequest {
    const { proxy: settings = {}, userAgent = "nix-image", connectTimeout = CONNECT_TIMEOUT } =
      this.#options;
    const proxy = proxyFor(url, settings);
    const throughProxy = proxy !== undefined && url.protocol === "http:";
    const length = body instanceof Uint8Array ? { "content-length": `${body.length}` } : {};
    const place = throughProxy ? proxy : url;
    const isHttps = url.protocol === "https:";
    const outgoing = (isHttps ? https : http).request({
      host: unbracketed(place.hostname),
      port: place.port || (isHttps ? 443 : 80),
      path: throughProxy ? url.href : url.pathname + url.search,
      method,
      headers: {
        host: url.host,
        "user-agent": userAgent,
        ...length,
        ...throughProxy ? proxyAuthorization(proxy) : {},
        ...headers,
      },
      agent: this.#agents.agentFor(url, proxy),
    });
    let interim = 0;
    outgoing.on("information", () => {
      if (++interim > MOST_INTERIM) outgoing.destroy(new Error("it does not come to an answer"));
    });
    outgoing.on("socket", (socket) => {
      // Else Deno sends what it has kept of a request once more when a connection that was used before
      // ends: less than all of a stream, and also what was given up.
      outgoing.reusedSocket = false;
      // That of TLS is connected.
      if (!socket.connecting) return;
      const giveUp = () => outgoing.destroy(new Error("it does not answer"));
      const timer = setTimeout(giveUp, connectTimeout);
      const clear = () => clearTimeout(timer);
      socket.once("connect", clear);
      socket.once("close", clear);
    });
    return outgoing;
  }

  [Symbol.dispose](): void {
    this.#agents[Symbol.dispose]();
  }
}

/** The other side answered while there was more to send. */
class AnsweredEarly extends Error {}

async function sendBody(
  outgoing: http.ClientRequest,
  body: HttpRequest["body"],
  answer: Promise<http.IncomingMessage>,
  wait: Wait,
): Promise<void> {
  if (!(body instanceof ReadableStream)) return void outgoing.end(body);
  const early = answer.then(() => {
    throw new AnsweredEarly();
  });
  early.catch(() => {});
  const write = (bytes: Uint8Array) =>
    wait.for(Promise.race([
      early,
      new Promise<number>((resolve, reject) =>
        outgoing.write(bytes, (error) => error ? reject(error) : resolve(bytes.length))
      ),
    ]));
  try {
    await writeStream(body, { write });
    outgoing.end();
  } catch (error) {
    if (!(error instanceof AnsweredEarly)) throw error;
  }
}

/** Ends what waits for too long. */
class Wait {
  readonly #limit: number;
  readonly #giveUp: (reason: Error) => void;

  constructor(limit: number, giveUp: (reason: Error) => void) {
    this.#limit = limit;
    this.#giveUp = giveUp;
  }

  async for<T>(event: Promise<T>): Promise<T> {
    // What was begun would say that it was aborted, and not why.
    const silence = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const reason = new Error("the other side is silent");
      silence.reject(reason);
      this.#giveUp(reason);
    }, this.#limit);
    event.catch(() => {});
    try {
      return await Promise.race([event, silence.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

class Answer implements HttpResponse {
  readonly status: number;
  readonly url: URL;
  readonly #request: HttpRequest;
  readonly #incoming: http.IncomingMessage;
  readonly #wait: Wait;

  constructor(request: HttpRequest, incoming: http.IncomingMessage, wait: Wait) {
    this.status = incoming.statusCode ?? 0;
    this.url = request.url;
    this.#request = request;
    this.#incoming = incoming;
    this.#wait = wait;
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    using memory = new ReadMemory(this.#incoming.socket);
    const incoming = this.#incoming[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    try {
      for (;;) {
        const { value, done } = await this.#wait.for(incoming.next());
        if (done) break;
        memory.see(value);
        yield value;
        releaseWhole(value);
      }
      if (!this.#incoming.complete) throw new Error("the answer is cut off");
    } catch (error) {
      throw failureOf(this.#request, error);
    } finally {
      this.#incoming.destroy();
    }
  }

  async bytes(most: number): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const chunk of this.chunks()) {
      size += chunk.length;
      if (size > most) {
        const { method, url } = this.#request;
        throw new HttpError(
          `${method} ${redacted(url)}: the answer is longer than ${most} bytes`,
        );
      }
      parts.push(new Uint8Array(chunk));
    }
    return await new Blob(parts).bytes();
  }

  drop(): void {
    const length = Number(this.header("content-length") ?? Infinity);
    if (this.#request.method === "HEAD" || length <= SMALL) {
      this.#incoming.on("error", () => {});
      this.#incoming.resume();
    } else this.#incoming.destroy();
  }
}
