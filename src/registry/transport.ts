/**
 * Requests to one registry: its scheme found out, authorized, redirected, and done again where that
 * may help.
 * @module
 */

import { UsageError } from "../errors.ts";
import { isLoopback } from "../http/addresses.ts";
import { Authorizer } from "./auth.ts";
import type { CredentialSource } from "./credentials.ts";
import { HttpError } from "../http/http_error.ts";
import { HttpClient, type HttpOptions, type HttpResponse } from "../http/client.ts";
import type { ProxySettings } from "../http/proxy.ts";
import { redacted } from "../http/redact.ts";
import { followed } from "../http/redirects.ts";
import { endpointOf } from "./reference.ts";
import { responseError } from "./response_error.ts";
import { RETRY_POLICY, type RetryPolicy, withRetries } from "../http/retry.ts";

/** How a registry is reached. */
export interface RegistrySettings {
  /**
   * Whether the registry has to prove who it is; if it need not, it may speak plain HTTP, too. By
   * default it has to, but on this host, where it may speak plain HTTP.
   */
  readonly tlsVerify?: boolean | undefined;
  /** Certificate authorities besides the known ones, in PEM. */
  readonly authorities?: readonly string[];
  /** What the registry knows us by, in PEM. */
  readonly client?: { readonly certificate: string; readonly key: string } | undefined;
  /** Default: no proxy. */
  readonly proxy?: ProxySettings;
  /** Tells the registry who asks; `nix-image` by default. */
  readonly userAgent?: string;
  /** Asked when the registry wants to know who asks. Default: nobody. */
  readonly credentials?: CredentialSource;
  /** Told of what is done again, and why. */
  readonly onRetry?: (error: HttpError) => void;
}

/** Options of {@linkcode Transport}. */
export interface TransportOptions extends RegistrySettings, Omit<HttpOptions, "tls"> {
  readonly retries?: Partial<RetryPolicy>;
}

/** A request to the registry. */
export interface RegistryRequest {
  readonly method: string;
  /** Below the registry's `/v2/`, or a URL that it gave. */
  readonly target: string | URL;
  /** What it is about, for the token service: such as `repository:hello:pull`. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  /** The statuses that are answers; others are failures. */
  readonly expected: readonly number[];
}

/** Talks to one registry, about one repository. Disposing of it closes its connections. */
export class Transport implements Disposable {
  readonly http: HttpClient;
  /** For what is done again. */
  readonly retries: RetryPolicy;
  readonly onRetry: (error: HttpError) => void;
  readonly #authorizer: Authorizer;
  readonly #registry: string;
  readonly #options: TransportOptions;
  #base: Promise<URL> | undefined;

  /**
   * @param host as it is named in references
   * @throws {UsageError} if it is none.
   */
  constructor(host: string, repository: string, options: TransportOptions) {
    const { tlsVerify = true, authorities = [], client, credentials, retries, onRetry } = options;
    const url = URL.parse(`https://${endpointOf(host)}`);
    if (url === null) throw new UsageError(`${host} can not be the host of a registry`);
    const tls = { hostname: url.hostname, verify: tlsVerify, authorities, client };
    this.http = new HttpClient({ ...options, tls });
    this.retries = { ...RETRY_POLICY, ...retries };
    this.onRetry = onRetry ?? (() => {});
    this.#registry = url.host;
    this.#options = options;
    this.#authorizer = new Authorizer({
      http: this.http,
      credentials: async () => await credentials?.(host, repository),
      now: Date.now,
    });
  }

  /**
   * Sends a request that may be sent several times, until it is answered.
   *
   * @throws {HttpError} if it fails, or the answer is not an expected one.
   */
  async request(request: RegistryRequest): Promise<HttpResponse> {
    return await withRetries(this.retries, () => this.once(request), this.onRetry);
  }

  /**
   * Sends a request. If the registry wants to know who we are, it is sent once more; but with a
   * stream as its body it fails then, as may be tried again.
   *
   * @throws {HttpError} see {@linkcode Transport.request}
   */
  async once(request: RegistryRequest): Promise<HttpResponse> {
    const { method, target, scope, body, expected } = request;
    const base = await this.base();
    const url = target instanceof URL ? target : new URL(target, base);
    let response = await this.#send(request, url, base);
    if (response.status === 401 && url.origin === base.origin) {
      const known = this.#authorizer.challenged(url, response.header("www-authenticate"));
      this.#authorizer.forget(scope);
      if (known && body instanceof ReadableStream) {
        response.drop();
        throw new HttpError(`${method} ${redacted(url)}: 401`, {
          status: 401,
          transient: true,
        });
      }
      if (known) {
        response.drop();
        response = await this.#send(request, url, base);
      }
    }
    if (method === "GET" || method === "HEAD") {
      response = await this.#follow(request, response, base);
    }
    if (expected.includes(response.status)) return response;
    throw await responseError(method, response);
  }

  /** Passes on the redirects of downloads, without what is for the registry alone. */
  async #follow(
    request: RegistryRequest,
    first: HttpResponse,
    base: URL,
  ): Promise<HttpResponse> {
    return await followed(request.method, first, (url) => this.#send(request, url, base));
  }

  async #send(
    { method, scope, headers, body }: RegistryRequest,
    url: URL,
    base: URL,
  ): Promise<HttpResponse> {
    // Who we are is for the registry alone.
    const authorization = url.origin === base.origin
      ? await this.#authorizer.header(scope)
      : undefined;
    return await this.http.request({
      method,
      url,
      headers: { ...headers, ...authorization === undefined ? {} : { authorization } },
      ...body === undefined ? {} : { body },
    });
  }

  /**
   * The URL that the registry's API begins with, `/v2/`.
   *
   * @throws {HttpError} if nothing answers there.
   */
  async base(): Promise<URL> {
    this.#base ??= withRetries(this.retries, () => this.#find(), this.onRetry);
    this.#base.catch(() => this.#base = undefined);
    return await this.#base;
  }

  async #find(): Promise<URL> {
    const { tlsVerify } = this.#options;
    const url = new URL(`https://${this.#registry}/v2/`);
    try {
      return await this.#greet(url);
    } catch (error) {
      const plainAllowed = tlsVerify === false ||
        tlsVerify === undefined && isLoopback(url.hostname);
      if (!plainAllowed || !(error instanceof HttpError) || !error.noHandshake) throw error;
      return await this.#greetPlainly(error);
    }
  }

  /** @param failure why TLS could not be spoken: it counts unless the server is known to speak none */
  async #greetPlainly(failure: HttpError): Promise<URL> {
    try {
      return await this.#greet(new URL(`http://${this.#registry}/v2/`));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      // Servers of TLS answer so what is none.
      const answered = error.status !== undefined && error.status !== 400;
      // It was cut off: that may pass, and the failure of TLS does not.
      const cut = error.status === undefined && !failure.transient;
      throw answered || cut ? error : failure;
    }
  }

  async #greet(url: URL): Promise<URL> {
    const response = await this.http.request({ method: "GET", url });
    if (response.status === 401) {
      this.#authorizer.challenged(url, response.header("www-authenticate"));
    } else if (response.status !== 200) throw await responseError("GET", response);
    response.drop();
    return url;
  }

  [Symbol.dispose](): void {
    this.http[Symbol.dispose]();
  }
}
