/** Specs for tests. */

import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import type { ImageSpec, RootSource } from "../../src/spec/image_spec.ts";
import { type LoadedSpec, loadSpec, type SpecSource } from "../../src/spec/load.ts";

/** A spec with every default but for the architecture, which is that of no particular host. */
export const DEFAULTS: Omit<ImageSpec, "name"> = {
  tag: null,
  type: "layered",
  fromImage: null,
  inherit: ["Env"],
  contents: [],
  copyToRoot: [],
  keepContentsDirlinks: false,
  helpers: [],
  fakeNss: { extraPasswdLines: [], extraGroupLines: [] },
  files: [],
  runAsRoot: "",
  diskSize: null,
  buildVMMemorySize: 512,
  extraCommands: "",
  fakeRootCommands: "",
  enableFakechroot: false,
  shell: null,
  path: null,
  permissions: [],
  includeNixDB: false,
  config: {},
  annotations: {},
  os: "linux",
  architecture: "amd64",
  variant: null,
  created: 1,
  mtime: 1,
  uid: 0,
  gid: 0,
  uname: "root",
  gname: "root",
  maxLayers: null,
  includeStorePaths: true,
  absentStorePaths: [],
  store: [],
  layering: "updates",
  layeringPipeline: null,
  groups: [],
  compressor: "gz",
};

/** Sources from the store. */
export function fromStore(...paths: string[]): RootSource[] {
  return paths.map((path) => ({ kind: "store", path }));
}

/** Loads a spec, text or bytes as they are, from standard input. */
export function load(spec: unknown, options: Partial<SpecSource> = {}): Promise<LoadedSpec> {
  const text = typeof spec === "string" ? spec : JSON.stringify(spec);
  const bytes = spec instanceof Uint8Array ? spec : new TextEncoder().encode(text);
  return loadSpec({
    source: "-",
    readStdin: () => Promise.resolve(bytes),
    hostArchitecture: "x86_64",
    ...options,
  });
}

/** The lines of the error that {@linkcode load} fails with, without the name of the source. */
export async function errorLines(spec: unknown): Promise<string[]> {
  const error = await load(spec).then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof UsageError, `no usage error: ${error}`);
  return error.message.split("\n").map((line) => {
    assert.ok(line.startsWith("standard input: "), line);
    return line.slice("standard input: ".length);
  });
}
