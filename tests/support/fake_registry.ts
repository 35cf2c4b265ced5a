/**
 * A registry in the test's own process, which does what the test wants to go wrong.
 * @module
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { CuttingProxy } from "./cutting_proxy.ts";

/** A request as the registry sees it. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** What happens instead of what should: an answer, or the end of the connection. */
export type Fault =
  | {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }
  | {
    /** After so many bytes of the body that comes, or of the one that goes. */
    readonly cutAfter: number;
  }
  /** Headers of the answer that would be right. */
  | { readonly alter: Readonly<Record<string, string>> }
  /** All is read, but so many milliseconds pass between two pieces. */
  | { readonly slow: number }
  /** So many bytes are read, and nothing ever happens again. */
  | { readonly silentAfter: number }
  /** A blob loses its first byte while it is stored. */
  | { readonly truncate: true };

/** Options of {@linkcode FakeRegistry.start}. */
export interface FakeOptions {
  /** What goes wrong; nothing without it. */
  readonly fault?: (request: SeenRequest) => Fault | undefined;
  /** Whether uploads that were cut off can go on (Range). */
  readonly resumable?: boolean;
  /** Where the Location of an upload leads, if not here. */
  readonly uploadsAt?: string;
}

interface Session {
  bytes: Uint8Array<ArrayBuffer>;
}

