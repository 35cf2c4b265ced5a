/**
 * The schemas of `helpers` and `fakeNss`.
 * @module
 */

import { z } from "zod";
import { HELPERS } from "./image_spec.ts";
import { choice, distinct } from "./schema_values.ts";

/** The schema of `helpers`: names, none twice. */
export const helpers = distinct(choice(HELPERS), "an array of helpers' names", "helper");

/** Lines of `fields` fields, the first of which is not empty. */
function lines(fields: number, allowed: string) {
  const pattern = new RegExp(String.raw`^[^:\n\0]+(?::[^:\n\0]*){${fields - 1}}$`);
  return z.array(z.string({ error: allowed }).regex(pattern, { error: allowed }), {
    error: "an array of lines",
  });
}

const PASSWD = "a line of passwd(5), seven fields such as " +
  '"app:x:1000:1000:App:/home/app:/bin/sh"';
const GROUP = 'a line of group(5), four fields such as "app:x:1000:"';

/** The schema of `fakeNss`. */
export const fakeNss = z.strictObject({
  extraPasswdLines: lines(7, PASSWD).default([]).describe(
    "Lines for /etc/passwd, between root and nobody.",
  ),
  extraGroupLines: lines(4, GROUP).default([]).describe(
    "Lines for /etc/group, between root and nobody.",
  ),
}, { error: "an object with extraPasswdLines or extraGroupLines" });

/** The names of the fields of `fakeNss`. */
export const FAKE_NSS_FIELDS: readonly string[] = Object.keys(fakeNss.shape);
