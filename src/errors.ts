/**
 * Errors that a user can act on. Anything else that is thrown is a defect of the program.
 * @module
 */

/** A failure with a message for the user: what was wrong, where, and what to do. Exit status 1. */
export class ImageError extends Error {
  /** The exit status the command line reports for this error. */
  readonly exitStatus: 1 | 2 = 1;
  /** Whether the user needs no message, as when it was they who ended the run. */
  readonly quiet: boolean = false;

  /** `message` says what was wrong, where, and what to do about it */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The command line or the spec is wrong. Exit status 2. */
export class UsageError extends ImageError {
  /** Wrong usage, not a failure. */
  override readonly exitStatus = 2;
}