/** See above. It answers at 127.0.0.1 with plain HTTP; disposing of it ends it. */
export class FakeRegistry implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly manifests = new Map<string, { type: string; bytes: Uint8Array<ArrayBuffer> }>();
  readonly #sessions = new Map<string, Session>();
  readonly #options: FakeOptions;
  readonly #server: http.Server;
  #proxy: CuttingProxy | undefined;

  private constructor(options: FakeOptions) {
    this.#options = options;
    this.#server = http.createServer({ keepAliveTimeout: 1 }, (request, response) => {
      this.#serve(request, response);
    });
  }

  static async start(options: FakeOptions = {}): Promise<FakeRegistry> {
    const registry = new FakeRegistry(options);
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    registry.#proxy = new CuttingProxy((registry.#server.address() as AddressInfo).port);
    return registry;
  }

  /** Host and port. */
  get host(): string {
    return `127.0.0.1:${this.#proxy?.port}`;
  }

  /** How often a method was used on a path that has this in it. */
  count(method: string, part = ""): number {
    return this.requests.filter((seen) => seen.method === method && seen.path.includes(part))
      .length;
  }

  /** Stores a blob; returns its digest. */
  add(bytes: Uint8Array<ArrayBuffer>): string {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const seen = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
    };
    this.requests.push(seen);
    const fault = this.#options.fault?.(seen);
    const cut = fault && "cutAfter" in fault ? fault.cutAfter : undefined;
    if (fault && "status" in fault) {
      request.resume();
      response.writeHead(fault.status, fault.headers);
      response.end(fault.body);
      return;
    }
    if (fault && "silentAfter" in fault) return void await bodyOf(request, fault.silentAfter);
    if (fault && "alter" in fault) {
      const { alter } = fault;
      const writeHead = response.writeHead.bind(response);
      response.writeHead = ((status: number, headers: http.OutgoingHttpHeaders) =>
        writeHead(status, { ...headers, ...alter })) as typeof response.writeHead;
    }
    const slow = fault && "slow" in fault ? fault.slow : 0;
    const truncate = fault !== undefined && "truncate" in fault;
    const url = new URL(seen.path, `http://${this.host}`);
    const [, kind, name = ""] =
      /^\/v2\/[a-z0-9/]+?\/(blobs\/uploads|blobs|manifests|tags)\/(.*)$/.exec(url.pathname) ?? [];
    if (kind === "blobs/uploads") {
      return await this.#upload(request, response, { url, id: name, cut, slow, truncate });
    }
    const body = await bodyOf(request, Infinity, slow);
    if (cut !== undefined && seen.method !== "GET") return this.#cut(request);
    const stored = kind === "blobs"
      ? this.blobs.get(name)
      : kind === "manifests"
      ? this.manifests.get(name)?.bytes
      : new Uint8Array(0);
    if (kind === "manifests" && seen.method === "PUT") {
      const digest = digestOf(body);
      const manifest = { type: seen.headers["content-type"] ?? "", bytes: body };
      this.manifests.set(name, manifest).set(digest, manifest);
      return answer(response, 201, { "docker-content-digest": digest });
    }
    if (stored === undefined) return answer(response, 404);
    const [, from = "0"] = /^bytes=(\d+)-$/.exec(seen.headers["range"] ?? "") ?? [];
    const bytes = stored.subarray(Number(from));
    response.writeHead(from === "0" ? 200 : 206, {
      "content-length": bytes.length,
      "content-type": this.manifests.get(name)?.type ?? "application/octet-stream",
    });
    if (seen.method === "HEAD") return void response.end();
    if (cut === undefined || cut >= bytes.length) return void response.end(bytes);
    // It goes out a little later.
    response.write(bytes.subarray(0, cut), () => setTimeout(() => this.#cut(request), 5));
  }

  async #upload(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    { url, id, cut, slow, truncate }: {
      readonly url: URL;
      readonly id: string;
      readonly cut: number | undefined;
      readonly slow: number;
      readonly truncate: boolean;
    },
  ): Promise<void> {
    if (request.method === "POST") {
      const mounted = url.searchParams.get("mount");
      if (mounted !== null && this.blobs.has(mounted)) return answer(response, 201);
      const session = crypto.randomUUID();
      this.#sessions.set(session, { bytes: new Uint8Array(0) });
      const at = this.#options.uploadsAt ?? `http://${this.host}`;
      const location = `${at}${url.pathname}${session}?state=se%2Bcret`;
      return answer(response, 202, { location });
    }
    const session = this.#sessions.get(id);
    if (session === undefined || url.searchParams.get("state") !== "se+cret") {
      return answer(response, 404);
    }
    const location = { location: `${url.pathname}?state=se%2Bcret` };
    if (request.method === "GET") {
      if (!this.#options.resumable) return answer(response, 416);
      // Nothing yet can't be told from one byte in this notation.
      const range = `0-${Math.max(session.bytes.length - 1, 0)}`;
      return answer(response, 204, { ...location, range });
    }
    if (request.method === "DELETE") {
      this.#sessions.delete(id);
      return answer(response, 204);
    }
    const body = await bodyOf(request, cut, slow);
    session.bytes = await new Blob([session.bytes, body]).bytes();
    if (cut !== undefined && body.length >= cut) return this.#cut(request);
    if (request.method === "PATCH") return answer(response, 202, location);
    const digest = url.searchParams.get("digest") ?? "";
    if (digestOf(session.bytes) !== digest) {
      const error = { code: "DIGEST_INVALID", message: "provided digest did not match" };
      return answer(response, 400, {}, JSON.stringify({ errors: [error] }));
    }
    this.#sessions.delete(id);
    this.blobs.set(digest, truncate ? session.bytes.slice(1) : session.bytes);
    answer(response, 201, { "docker-content-digest": digest });
  }

  #cut({ socket }: http.IncomingMessage): void {
    this.#proxy?.cut(socket.remotePort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#proxy?.[Symbol.dispose]();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function answer(
  response: http.ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): void {
  response.writeHead(status, { "content-length": body.length, ...headers });
  response.end(body);
}

/** The whole body, or the first bytes of it: then the rest is left unread. */
async function bodyOf(
  request: http.IncomingMessage,
  most = Infinity,
  delay = 0,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  request.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
    if (size >= most) return;
    parts.push(chunk.slice(0, most - size));
    size += chunk.length;
    if (size >= most) {
      request.pause();
      resolve();
    } else if (delay > 0) {
      request.pause();
      setTimeout(() => request.resume(), delay);
    }
  });
  for (const end of ["end", "error", "close"]) request.on(end, () => resolve());
  await promise;
  return await new Blob(parts).bytes();
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
