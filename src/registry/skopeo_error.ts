/**
 * What skopeo says when it fails, as an error for people.
 * @module
 */

import { ImageError } from "../errors.ts";
import { indent } from "../process/run.ts";
import { visible } from "../visible.ts";

/** What can be done, by what is said. The first that fits. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /server gave HTTP response to HTTPS client/,
    "the registry speaks no TLS: --tls-verify=false, or tlsVerify in a spec, allows that",
  ],
  [
    /x509:|certificate/,
    "name a directory with the certificate of its authority (*.crt) with --cert-dir",
  ],
  [
    /unauthorized|authentication required|no basic auth|\b40[13]\b|access to the resource is denied/,
    "check the name, and log in (skopeo login HOST) or give --authfile",
  ],
  [/manifest unknown|name unknown|not found/, "check its name, tag and digest"],
  [
    /connection refused|no such host|timeout|unreachable|network/,
    "check the registry's name, and whether it can be reached",
  ],
];

/**
 * The error for an image that skopeo could not get.
 *
 * @param stderr all that it wrote there
 * @param status how it ended
 */
export function skopeoError(image: string, stderr: string, status: string): ImageError {
  const said = withoutSecrets(fatalMessage(stderr) ?? indent(stderr));
  const hint = HINTS.find(([pattern]) => pattern.test(said))?.[1];
  const what = said.trim() === "" ? `skopeo failed (${status})` : said;
  return new ImageError(
    `Cannot get ${image} from its registry: ${what}${hint === undefined ? "" : `\n  ${hint}`}`,
  );
}

/** The message in its last line of the log, which is in logfmt: Go quotes it as JSON does. */
function fatalMessage(stderr: string): string | undefined {
  const quoted = [...stderr.matchAll(/level=fatal msg=("(?:[^"\\]|\\.)*"|\S+)/g)].at(-1)?.[1];
  if (quoted === undefined) return undefined;
  let message = quoted;
  try {
    message = String(JSON.parse(quoted));
  } catch {
    // A word without quotes, or an escape that JSON has not.
  }
  return visible(message).replace(/^Error (?:parsing image name|initializing source) .*?"?: /, "")
    .replace(/^initializing source docker:\/\/\S+: /, "");
}

/** URLs may have passwords before the host, and tokens in their queries. */
function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^\s/"@]+@/g, "//").replace(/(https?:\/\/[^\s"?]+\?)[^\s"]*/g, "$1…");
}
