/**
 * Requests that get no answer: why, and whether that may pass.
 * @module
 */

import { visible } from "../visible.ts";
import { HandshakeError } from "./agents.ts";
import { HttpError } from "./http_error.ts";
import { redacted } from "./redact.ts";

/** What servers that do not speak TLS make of it; Deno 2.6 has no codes. */
const NO_TLS =
  /^(?:ERR_SSL_WRONG_VERSION_NUMBER|EPROTO|ERR_SSL_PACKET_LENGTH_TOO_LONG)$|InvalidContentType/;
const CERTIFICATE = /CERT|SIGNATURE|SELF_SIGNED|ALTNAME|ISSUER/;

/** The error for a request of which nothing came, by what the system, TLS or the proxy made of it. */
export function failureOf(
  { method, url }: { readonly method: string; readonly url: URL },
  cause: unknown,
): HttpError {
  if (cause instanceof HttpError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const inner = cause instanceof HandshakeError ? cause.cause : cause;
  const code = inner instanceof Error && "code" in inner ? String(inner.code) : "";
  const noTls = NO_TLS.test(code) || NO_TLS.test(reason);
  const untrusted = !noTls && (CERTIFICATE.test(code) || /certificate/i.test(reason));
  const missing = code === "ENOTFOUND";
  const hint = untrusted
    ? "; give its certificate authority with --ca-file"
    : noTls
    ? "; it does not speak TLS: --tls-verify=false allows that"
    : "";
  return new HttpError(
    `${method} ${redacted(url)}: ${visible(reason)}${hint}`,
    {
      cause,
      noHandshake: cause instanceof HandshakeError && !untrusted,
      transient: !untrusted && !noTls && !missing,
      unreachable: !untrusted && !noTls,
    },
  );
}
