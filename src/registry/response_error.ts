/**
 * What a registry says when it does not do what it was asked.
 * @module
 */

import { z } from "zod";
import { shortened } from "../visible.ts";
import { HttpError } from "../http/http_error.ts";
import type { HttpResponse } from "../http/client.ts";
import { redacted } from "../http/redact.ts";
import { retryAfter } from "../http/retry.ts";

/** Distribution spec, error codes. */
const errors = z.looseObject({
  errors: z.array(z.looseObject({
    code: z.string().optional(),
    message: z.string().nullish(),
  })),
});

const MOST_READ = 1 << 16, MOST_SHOWN = 300, MOST_ERRORS = 3;
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

const HINTS: Readonly<Record<number, string>> = {
  401: "log in (podman login, docker login), or give --authfile or --username",
  403: "the user may not do that there",
  404: "check the name; some registries say so of what the user may not see, too",
};

const LOST_UPLOAD = "the registry has lost the upload: it may be restarting, or its disk full";

/** The error for an answer that is none of those expected. Its body is read. */
export async function responseError(
  method: string,
  response: HttpResponse,
): Promise<HttpError> {
  const { status, url } = response;
  const said = method === "HEAD" ? (response.drop(), "") : await saidBy(response);
  const hint = said.startsWith("BLOB_UPLOAD_") ? LOST_UPLOAD : HINTS[status];
  return new HttpError(
    `${method} ${redacted(url)}: ${status}${said && ` ${said}`}${hint ? `; ${hint}` : ""}`,
    {
      status,
      transient: TRANSIENT.has(status),
      retryAfter: retryAfter(response.header("retry-after"), Date.now()),
    },
  );
}

async function saidBy(response: HttpResponse): Promise<string> {
  let text: string;
  try {
    text = new TextDecoder().decode(await response.bytes(MOST_READ));
  } catch {
    return "";
  }
  const parsed = errors.safeParse(parse(text));
  if (!parsed.success) return "";
  const lines = parsed.data.errors.slice(0, MOST_ERRORS)
    .map(({ code, message }) => [code, message].filter(Boolean).join(": "));
  return shortened(lines.join("; "), MOST_SHOWN);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
