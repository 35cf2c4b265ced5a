/**
 * Asking a registry whether it answers and whom it lets in, without changing anything there.
 * @module
 */

import type { Credentials } from "./credentials.ts";
import { HttpError } from "../http/http_error.ts";
import { Transport, type TransportOptions } from "./transport.ts";

/** What came of it. */
export interface Greeting {
  /** Where it answers: `https://HOST/v2/`, or the same with http. */
  readonly base: URL;
  /** Whether it wants to know who we are. */
  readonly wantsLogin: boolean;
  /** Whether there were credentials for it. */
  readonly hasCredentials: boolean;
  /** Why it does not let us in, or not to the repository; undefined if it does. */
  readonly refused?: HttpError;
}

/** Who may not come in. */
const REFUSALS: readonly (number | undefined)[] = [401, 403];

/**
 * Asks a registry, and its token service.
 *
 * @param repository undefined to ask for the registry alone
 * @throws {HttpError} if it does not answer as registries do.
 * @throws {ImageError} if credentials can not be got.
 */
export async function greetRegistry(
  host: string,
  repository: string | undefined,
  options: TransportOptions,
): Promise<Greeting> {
  let credentials: Credentials | undefined, wantsLogin = false;
  using transport = new Transport(host, repository ?? "", {
    ...options,
    credentials: async (...where) => {
      wantsLogin = true;
      return credentials = await options.credentials?.(...where);
    },
  });
  const base = await transport.base();
  const scope = repository === undefined ? "" : `repository:${repository}:pull`;
  let refused: HttpError | undefined;
  try {
    const target = repository === undefined ? base : `${repository}/tags/list`;
    // A repository that is not there yet may be one to push to.
    const expected = repository === undefined ? [200] : [200, 404];
    (await transport.request({ method: "GET", target, scope, expected })).drop();
  } catch (error) {
    if (!(error instanceof HttpError) || !REFUSALS.includes(error.status)) throw error;
    refused = error;
  }
  return {
    base,
    wantsLogin,
    hasCredentials: credentials !== undefined,
    ...refused ? { refused } : {},
  };
}
