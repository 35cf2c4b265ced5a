/**
 * The options that say how a registry is talked to.
 * @module
 */

import { UsageError } from "../errors.ts";

/** Options of all commands that talk to a registry. */
export interface RegistryOptions {
  readonly authfile?: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly tlsVerify?: boolean;
  readonly caFile?: string;
  readonly certDir?: string;
}

/** More is no password. */
const MOST_OF_PASSWORD = 1 << 16;

/**
 * The name that was given, with the password on standard input.
 *
 * @throws {UsageError} if options contradict one another, or there is no password.
 */
export async function givenCredentials(
  { authfile, username, passwordStdin = false }: RegistryOptions,
): Promise<{ readonly username: string; readonly password: string } | undefined> {
  if (username === undefined && !passwordStdin) return undefined;
  if (username === undefined) throw new UsageError("--password-stdin: give a --username, too");
  if (!passwordStdin) {
    throw new UsageError("--username: give the password on standard input, with --password-stdin");
  }
  if (authfile !== undefined) {
    throw new UsageError("--authfile and --username: give one of them");
  }
  if (username === "" || username.includes(":")) {
    throw new UsageError("--username: expected a name without colon");
  }
  if (Deno.stdin.isTerminal()) {
    throw new UsageError("--password-stdin: standard input is a terminal; send the password there");
  }
  const bytes = await new Response(Deno.stdin.readable).bytes();
  const password = new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
  if (password === "" || bytes.length > MOST_OF_PASSWORD || /[\r\n\0]/.test(password)) {
    throw new UsageError("--password-stdin: expected a password on standard input, in one line");
  }
  return { username, password };
}
