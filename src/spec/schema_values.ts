/**
 * Kinds of values that fields of the spec have. Each `error` says what is allowed.
 * @module
 */

import { z } from "zod";
import { isStorePath } from "../store/store_path.ts";
import { ARCHITECTURE_NAMES, OCI_ARCHITECTURES } from "./architecture.ts";
import { IMAGE_NAME, IMAGE_TAG } from "./image_name.ts";
import { parseTime } from "./time.ts";

/** A user's or group's number. The last one is taken: chown reads it as "leave as it is". */
export const id = integer(0, 2 ** 32 - 2);

/** Permission bits in octal, as a number. */
export const octalMode = (() => {
  const error = 'a string of octal digits such as "0750", at most "7777"';
  return z.string({ error }).regex(/^0*[0-7]{1,4}$/, { error })
    .transform((digits) => parseInt(digits, 8));
})();

/** A store path alone. */
export const storePath = (() => {
  const error = "a store path";
  return z.string({ error }).refine(isStorePath, { error });
})();

/** An image name, which is lower-cased; `tagField` is where its tag belongs. */
export function repositoryName(tagField: string) {
  const error = ({ input }: { input?: unknown }) => {
    const allowed = 'an image name such as "app" or "registry.example.org:5000/team/app"';
    const tagged = typeof input === "string" && /^(.*):[^:/]*$/s.exec(input)?.[1];
    return tagged && IMAGE_NAME.test(tagged)
      ? `${allowed} (the tag goes into "${tagField}")`
      : allowed;
  };
  return z.string({ error }).regex(IMAGE_NAME, { error }).transform((text) => text.toLowerCase());
}

/** The image's own name. */
export const imageName = repositoryName("tag");

/** A tag or null. */
export const imageTag = (() => {
  const error = 'null or a tag: at most 128 of the characters A-Z a-z 0-9 "_" "." "-", ' +
    'the first neither "." nor "-"';
  return z.string({ error }).regex(IMAGE_TAG, { error }).nullable();
})();

/** A path or several. */
export const paths = (() => {
  const error = "a path";
  const path = z.string({ error }).min(1, { error });
  const message = "a path or an array of paths";
  return z.union([path, z.array(path, { error: message })], { error: message });
})();

/** A store's URL, or an array of them. */
export const stores = (() => {
  const error = "the URL of a store";
  const url = z.string({ error }).regex(/^[^\s\0]+$/, { error });
  const message = "the URL of a store, or an array of such";
  return z.union([url, z.array(url, { error: message })], { error: message });
})();

/** The path of a program, or null. */
export const programPath = (() => {
  const error = "null or the path of a shell";
  return z.string({ error }).regex(/^[^\0]+$/, { error }).nullable();
})();

/** Directories for PATH, or null. */
export const searchPath = (() => {
  const error = 'a directory, without ":"';
  return z.array(z.string({ error }).regex(/^[^\0:]+$/, { error }), {
    error: "null or an array of directories",
  }).nullable();
})();

/** An architecture's name. */
export const architecture = (() => {
  const error = ({ input }: { input?: unknown }) => {
    const allowed = `one of ${OCI_ARCHITECTURES.join(", ")}, or a Nix system name for Linux`;
    const os = typeof input === "string" ? /^\w+-(?!linux$)(\w+)$/.exec(input)?.[1] : undefined;
    return os === undefined ? allowed : `${allowed} (images are for Linux, not for ${os})`;
  };
  return z.enum(ARCHITECTURE_NAMES, { error });
})();

/** A variant of an architecture, or null. */
export const architectureVariant = (() => {
  const error = 'null or a variant such as "v7"';
  return z.string({ error }).regex(/^[a-z0-9.]+$/, { error }).nullable();
})();

/** Strings by name. */
export const annotations = z.record(z.string(), z.string({ error: "a string" }), {
  error: "an object of strings",
});

/** A time from `first` on, in seconds since 1970; `limit` says so. */
export function time(first: number, limit: string) {
  const error = '"now", an ISO 8601 time such as "2026-01-31T12:00:00Z", ' +
    `or "@" and the seconds since 1970${limit}`;
  return z.string({ error }).transform((text, context) => {
    const parsed = parseTime(text);
    if (parsed === "now" || (parsed !== undefined && parsed >= first)) return parsed;
    context.issues.push({ code: "custom", message: error, input: text });
    return z.NEVER;
  });
}

/** An integer within these limits; `why` tells who gives less why it is too little. */
export function integer(least: number, most: number, why?: string) {
  const error = ({ input }: { input?: unknown }) => {
    const allowed = `an integer from ${least} to ${most}`;
    const isLess = typeof input === "number" && input < least;
    return why !== undefined && isLess ? `${allowed} (${why})` : allowed;
  };
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** True or false. */
export function boolean() {
  return z.boolean({ error: "true or false" });
}

/** One of these words, of which there are at least two. */
export function choice<const Words extends readonly [string, string, ...string[]]>(words: Words) {
  const quoted = words.map((word) => JSON.stringify(word));
  return z.enum(words, { error: `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}` });
}

/** An array, described by `array`, of values of which none is there twice; one of them is a `word`. */
export function distinct<Item extends z.ZodType>(item: Item, array: string, word: string) {
  return z.array(item, { error: array })
    .superRefine((values, context) => {
      for (const [index, value] of values.entries()) {
        if (values.indexOf(value) === index) continue;
        context.addIssue({ code: "custom", path: [index], message: `each ${word} once` });
      }
    })
    .meta({ uniqueItems: true });
}

/** A shell script. */
export function script() {
  const error = "a shell script";
  return z.string({ error }).regex(/^[^\0]*$/, { error: `${error} without NUL` });
}

/** A user's or group's name. */
export function ownerName() {
  const error = "a name";
  return z.string({ error }).refine((text) => text.isWellFormed() && !text.includes("\0"), {
    error: "a name without NUL and lone surrogates, which no tar header can hold",
  });
}
