/**
 * Credential helpers: programs named `docker-credential-NAME` that keep passwords
 * (docker-credential-helpers).
 * @module
 */

import { z } from "zod";
import { ImageError } from "../errors.ts";
import { runShell } from "../process/run.ts";
import { quoted } from "../visible.ts";
import type { Credentials } from "./credentials.ts";

const PREFIX = "docker-credential-";

/** The name of a helper's program. */
export function helperProgram(name: string): string {
  return PREFIX + name;
}

/** The first line tells how it went: a helper says on standard output what went wrong, too. */
const SCRIPT = `if out=$("${PREFIX}$1" get 2>/dev/null); then echo yes; else echo no; fi
printf '%s' "$out"`;

const answer = z.looseObject({ Username: z.string(), Secret: z.string() });

/** A user by this name has a token in the place of a password. */
const TOKEN_USER = "<token>";

/**
 * Asks a helper.
 *
 * @param server what it has the credentials by
 * @returns undefined if it has none
 * @throws {ImageError} if it fails.
 */
export async function helperCredentials(
  name: string,
  server: string,
): Promise<Credentials | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    throw new ImageError(
      `The auth file names a credential helper that can not be: ${quoted(name)}`,
    );
  }
  const text = new TextDecoder().decode(await runShell(SCRIPT, [name], server));
  const output = text.slice(text.indexOf("\n") + 1);
  if (text.startsWith("yes\n")) {
    const parsed = answer.safeParse(parse(output));
    if (parsed.success) {
      const { Username: username, Secret: secret } = parsed.data;
      if (username === TOKEN_USER) return { refreshToken: secret };
      return { username, password: secret };
    }
  } else if (/credentials not found/i.test(output)) return undefined;
  // What it says may be a secret.
  throw new ImageError(
    `docker-credential-${name} gives no credentials for ${server}; see what it says: ` +
      `echo ${server} | docker-credential-${name} get`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
