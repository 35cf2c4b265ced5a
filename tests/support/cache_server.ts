/**
 * A binary cache in the test's own process: a directory, and what the test wants to go wrong.
 * @module
 */

import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { CuttingProxy } from "./cutting_proxy.ts";

/** A request as the cache sees it. */
export interface CacheRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** What happens instead of what should. */
export type CacheFault =
  | {
    /** Another answer. */
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array;
  }
  | {
    /** The connection ends after so many bytes of the body. */
    readonly cutAfter: number;
  }
  /** It never answers. */
  | { readonly silent: true }
  /** After so many bytes of the body, nothing ever happens again. */
  | { readonly silentAfter: number }
  /** Ranges are not known here: all is sent. With `cutAfter`, that is cut all the same. */
  | { readonly noRanges: true; readonly cutAfter?: number }
  /** These bytes come again and again, without an end. */
  | { readonly endless: Uint8Array };

/** Options of {@linkcode CacheServer.start}. */
export interface CacheServerOptions {
  /** What goes wrong; nothing without it. */
  readonly fault?: (request: CacheRequest) => CacheFault | undefined;
  /** Headers of all files, such as an ETag. */
  readonly headers?: Readonly<Record<string, string>>;
  /** It speaks TLS, with these, in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** See above. It answers at 127.0.0.1, as a proxy for any host, too; disposing of it ends it. */
export class CacheServer implements AsyncDisposable {
  readonly requests: CacheRequest[] = [];
  readonly #directory: string;
  readonly #options: CacheServerOptions;
  readonly #server: http.Server;
  #proxy: CuttingProxy | undefined;

  private constructor(directory: string, options: CacheServerOptions) {
    this.#directory = directory;
    this.#options = options;
    const serve: http.RequestListener = (request, response) => {
      this.#serve(request, response);
    };
    const { tls } = options;
    this.#server = tls ? https.createServer(tls, serve) : http.createServer(serve);
  }

  /** Serves a directory, such as one that `nix copy --to file://…` has made. */
  static async start(directory: string, options: CacheServerOptions = {}): Promise<CacheServer> {
    const server = new CacheServer(directory, options);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    server.#proxy = new CuttingProxy((server.#server.address() as AddressInfo).port);
    return server;
  }

  /** Without a slash at its end. */
  get url(): string {
    return `${this.#options.tls ? "https" : "http"}://127.0.0.1:${this.#proxy?.port}`;
  }

  /** How often something was asked for whose path has this in it. */
  count(part = ""): number {
    return this.requests.filter(({ path }) => path.includes(part)).length;
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = "", url: path = "", headers } = request;
    const seen = { method, path, headers };
    this.requests.push(seen);
    request.resume();
    const fault = this.#options.fault?.(seen);
    if (fault && "silent" in fault) return;
    if (fault && "status" in fault) {
      response.writeHead(fault.status, fault.headers);
      return void response.end(fault.body);
    }
    if (fault && "endless" in fault) return await sendForEver(response, fault.endless);
    const bytes = await this.#file(path);
    if (bytes === undefined) {
      response.writeHead(404);
      return void response.end();
    }
    const [, start = "0"] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
    const from = fault && "noRanges" in fault ? 0 : Number(start);
    if (from > 0 && from >= bytes.length) {
      response.writeHead(416);
      return void response.end();
    }
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(from === 0 ? 200 : 206, {
      "content-length": bytes.length - from,
      ...from === 0 ? {} : { "content-range": range },
      ...this.#options.headers,
    });
    const body = bytes.subarray(from);
    if (fault && "silentAfter" in fault) {
      return void response.write(body.subarray(0, fault.silentAfter));
    }
    const cut = fault && "cutAfter" in fault ? fault.cutAfter : undefined;
    if (cut === undefined || cut >= body.length) return void response.end(body);
    // It goes out a little later.
    const end = () => setTimeout(() => this.#proxy?.cut(request.socket.remotePort), 5);
    if (cut === 0) {
      response.flushHeaders();
      return void end();
    }
    response.write(body.subarray(0, cut), end);
  }

  async #file(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await Deno.readFile(this.#directory + new URL(path, this.url).pathname);
    } catch {
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#proxy?.[Symbol.dispose]();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function sendForEver(response: http.ServerResponse, bytes: Uint8Array): Promise<void> {
  response.writeHead(200);
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  response.on("close", close);
  while (!response.destroyed) {
    if (response.write(bytes)) continue;
    const { promise: drained, resolve: go } = Promise.withResolvers<void>();
    response.once("drain", go);
    await Promise.race([drained, closed]);
  }
}
