/**
 * What `helpers` adds to the root: files that programs expect in fixed places.
 * @module
 */

import { basename, resolve } from "node:path/posix";
import { UsageError } from "../errors.ts";
import type { FakeNssLines, HelperName } from "../spec/image_spec.ts";
import { type StoreFiles, storeOnDisk } from "../store/store_files.ts";
import { contentOfBytes } from "../tar/stream.ts";
import type { Owner, RootEntry, RootTree } from "./root_tree.ts";
import { findStoreFile } from "./store_file.ts";

/** What helpers are made from. */
export interface HelperOptions {
  readonly fakeNss: FakeNssLines;
  /** Logical paths in the store that the spec names; the first that has a file is taken. */
  readonly candidates: readonly string[];
  /** Directories with a colon between them: where to look after the candidates. */
  readonly searchPath: string;
  /** Where store paths are: the directory that holds `nix/store`, or what knows it of each. */
  readonly storeRoot: string | StoreFiles;
  readonly owner: Owner;
}

/** A helper that links to a file of the store. */
interface LinkHelper {
  /** What may be linked to, below a store path; what comes first is preferred. */
  readonly files: readonly string[];
  readonly executable: boolean;
  readonly links: readonly string[];
  /** The package of nixpkgs that has it. */
  readonly from: string;
}

const LINKS: Record<Exclude<HelperName, "fakeNss">, LinkHelper> = {
  usrBinEnv: {
    files: ["bin/env"],
    executable: true,
    links: ["usr/bin/env"],
    from: "coreutils",
  },
  binSh: {
    files: ["bin/bash", "bin/sh"],
    executable: true,
    links: ["bin/sh"],
    from: "bash",
  },
  caCertificates: {
    files: ["etc/ssl/certs/ca-bundle.crt", "etc/ssl/certs/ca-certificates.crt"],
    executable: false,
    links: [
      "etc/ssl/certs/ca-bundle.crt",
      "etc/ssl/certs/ca-certificates.crt",
      "etc/pki/tls/certs/ca-bundle.crt",
    ],
    from: "cacert",
  },
};

/**
 * The entries of the helpers, without the directories that they are in. Links lead to files of the
 * store, which the image has to hold too.
 *
 * @throws {UsageError} if what a helper links to is nowhere.
 */
export async function helperEntries(
  names: readonly HelperName[],
  options: HelperOptions,
): Promise<RootTree> {
  const entries: RootEntry[] = [];
  for (const name of names) {
    entries.push(
      ...name === "fakeNss" ? fakeNssEntries(options) : await linkEntries(name, options),
    );
  }
  return new Map(entries.map((entry) => [entry.path, entry]));
}

async function linkEntries(
  name: Exclude<HelperName, "fakeNss">,
  options: HelperOptions,
): Promise<RootEntry[]> {
  const target = await findTarget(LINKS[name], options);
  if (target === undefined) {
    const { files, from } = LINKS[name];
    throw new UsageError(
      `"helpers": ${name} needs a store path with ${files.join(" or ")}: ` +
        `name ${from} in contents, copyToRoot or path`,
    );
  }
  return LINKS[name].links.map((path) => ({
    ...common(path, options),
    type: "symlink",
    mode: 0o777,
    size: 0,
    target,
  }));
}

/** What the spec names comes before what this host happens to have. */
async function findTarget(
  helper: LinkHelper,
  options: HelperOptions,
): Promise<string | undefined> {
  const { candidates, searchPath, storeRoot } = options;
  const store = typeof storeRoot === "string" ? storeOnDisk(storeRoot) : storeRoot;
  const directories = searchPath.split(":").filter((directory) => directory.startsWith("/"));
  const places: ((file: string) => string[])[] = [
    (file) => candidates.map((path) => `${path}/${file}`),
    (file) => directories.map((directory) => besideProgram(directory, file)),
  ];
  for (const pathsOf of places) {
    for (const path of helper.files.flatMap(pathsOf)) {
      const found = await findStoreFile(path, store);
      if (found && (found.executable || !helper.executable)) return found.path;
    }
  }
  return undefined;
}

/** Where a package with its programs in `directory`, its `bin`, has `file`. */
function besideProgram(directory: string, file: string): string {
  return file.startsWith("bin/")
    ? resolve(directory, basename(file))
    : resolve(directory, "..", file);
}

function fakeNssEntries(options: HelperOptions): RootEntry[] {
  const { extraPasswdLines, extraGroupLines } = options.fakeNss;
  return [
    textFile("etc/passwd", [
      "root:x:0:0:root user:/var/empty:/bin/sh",
      ...extraPasswdLines,
      "nobody:x:65534:65534:nobody:/var/empty:/bin/sh",
    ], options),
    textFile("etc/group", ["root:x:0:", ...extraGroupLines, "nobody:x:65534:"], options),
    textFile("etc/nsswitch.conf", ["hosts: files dns"], options),
    { ...common("var/empty", options), type: "directory", mode: 0o755, size: 0, target: "" },
  ];
}

function textFile(path: string, lines: readonly string[], options: HelperOptions): RootEntry {
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  return {
    ...common(path, options),
    type: "file",
    mode: 0o644,
    size: bytes.length,
    target: "",
    open: () => contentOfBytes(bytes),
  };
}

function common(path: string, { owner }: HelperOptions) {
  return { path, uid: owner.uid, gid: owner.gid, origin: `/${path}` };
}
