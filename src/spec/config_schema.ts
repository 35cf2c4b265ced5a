/**
 * The image config's `config` object: the fields that Docker and OCI define.
 *
 * Sources: the OCI image specification (config.md) and Docker's image specification 1.2 and 1.3.
 * @module
 */

import { z } from "zod";
import { didYouMean } from "./did_you_mean.ts";
import type { JsonObject, JsonValue } from "./image_spec.ts";
import { type JsonPath, type Problem, unexpected, unknownField } from "./problem.ts";

function string() {
  return z.string({ error: "a string" }).optional();
}

function boolean() {
  return z.boolean({ error: "true or false" }).optional();
}

function integer() {
  return z.int({ error: "an integer" }).optional();
}

// Null is what Docker itself writes for a list or an object that is not set.
function strings() {
  const error = "an array of strings, or null";
  return z.array(z.string({ error: "a string" }), { error }).nullable().optional();
}

/** Go reads these as sets: objects whose values are all {}. */
function set() {
  const error = 'an object, such as {"KEY": {}}, or null';
  return z.record(z.string(), z.object({}, { error: "an empty object" }).nullable(), { error })
    .nullable().optional();
}

function labels() {
  const error = "an object of strings, or null";
  return z.record(z.string(), z.string({ error: "a string" }), { error }).nullable().optional();
}

function environment() {
  const error = '"KEY=value"';
  return z.array(z.string({ error }).regex(/^[^=]+=/, { error }), {
    error: 'an array of "KEY=value" strings, or null',
  }).nullable().optional();
}

function duration() {
  return z.int({ error: "an integer (nanoseconds)" }).optional();
}

const healthcheck = z.looseObject({
  Test: strings().describe(
    '["CMD", program, argument…], ["CMD-SHELL", command], or ["NONE"]; [] inherits.',
  ),
  Interval: duration().describe("Nanoseconds between two checks."),
  Timeout: duration().describe("Nanoseconds after which a check has failed."),
  StartPeriod: duration().describe("Nanoseconds in which failed checks do not count yet."),
  StartInterval: duration().describe("Nanoseconds between two checks in the start period."),
  Retries: integer().describe(
    "The number of failed checks after which the container is unhealthy.",
  ),
}, { error: "an object, or null" });

/** The schema of the `config` object. Fields that it does not know are let through. */
export const configSchema = z.looseObject({
  Env: environment().describe("Environment variables, each KEY=value."),
  Cmd: strings().describe("The command, or the default arguments of Entrypoint."),
  Entrypoint: strings().describe("The program that is always run, and its first arguments."),
  WorkingDir: string().describe("The directory in which the program starts."),
  User: string().describe("The user, and optionally group: USER, UID, USER:GROUP, UID:GID, …"),
  ExposedPorts: set().describe('The ports on which the program listens: {"80/tcp": {}}.'),
  Volumes: set().describe('The directories that are to be volumes: {"/data": {}}.'),
  Labels: labels().describe("Arbitrary metadata."),
  StopSignal: string().describe("The signal that stops the container, such as SIGTERM."),
  StopTimeout: integer().unwrap().nullable().optional().describe(
    "Seconds to wait before the container is killed.",
  ),
  Healthcheck: healthcheck.nullable().optional().describe("How to see that the container works."),
  Shell: strings().describe("The shell for the shell form of commands."),
  OnBuild: strings().describe("Dockerfile instructions for images that are built on this one."),
  Hostname: string().describe("The container's host name."),
  Domainname: string().describe("The container's domain name."),
  AttachStdin: boolean().describe("Whether standard input is attached."),
  AttachStdout: boolean().describe("Whether standard output is attached."),
  AttachStderr: boolean().describe("Whether standard error is attached."),
  Tty: boolean().describe("Whether there is a terminal."),
  OpenStdin: boolean().describe("Whether standard input is open."),
  StdinOnce: boolean().describe("Whether standard input closes after the first client."),
  ArgsEscaped: boolean().describe("Whether the command is escaped already (Windows)."),
  NetworkDisabled: boolean().describe("Whether the container has no network."),
  MacAddress: string().describe("The container's MAC address."),
  Image: string().describe("The image from which the container was made."),
  Memory: integer().describe("The memory limit in bytes."),
  MemorySwap: integer().describe("The limit of memory and swap in bytes, or -1."),
  CpuShares: integer().describe("The relative weight of the CPU."),
}, { error: "a JSON object" });

/** The fields that look like known ones misspelt. Docker and others ignore such a field. */
export function misspeltConfigFields(config: JsonObject, path: JsonPath): Problem[] {
  const problems = misspeltFields(config, Object.keys(configSchema.shape), path);
  const check = config.Healthcheck;
  if (isObject(check)) {
    const known = Object.keys(healthcheck.shape);
    problems.push(...misspeltFields(check, known, [...path, "Healthcheck"]));
  }
  return problems;
}

function misspeltFields(object: JsonObject, known: readonly string[], path: JsonPath): Problem[] {
  return Object.keys(object)
    .filter((key) => !known.includes(key) && didYouMean(key, known) !== undefined)
    .map((key) => unknownField([...path, key], known));
}

/**
 * The numbers that may have lost digits when the spec was read, or would when the image is: most
 * programs read JSON's numbers as doubles, which hold no integers beyond 2^53 exactly.
 */
export function inexactNumbers(value: JsonValue, path: JsonPath): Problem[] {
  if (typeof value === "number") {
    const exact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
    return exact ? [] : [unexpected(path, "a number within -(2^53 - 1) to 2^53 - 1", value)];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => inexactNumbers(item, [...path, index]));
  }
  if (isObject(value)) {
    return Object.entries(value).flatMap(([key, item]) => inexactNumbers(item, [...path, key]));
  }
  return [];
}

/** Whether `value` is a JSON object: no array, not null. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
