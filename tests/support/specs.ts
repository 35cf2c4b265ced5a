/** Checked specs for tests. */

import type { ImageSpec, RootSource } from "../../src/spec/image_spec.ts";

/** A spec with every default but for the architecture, which is that of no particular host. */
export const DEFAULTS: Omit<ImageSpec, "name"> = {
  tag: null,
  type: "layered",
  contents: [],
  copyToRoot: [],
  keepContentsDirlinks: false,
  helpers: [],
  fakeNss: { extraPasswdLines: [], extraGroupLines: [] },
  extraCommands: "",
  fakeRootCommands: "",
  enableFakechroot: false,
  shell: null,
  path: null,
  permissions: [],
  includeNixDB: false,
  config: {},
  os: "linux",
  architecture: "amd64",
  variant: null,
  created: 1,
  mtime: 1,
  uid: 0,
  gid: 0,
  uname: "root",
  gname: "root",
  maxLayers: 100,
  includeStorePaths: true,
  layering: "auto",
  compressor: "gz",
};

/** Sources from the store. */
export function fromStore(...paths: string[]): RootSource[] {
  return paths.map((path) => ({ kind: "store", path }));
}
