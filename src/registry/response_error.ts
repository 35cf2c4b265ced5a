/**
 * What a registry says when it does not do what it was asked.
 * @module
 */

import { z } from "zod";
import { shortened } from "../visible.ts";
import type { HttpError } from "../http/http_error.ts";
import type { HttpResponse } from "../http/client.ts";
import { statusError } from "../http/status_error.ts";

/** Distribution spec, error codes. */
const errors = z.looseObject({
  errors: z.array(z.looseObject({
    code: z.string().optional(),
    message: z.string().nullish(),
  })),
});

const MOST_READ = 1 << 16, MOST_SHOWN = 300, MOST_ERRORS = 3;

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
  const { status } = response;
  const said = method === "HEAD" ? (response.drop(), "") : await saidBy(response);
  const hint = said.startsWith("BLOB_UPLOAD_") ? LOST_UPLOAD : HINTS[status];
  return statusError(method, response, said, hint);
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
