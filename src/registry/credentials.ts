/**
 * What registries know users by.
 * @module
 */

/** A user, or a token that stands for one. None of it is ever part of a message. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | {
    /** Gets tokens (`identitytoken` of an auth file). */
    readonly refreshToken: string;
  };

/** Finds the credentials for a repository; undefined if there are none. */
export type CredentialSource = (
  host: string,
  repository: string,
) => Promise<Credentials | undefined>;
