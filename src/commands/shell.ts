/**
 * `nix-image shell DRV`.
 * @module
 */

import { basename, resolve } from "node:path/posix";
import { OutputFile } from "../disk/output_part.ts";
import { UsageError } from "../errors.ts";
import { checkGraph, inputPaths, readDerivation } from "../nix_shell/inputs.ts";
import { type ShellSpec, shellSpec } from "../nix_shell/shell_spec.ts";
import type { ShellCommand } from "../nix_shell/scripts.ts";
import { checkSupported } from "../nix_shell/supported.ts";
import { findStoreFile } from "../rootfs/store_file.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../spec/image_name.ts";
import type { Compressor } from "../spec/image_spec.ts";
import { resolveFileOrDirectory } from "../spec/sources.ts";
import { readGraphFile } from "../store/graph_file.ts";
import { storeDatabase } from "../store/nix_store.ts";
import { storeOnDisk } from "../store/store_files.ts";
import type { Derivation } from "../store/derivation.ts";
import { enclosingStorePath, isStorePath, namePart, type StorePath } from "../store/store_path.ts";
import { jsonText } from "../terminal/format.ts";
import { print, writeStream, writeToStdout } from "../terminal/output.ts";
import { checkStoreRoot } from "./planning.ts";
import { type Report, reportTo } from "./report.ts";
import { streamCommand } from "./stream.ts";

