/**
 * How a registry wants to be asked: `WWW-Authenticate` (RFC 9110, section 11.6.1; distribution spec,
 * token authentication).
 * @module
 */

/** What a registry answers whom it does not know. */
export type Challenge =
  | { readonly scheme: "basic" }
  | {
    readonly scheme: "bearer";
    /** The URL of the token service. */
    readonly realm: string;
    readonly service: string | undefined;
  };

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = `${TOKEN}\\s*=\\s*(?:"(?:[^"\\\\]|\\\\.)*"|${TOKEN})`;
const CHALLENGE = new RegExp(
  `[\\s,]*(${TOKEN})(?:\\s+(${PARAMETER}(?:\\s*,\\s*${PARAMETER})*))?\\s*(?:,|$)`,
  "gy",
);
const MOST = 8192;

/** The best of the challenges in a header that we can answer; undefined if there is none. */
export function parseChallenge(header: string): Challenge | undefined {
  let basic: Challenge | undefined;
  for (const [, scheme = "", text = ""] of header.slice(0, MOST).trim().matchAll(CHALLENGE)) {
    if (scheme.toLowerCase() === "basic") basic = { scheme: "basic" };
    if (scheme.toLowerCase() !== "bearer") continue;
    const parameters = parseParameters(text);
    const realm = parameters.get("realm");
    if (realm === undefined) continue;
    return { scheme: "bearer", realm, service: parameters.get("service") };
  }
  return basic;
}

function parseParameters(text: string): Map<string, string> {
  const parameter = new RegExp(`(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))`, "g");
  return new Map(
    Array.from(text.matchAll(parameter), ([, name = "", quotedValue, token]) => [
      name.toLowerCase(),
      quotedValue?.replace(/\\(.)/g, "$1") ?? token ?? "",
    ]),
  );
}
