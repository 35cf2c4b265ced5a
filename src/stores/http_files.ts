/**
 * Binary caches behind HTTP.
 * @module
 */

import { Buffer } from "node:buffer";
import { HttpClient, type HttpOptions, type HttpResponse } from "../http/client.ts";
import { HttpError } from "../http/http_error.ts";
import type { Login } from "../http/netrc.ts";
import { redacted } from "../http/redact.ts";
import { followed } from "../http/redirects.ts";
import { resumed } from "../http/resume.ts";
import { RETRY_POLICY, type RetryPolicy, withRetries } from "../http/retry.ts";
import { statusError } from "../http/status_error.ts";
import { within } from "../http/within.ts";
import { type CacheFiles, type FileOptions, NoSuchFileError } from "./cache_files.ts";
import { decoded } from "./content_encoding.ts";

/** What a cache knows us by. */
export type CacheCredentials = Login | { readonly token: string };

/** How caches are reached. */
export interface HttpCacheOptions extends Omit<HttpOptions, "tls" | "connections"> {
  /** Whether a cache has to prove who it is; by default it has to. */
  readonly tlsVerify?: boolean | undefined;
  /** Certificate authorities besides the known ones, in PEM. */
  readonly authorities?: readonly string[];
  readonly retries?: Partial<RetryPolicy>;
  /** Told of what is done again, and why. */
  readonly onRetry?: (error: HttpError) => void;
}

/** As many as Nix has (`http-connections`). */
export const CONNECTIONS = 25;

/** What a cache does not have: buckets of S3 that may not be listed say 403 of that. */
const MISSING = new Set([403, 404, 410]);
/** Until nothing has come for too long, in milliseconds. */
const IDLE_TIMEOUT = 120_000;
/** So many times as long a small file may take, and a large one may hardly come. */
const MOST_WAITING = 2.5;

const HINTS: Readonly<Record<number, string>> = {
  401:
    "it wants to know who asks: see --netrc-file and --cache-token-file, or NETRC and NIX_IMAGE_CACHE_TOKENS",
  407: "the proxy wants to know who asks",
};

/** The files of the cache at a URL, which ends with a slash. */
export class HttpFiles implements CacheFiles {
  readonly #base: URL;
  readonly #http: HttpClient;
  readonly #retries: RetryPolicy;
  readonly #onRetry: (error: HttpError) => void;
  readonly #authorization: string | undefined;
  /** Ends all that is under way. */
  readonly #closing = new AbortController();
  readonly #mostTime: number;

  constructor(base: URL, options: HttpCacheOptions, credentials: CacheCredentials | undefined) {
    const { tlsVerify = true, authorities = [], retries, onRetry, ...others } = options;
    const { idleTimeout = IDLE_TIMEOUT } = others;
    const tls = { hostname: base.hostname, verify: tlsVerify, authorities };
    this.#base = base;
    this.#http = new HttpClient({ ...others, idleTimeout, tls, connections: CONNECTIONS });
    this.#retries = { ...RETRY_POLICY, ...retries };
    this.#onRetry = onRetry ?? (() => {});
    this.#authorization = credentials && authorizationOf(credentials);
    this.#mostTime = MOST_WAITING * idleTimeout;
  }

  async read(name: string, most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const url = this.#urlOf(name);
    const { signal } = this.#closing;
    return await withRetries(
      this.#retries,
      async () => {
        const response = await this.#get(url, {}, signal);
        if (MISSING.has(response.status)) return void response.drop();
        if (response.status !== 200) throw failure(response);
        const bytes = await within(response.bytes(most), this.#mostTime, `GET ${redacted(url)}`);
        return decoded(bytes, response.header("content-encoding"), most, redacted(url));
      },
      this.#onRetry,
      signal,
    );
  }

  async *stream(name: string, options: FileOptions): AsyncGenerator<Uint8Array, undefined> {
    const url = this.#urlOf(name);
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const get = (headers: Readonly<Record<string, string>>) =>
      withRetries(
        this.#retries,
        async () => {
          const response = await this.#get(url, headers, signal);
          const { status } = response;
          if (MISSING.has(status)) {
            response.drop();
            throw new NoSuchFileError(`GET ${redacted(url)}: ${status}, it is not there`);
          }
          if (status !== 200 && !(status === 206 && "range" in headers)) throw failure(response);
          const encoding = response.header("content-encoding") ?? "identity";
          if (encoding === "identity") return response;
          response.drop();
          throw new HttpError(`GET ${redacted(url)}: it is sent as ${encoding} unasked`);
        },
        this.#onRetry,
        signal,
      );
    yield* resumed(get, {
      retries: this.#retries,
      onRetry: this.#onRetry,
      slowest: this.#mostTime,
      ...options,
      signal,
    });
    return undefined;
  }

  async #get(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const first = await this.#send(url, headers, signal);
    return await followed("GET", first, (next) => this.#send(next, headers, signal));
  }

  async #send(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    // Who we are is for the cache alone.
    const authorization = url.origin === this.#base.origin ? this.#authorization : undefined;
    return await this.#http.request({
      method: "GET",
      url,
      signal,
      headers: {
        // Ranges are of what is sent.
        "accept-encoding": "identity",
        ...headers,
        ...authorization === undefined ? {} : { authorization },
      },
    });
  }

  #urlOf(name: string): URL {
    const url = new URL(name, this.#base);
    if (url.origin === this.#base.origin && url.pathname.startsWith(this.#base.pathname)) {
      return url;
    }
    throw new TypeError(`Not within the cache: ${name}`);
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#http[Symbol.dispose]();
  }
}

function failure(response: HttpResponse): HttpError {
  response.drop();
  return statusError("GET", response, "", HINTS[response.status]);
}

function authorizationOf(credentials: CacheCredentials): string {
  if ("token" in credentials) return `Bearer ${credentials.token}`;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
