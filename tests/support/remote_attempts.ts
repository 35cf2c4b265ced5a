/**
 * Runs of the program on a cache that may do it harm: what comes of each, in which time and memory, and
 * what it leaves.
 * @module
 */

import { nixImageCommand } from "./program.ts";
import { askPython } from "./python.ts";
import { freshRun } from "./remote_runs.ts";
import type { Scratch } from "./scratch.ts";

/** What makes an image, to standard output, a file, a registry. */
export const MAKINGS = ["stream", "build", "push"] as const;

/** What came of a run. */
export interface Attempt {
  readonly code: number | null;
  readonly stderr: string;
  readonly seconds: number;
  /** Of the program, or of one that it started: the most at a time, in bytes. */
  readonly memory: number;
  /** What was made: bytes of the archive, or what the registry has under the tag; empty if nothing was. */
  readonly made: Uint8Array;
  /** Temporary files that are still there. */
  readonly left: readonly string[];
}

/** How a run is done. */
export interface AttemptOptions {
  readonly making: typeof MAKINGS[number];
  /** The fields of the spec. */
  readonly spec: unknown;
  /** Options of the command line. */
  readonly options: readonly string[];
  /** Lines of nix.conf. */
  readonly settings?: string;
  /** The registry to push to. */
  readonly registry: string;
}

const MOST_SECONDS = 60;
let attempts = 0;

/** Makes an image of a spec. */
export async function attempt(
  scratch: Scratch,
  { making, spec, options, settings = "", registry }: AttemptOptions,
): Promise<Attempt> {
  const { env, output, leftovers } = await freshRun(scratch.path);
  const file = `${output}/image.tar`;
  const repository = `attempt-${++attempts}`;
  const spoken = scratch.spec(spec);
  const words = {
    stream: ["stream", "--tar", spoken],
    build: ["build", spoken, "--compressor", "none", "-o", file],
    push: ["push", spoken, `docker://${registry}/${repository}:1`],
  }[making];
  const redirect = ["sh", "-c", 'exec "$@" >"$0"', making === "stream" ? file : "/dev/null"];
  const question = {
    command: [
      "/usr/bin/env",
      ...Object.entries({ ...env, NIX_CONFIG: settings }).map((pair) => pair.join("=")),
      ...redirect,
      ...nixImageCommand(),
      ...words,
      "-q",
      ...options,
    ],
    seconds: MOST_SECONDS,
  };
  const run = await askPython<Omit<Attempt, "made" | "left">>("run_measured.py", question);
  const made = making === "push"
    ? await tagged(registry, repository)
    : await Deno.readFile(file).catch(() => new Uint8Array());
  return { ...run, made, left: leftovers() };
}

/** The manifest of the only tag; fails if there is a tag without one. */
async function tagged(registry: string, repository: string): Promise<Uint8Array> {
  const place = `http://${registry}/v2/${repository}`;
  const list = await (await fetch(`${place}/tags/list`)).json();
  const manifest = await fetch(`${place}/manifests/1`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
  });
  const bytes = await manifest.bytes();
  if (manifest.status === 200) return bytes;
  if (list.tags?.length > 0) throw new Error(`There are tags: ${JSON.stringify(list)}`);
  return new Uint8Array();
}
