/**
 * The schemas of `fromImage` and `inherit`.
 * @module
 */

import { z } from "zod";
import { parseReference } from "../registry/reference.ts";
import { ARCHITECTURE_NAMES, impliedVariant, ociArchitecture } from "./architecture.ts";
import { didYouMean } from "./did_you_mean.ts";
import { INHERITED_FIELDS } from "./image_spec.ts";
import { type JsonPath, type Problem, unknownField } from "./problem.ts";
import { boolean, distinct, imageTag, repositoryName } from "./schema_values.ts";

const PLATFORM = new RegExp(
  `^linux/(?<name>${ARCHITECTURE_NAMES.join("|")})(?:/(?<variant>[a-z0-9.]+))?$`,
);

/** A platform of Linux by any name of its architecture; it becomes the one with OCI's names. */
const platform = (() => {
  const error =
    'null or OS/ARCHITECTURE[/VARIANT] such as "linux/arm64/v8": the OS is linux, the ' +
    'architecture an OCI name or a machine name such as "aarch64"';
  return z.string({ error }).regex(PLATFORM, { error }).transform((text) => {
    const { name = "", variant = impliedVariant(name) } = PLATFORM.exec(text)?.groups ?? {};
    return `linux/${ociArchitecture(name)}${variant === null ? "" : `/${variant}`}`;
  });
})();

const path = (() => {
  const error = "the path of an image";
  return z.string({ error }).min(1, { error });
})();

const located = z.strictObject({
  path: path.describe("Where the image or the images are, as fromImage itself says it."),
  name: repositoryName("fromImage.tag").nullable().prefault(null).describe(
    "The repository name of the image in there. Null: there is but one.",
  ),
  tag: imageTag.default(null).describe(
    "The tag of the image in there. Null: latest, or there is but one.",
  ),
  platform: platform.nullable().prefault(null).describe(
    "The image in there that is for this platform, OS/ARCHITECTURE[/VARIANT] such as linux/arm64. " +
      "Null: for the one that the new image is for.",
  ),
}, { error: "null, a path, or an object with one" });

const registry = (() => {
  const error = 'an image in a registry such as "docker.io/library/alpine@sha256:…"';
  return z.string({ error }).refine(isReference, { error });
})();

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

const inRegistry = z.strictObject({
  registry: registry.describe(
    "The image's name with its registry, and its digest: docker.io/library/alpine@sha256:… It is " +
      "pulled once and kept. With a tag instead it is what the tag stands for in nix-image.lock " +
      "beside the spec, or else in the registry just now.",
  ),
  platform: platform.nullable().prefault(null).describe(
    "Which image of an index, OS/ARCHITECTURE[/VARIANT] such as linux/arm64. Null: the one for " +
      "what the new image is for.",
  ),
  tlsVerify: boolean().default(true).describe(
    "Whether the registry must speak TLS, with a certificate that holds.",
  ),
}, { error: "null, a path, or an object with one" });

const LOCATED_FIELDS = Object.keys(located.shape);
const REGISTRY_FIELDS = Object.keys(inRegistry.shape);

/** The problem of a field that `fromImage`, as an object, does not have. */
export function unknownBaseField(path: JsonPath, given: object): Problem {
  const name = String(path.at(-1));
  if (REGISTRY_FIELDS.includes(name)) return { path, text: "only for an image in a registry" };
  if (LOCATED_FIELDS.includes(name)) return { path, text: "only for an image in a file" };
  if ("path" in given) return unknownField(path, LOCATED_FIELDS);
  if ("registry" in given) return unknownField(path, REGISTRY_FIELDS);
  return unknownField(path, [...new Set([...LOCATED_FIELDS, ...REGISTRY_FIELDS])]);
}

/** The schema of `fromImage`; dockerTools gives the path alone. */
export const fromImage = z.union([path, located, inRegistry], {
  error: "null, a path, or an object with one",
}).nullable();

/** The schema of `fromImageName`, a `name` beside the path. */
export const fromImageName = repositoryName("fromImageTag").nullable();

/** The schema of `fromImageTag`, a `tag` beside the path. */
export const fromImageTag = imageTag;

const inheritedField = z.enum(INHERITED_FIELDS, {
  error: ({ input }) => {
    const allowed = `one of ${INHERITED_FIELDS.join(", ")}`;
    const near = typeof input === "string" ? didYouMean(input, INHERITED_FIELDS) : undefined;
    return near === undefined ? allowed : `${allowed} (did you mean ${JSON.stringify(near)}?)`;
  },
});

/** The schema of `inherit`: fields of a config, none twice. */
export const inherit = distinct(inheritedField, "an array of config fields' names", "field");
