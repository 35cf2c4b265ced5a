/**
 * What went wrong between us and a server.
 * @module
 */

import { ImageError } from "../errors.ts";

/** What is known of a failure besides its message. */
export interface FailureFacts extends ErrorOptions {
  /** The HTTP status; none where there was no answer. */
  readonly status?: number;
  /** Whether the same may well succeed in a moment. */
  readonly transient?: boolean;
  /**
   * Whether nobody answers, or only that it is not possible now; as `transient` by default, and with a
   * status from 500 on.
   */
  readonly unreachable?: boolean;
  /** How long the server wants us to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** Whether the other side is there and may not speak TLS: certificates were not the matter. */
  readonly noHandshake?: boolean;
}

/** A request failed. The message has the method and the URL, and no secret. */
export class HttpError extends ImageError {
  /** The HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** Whether the same may well succeed in a moment. */
  readonly transient: boolean;
  /** See {@linkcode FailureFacts.unreachable}. */
  readonly unreachable: boolean;
  /** How long the server wants us to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** See {@linkcode FailureFacts.noHandshake}. */
  readonly noHandshake: boolean;

  /** `message` says what was asked for, and what came of it. */
  constructor(message: string, facts: FailureFacts = {}) {
    const { status, transient = false, unreachable, retryAfter, noHandshake = false, ...options } =
      facts;
    super(message, options);
    this.status = status;
    this.transient = transient;
    this.unreachable = unreachable ?? (transient || (status ?? 0) >= 500);
    this.retryAfter = retryAfter;
    this.noHandshake = noHandshake;
  }
}