/** Options of {@linkcode shellCommand}. */
export interface ShellCommandOptions {
  readonly output?: string;
  readonly stream?: boolean;
  readonly name?: string;
  readonly tag?: string;
  readonly uid: number;
  readonly gid: number;
  readonly homeDirectory: string;
  readonly shell?: string;
  readonly command?: string;
  readonly run?: string;
  readonly coreutils?: string;
  readonly cacert?: string;
  readonly compressor?: Compressor;
  readonly realise: boolean;
  readonly storeRoot?: string;
  readonly closure?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Writes the spec of an image in which a derivation can be built, or that image. */
export async function shellCommand(drv: string, options: ShellCommandOptions): Promise<void> {
  const { output = "", stream, quiet, verbose, storeRoot, closure } = options;
  checkOptions(options);
  using report = reportTo(options);
  const textOf = (spec: object) => `${JSON.stringify(spec, null, 2)}\n`;
  if (stream) {
    const streaming = {
      layerNames: "identity",
      ...storeRoot === undefined ? {} : { storeRoot },
      ...closure === undefined ? {} : { closure },
      ...quiet === undefined ? {} : { quiet },
      ...verbose === undefined ? {} : { verbose },
    } as const;
    const spec = async () => new TextEncoder().encode(textOf(await specOf(drv, options, report)));
    return await streamCommand("-", streaming, spec);
  }
  const spec = await specOf(drv, options, report);
  if (output === "-") return await writeToStdout(new Blob([textOf(spec)]).stream());
  using file = new OutputFile(output);
  await writeStream(new Blob([textOf(spec)]).stream(), file);
  file.commit();
  const { name, tag = null } = spec;
  if (options.json) await print(jsonText({ path: output, name, tag }));
}

function checkOptions(options: ShellCommandOptions): void {
  const { output, stream, command, run, name, tag, homeDirectory, closure } = options;
  if ((output === undefined) === !stream) {
    throw new UsageError(
      "Say what to write: the spec of the image with --output FILE (-: to standard output), or the " +
        "image with --stream",
    );
  }
  if (options.json && (stream || output === "-")) {
    throw new UsageError("--json: standard output is taken; add --output FILE for the spec");
  }
  // nixpkgs' words, which people look for.
  if (command !== undefined && run !== undefined) {
    throw new UsageError("streamNixShellImage: Can't specify both command and run");
  }
  if (name !== undefined && !IMAGE_NAME.test(name)) {
    throw new UsageError(`--name: expected an image name without tag, found ${quoted(name)}`);
  }
  if (tag !== undefined && !IMAGE_TAG.test(tag)) {
    throw new UsageError(`--tag: expected a tag, found ${quoted(tag)}`);
  }
  // Within a line of /etc/passwd.
  if (!/^\/[^:\n\0]*$/.test(homeDirectory)) {
    throw new UsageError(
      `--home-directory: expected an absolute path without ":", found ${quoted(homeDirectory)}`,
    );
  }
  for (const [option, text] of Object.entries({ command, run })) {
    if (text?.includes("\0")) throw new UsageError(`--${option}: a script can have no NUL`);
  }
  if (closure !== undefined && options.realise === false) {
    throw new UsageError("--no-realise: with --closure nothing is realised anyway");
  }
}

async function specOf(
  drv: string,
  options: ShellCommandOptions,
  report: Report,
): Promise<ShellSpec> {
  const { uid, gid, homeDirectory, tag = null, compressor } = options;
  const storeRoot = options.storeRoot === undefined ? "" : checkStoreRoot(options.storeRoot);
  const file = await findDerivation(drv, storeRoot);
  const derivation = readDerivation(file);
  const name = derivationName(file, derivation);
  for (const notice of checkSupported(derivation, name)) report.warn(notice);
  const shell = await findShell(options.shell, derivation, name, storeRoot);
  const certificates = options.cacert === undefined ? undefined : await storeFile(
    "--cacert",
    options.cacert,
    ["etc/ssl/certs/ca-bundle.crt", "etc/ssl/certs/ca-certificates.crt"],
    storeRoot,
  );
  const givenEnv = options.coreutils === undefined
    ? undefined
    : await storeFile("--coreutils", options.coreutils, ["bin/env"], storeRoot);
  const known = await knownPaths(
    derivation,
    [shell, certificates, givenEnv],
    options,
    storeRoot,
    report,
  );
  const env = givenEnv ?? await envAmong(known, storeRoot);
  if (env === undefined) {
    report.warn("the image has no /usr/bin/env: no input has coreutils; --coreutils gives them");
  }
  const { command, run } = options;
  const shellCommand: ShellCommand | null = command !== undefined
    ? { how: "command", text: command }
    : run !== undefined
    ? { how: "run", text: run }
    : null;
  return shellSpec(derivation, {
    name: options.name ?? imageName(name),
    tag,
    uid,
    gid,
    homeDirectory,
    shell,
    command: shellCommand,
    env,
    certificates,
    compressor,
    known,
  });
}

/** The file of a derivation: on this host, wherever the store is. */
async function findDerivation(drv: string, storeRoot: string): Promise<string> {
  // As nix-instantiate prints it for another output than the first.
  const path = drv.replace(/\.drv![\w+.,?=-]+$/, ".drv");
  const found = await resolveFileOrDirectory(path, Deno.cwd());
  if ("problem" in found) throw new UsageError(`${drv}, ${found.problem}`);
  const isDrv = found.path.endsWith(".drv");
  if (found.kind === "directory" || found.kind === "store" && !isDrv) {
    throw new UsageError(
      `${drv} is no derivation: a .drv file, as nix-instantiate makes it of an expression; ` +
        "nix-store --query --deriver PATH tells which one made a store path",
    );
  }
  return found.kind === "store" ? storeRoot + found.path : found.path;
}

function derivationName(file: string, { environment }: Derivation): string {
  const path = file.slice(file.indexOf("/nix/store/"));
  const name = isStorePath(path) ? namePart(path) : environment.get("name") ?? basename(file);
  return name.replace(/\.drv$/, "");
}

/** Nix has names with characters that an image's name can not have. */
function imageName(derivation: string): string {
  const name = `${derivation}-env`.toLowerCase()
    .replace(/[^a-z0-9]+/g, (between) => /^(?:[._]|__|-+)$/.test(between) ? between : "-")
    .replace(/^[^a-z0-9]+/, "");
  if (IMAGE_NAME.test(name)) return name;
  throw new UsageError(`${derivation} makes no name for an image: give one with --name`);
}

async function findShell(
  given: string | undefined,
  { builder }: Derivation,
  name: string,
  storeRoot: string,
): Promise<string> {
  if (given !== undefined) return await storeFile("--shell", given, ["bin/bash"], storeRoot);
  // Realising may yet bring it.
  if (basename(builder) === "bash" && enclosingStorePath(builder) !== undefined) return builder;
  throw new UsageError(
    `${name} is built by ${builder}, no bash of the store: give one with --shell, such as ` +
      "--shell /nix/store/…-bash-5.2/bin/bash",
  );
}

/** The file in the store that `path` leads to, or that is in the package there. */
async function storeFile(
  option: string,
  path: string,
  inPackage: readonly string[],
  storeRoot: string,
): Promise<string> {
  const absolute = resolve(Deno.cwd(), path);
  for (const candidate of [...inPackage.map((file) => `${absolute}/${file}`), absolute]) {
    const found = await findStoreFile(candidate, storeOnDisk(storeRoot));
    if (found !== undefined) return found.path;
  }
  throw new UsageError(
    `${option}: expected a file of the store, or a package with ${inPackage.join(" or ")}, ` +
      `found ${quoted(path)}`,
  );
}

/** What the image may hold: what the derivation needs, and what else was given. */
async function knownPaths(
  derivation: Derivation,
  files: readonly (string | undefined)[],
  { closure, realise, quiet }: ShellCommandOptions,
  storeRoot: string,
  report: Report,
): Promise<ReadonlySet<StorePath>> {
  const given = files.flatMap((file) => file && enclosingStorePath(file) || []);
  if (closure !== undefined) {
    const graph = readGraphFile(closure);
    checkGraph(graph, derivation, given, { file: closure, storeRoot });
    return new Set(graph.keys());
  }
  const source = storeDatabase(storeRoot);
  const onOutput = quiet ? undefined : report.output;
  const inputs = await inputPaths(derivation, { source, storeRoot, realise, onOutput });
  return new Set((await source.closureOf([...inputs, ...given])).keys());
}

/** The env of the coreutils among these paths, whatever the host has. */
async function envAmong(
  known: ReadonlySet<StorePath>,
  storeRoot: string,
): Promise<string | undefined> {
  const byName = [...known].filter((path) => /^coreutils(?:-full)?(?:-\d|$)/.test(namePart(path)))
    .sort((a, b) => namePart(a) + a < namePart(b) + b ? -1 : 1);
  for (const path of byName) {
    const found = await findStoreFile(`${path}/bin/env`, storeOnDisk(storeRoot));
    if (found?.executable) return found.path;
  }
  return undefined;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
