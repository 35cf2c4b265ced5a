/**
 * What to send to a registry so that it lets us in: a password, or tokens of its token service.
 * @module
 */

import { Buffer } from "node:buffer";
import { z } from "zod";
import { type Challenge, parseChallenge } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { HttpError } from "../http/http_error.ts";
import type { HttpClient } from "../http/client.ts";
import { redacted } from "../http/redact.ts";
import { responseError } from "./response_error.ts";

/** Options of {@linkcode Authorizer}. */
export interface AuthorizerOptions {
  readonly http: HttpClient;
  /** Asked when the registry wants to know who we are, and but once. */
  readonly credentials: () => Promise<Credentials | undefined>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const tokenAnswer = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().nonnegative().optional(),
});

interface Token {
  readonly value: string;
  readonly until: number;
}

const MOST_OF_TOKEN = 1 << 20;
/** Seconds that a token lasts if its service does not say (distribution spec, token). */
const DEFAULT_LIFE = 60;
/** A token is not used in its last part: what it is sent with takes time to arrive. */
const USED_PART = 0.8;

/** Gives the `Authorization` for requests to one registry. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  #challenge: Challenge | undefined;
  #origin: URL | undefined;
  #credentials: Promise<Credentials | undefined> | undefined;
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /**
   * Takes note of what the registry answered with status 401.
   *
   * @returns whether it says how to be asked
   */
  challenged(url: URL, header: string | undefined): boolean {
    const challenge = header === undefined ? undefined : parseChallenge(header);
    if (challenge === undefined) return false;
    this.#challenge = challenge;
    this.#origin = url;
    return true;
  }

  /** Forgets the token for a scope: the registry does not take it any more. */
  forget(scope: string): void {
    this.#tokens.delete(scope);
  }

  /**
   * The header for a request; undefined where the registry wants none, or we have nothing for it.
   *
   * @param scope such as `repository:hello:pull`; several with spaces between them
   * @throws {HttpError} if the token service gives no token.
   * @throws {ImageError} if the credentials can not be got.
   */
  async header(scope: string): Promise<string | undefined> {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    this.#credentials ??= this.#options.credentials();
    const credentials = await this.#credentials;
    if (challenge.scheme === "basic") {
      return credentials && "password" in credentials ? basic(credentials) : undefined;
    }
    let token = this.#tokens.get(scope);
    if (token === undefined || (await token).until <= this.#options.now()) {
      token = this.#fetchToken(challenge, credentials, scope);
      this.#tokens.set(scope, token);
      token.catch(() => this.#tokens.delete(scope));
    }
    return `Bearer ${(await token).value}`;
  }

  async #fetchToken(
    { realm, service }: Challenge & { scheme: "bearer" },
    credentials: Credentials | undefined,
    scope: string,
  ): Promise<Token> {
    const url = this.#realmUrl(realm);
    const asked = this.#options.now();
    const scopes = scope === "" ? [] : scope.split(" ");
    const request = credentials && "refreshToken" in credentials
      ? refreshRequest(url, service, scope, credentials.refreshToken)
      : tokenRequest(url, service, scopes, credentials);
    const response = await this.#options.http.request(request);
    if (response.status !== 200) throw await responseError(request.method, response);
    const answer = tokenAnswer.safeParse(parse(await response.bytes(MOST_OF_TOKEN)));
    const value = answer.data?.token || answer.data?.access_token;
    // No line ends: it becomes a header.
    if (!value || !/^[!-~]+$/.test(value)) {
      throw new HttpError(`${request.method} ${redacted(url)}: the answer has no token`);
    }
    const life = answer.data?.expires_in || DEFAULT_LIFE;
    return { value, until: asked + life * 1000 * USED_PART };
  }

  #realmUrl(realm: string): URL {
    const url = URL.parse(realm, this.#origin);
    const isSafe = url?.protocol === "https:" ||
      url?.protocol === "http:" && this.#origin?.protocol === "http:";
    if (url && isSafe) return url;
    throw new HttpError(
      `${this.#origin?.host}: its token service ${
        url ? `(${redacted(url)}) ` : ""
      }is none that passwords may be sent to; it has to have an https URL`,
    );
  }
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Distribution spec, token authentication. */
function tokenRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credentials: { readonly username: string; readonly password: string } | undefined,
) {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credentials === undefined) return { method: "GET", url };
  url.searchParams.set("account", credentials.username);
  return { method: "GET", url, headers: { authorization: basic(credentials) } };
}

/** Distribution spec, OAuth2 token authentication. */
function refreshRequest(
  url: URL,
  service: string | undefined,
  scope: string,
  refreshToken: string,
) {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    service: service ?? "",
    client_id: "nix-image",
    ...scope === "" ? {} : { scope },
    refresh_token: refreshToken,
  });
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new TextEncoder().encode(form.toString()),
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
