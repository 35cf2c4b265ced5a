/**
 * Options that several verbs have, in groups.
 * @module
 */

import { type Command, Option, type OptionValues } from "commander";
import { LAYER_TARGETS } from "../layering/targets.ts";
import { listed, seconds, yesOrNo } from "./option_values.ts";

/** Of nearly all verbs. */
export const quiet = new Option("-q, --quiet", "say nothing but errors");

/** Of verbs that work on stores, images, registries and engines. */
export const verbose = new Option(
  "-v, --verbose",
  "say what is done, which programs are run, and what takes time",
).conflicts("quiet");

/** Of verbs whose result is something else than what is printed (docs/output.md). */
export const json = new Option("--json", "print JSON: what came of it (docs/output.md)");

/** Limits layers. */
export const target = new Option(
  "--target <name>",
  "where the image goes: it gets no more layers than are taken there",
).choices(LAYER_TARGETS);

/** Of verbs that make a root file system. */
export const strict = new Option("--strict", "fail where two sources have the same path");

/** Of docker-archives. */
export const layerNames = new Option(
  "--layer-names <kind>",
  "name layers by what determines them, or by their digest as nixpkgs does (a second pass)",
).choices(["identity", "digest"] as const).default("identity" as const);

/** Of docker-archives. */
export const dockerV1 = new Option(
  "--docker-v1",
  "add the image in Docker's older format, which names layers itself (a second pass)",
).conflicts("layerNames");

/** Of verbs that write files. */
export const format = new Option(
  "--format <kind>",
  "a file for docker load, or an OCI layout: a file, a directory",
).choices(["docker-archive", "oci-archive", "oci"] as const).default("docker-archive" as const);

/** Of OCI layouts. */
export const layerCompression = new Option(
  "--layer-compression <kind>",
  "compress the layers of an OCI layout so (gzip)",
).choices(["gzip", "zstd", "none"] as const);

/** Of an image in a registry. */
export const digest = new Option(
  "--digest <digest>",
  "the digest of the image or of an index with it",
);

/** Of what is sent. */
export const layersOfRegistries = new Option(
  "--layer-compression <kind>",
  "compress layers so that are not compressed yet (gzip)",
).choices(["gzip", "zstd", "none"] as const);

/** Of what is sent. */
export const mountFrom = new Option(
  "--mount-from <name>",
  "take blobs over from this repository of the registry; may be given several times",
).argParser(listed);

const STORE = "Store:";
const storeRoot = new Option("--store-root <dir>", "read the store in DIR/nix/store").helpGroup(
  STORE,
);
const closure = new Option(
  "--closure <graph.json>",
  "take references and sizes from a file (exportReferencesGraph, nix path-info --json)",
).helpGroup(STORE);

/** Where store paths are. */
export function storeOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command.addOption(storeRoot).addOption(closure);
}

const LAYERS = "Layers:";
const strategy = new Option(
  "--strategy <name>",
  "what decides which store paths share a layer, whatever the spec says: updates, auto, popularity",
).helpGroup(LAYERS);
const previous = new Option(
  "--previous <image|plan.json>",
  "the version before: what its layers hold together stays together",
).helpGroup(LAYERS);
const history = new Option(
  "--history <file>",
  "an earlier closure, image or plan, to learn what changes; several times, oldest first",
).argParser(listed).helpGroup(LAYERS);

/** How store paths become layers. */
export function planningOptions<
  A extends unknown[],
  O extends OptionValues,
  G extends OptionValues,
>(
  command: Command<A, O, G>,
) {
  return command.addOption(strategy).addOption(previous).addOption(history);
}

const MACHINE = "Virtual machine of runAsRoot:";
const accel = new Option("--accel <kind>", "how it is run")
  .choices(["auto", "kvm", "tcg"] as const).default("auto" as const).helpGroup(MACHINE);
const vmTimeout = new Option(
  "--vm-timeout <seconds>",
  "give it up after so much silence (1800)",
)
  .argParser(seconds).helpGroup(MACHINE);
const kernel = new Option("--kernel <file>", "its kernel (the newest in /boot)").helpGroup(MACHINE);
const modules = new Option(
  "--modules <dir>",
  "the directory of the kernel's modules (/lib/modules/VERSION)",
).helpGroup(MACHINE);

/** How the machine of runAsRoot is run. */
export function machineOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command.addOption(accel).addOption(vmTimeout).addOption(kernel).addOption(modules);
}

const CHOICE = "Choice of an image:";
const name = new Option("--name <name>", "of several images, the one with this name").helpGroup(
  CHOICE,
);
const tag = new Option("--tag <tag>", "of several images, the one with this tag").helpGroup(CHOICE);
const platform = new Option(
  "--platform <os/arch>",
  "of several images, the one for this platform",
).helpGroup(CHOICE);

/** Which image of several in a file. */
export function choiceOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command.addOption(name).addOption(tag).addOption(platform);
}

const REGISTRY = "Registry:";
const authfile = new Option("--authfile <file>", "take credentials from this file alone").helpGroup(
  REGISTRY,
);
const username = new Option("--username <name>", "log in to the registry so").helpGroup(REGISTRY);
const passwordStdin = new Option("--password-stdin", "with the password on standard input")
  .helpGroup(REGISTRY);
const tlsVerify = new Option(
  "--tls-verify <true|false>",
  "whether the registry has to prove who it is; with false, plain HTTP will do, too",
).argParser(yesOrNo).helpGroup(REGISTRY);
const caFile = new Option("--ca-file <file>", "believe this certificate authority, too (PEM)")
  .helpGroup(REGISTRY);
const certDir = new Option(
  "--cert-dir <dir>",
  "believe the *.crt in there, and show *.cert and *.key to the registry",
).helpGroup(REGISTRY);

/** How to talk to a registry. */
export function registryOptions<
  A extends unknown[],
  O extends OptionValues,
  G extends OptionValues,
>(
  command: Command<A, O, G>,
) {
  return command.addOption(authfile).addOption(username).addOption(passwordStdin).addOption(
    tlsVerify,
  ).addOption(caFile).addOption(certDir);
}

const CACHE = "Shared digests:";
const cacheRepo = new Option(
  "--cache-repo <name>",
  "share digests of layers with other hosts in HOST/NAME",
).helpGroup(CACHE);
const cacheKey = new Option(
  "--cache-key <file>",
  "believe what was signed with this secret key, and sign with it",
).helpGroup(CACHE);
const cachePublicKey = new Option(
  "--cache-public-key <key|file>",
  "believe what was signed with the key of this public one; may be given several times",
).argParser(listed).helpGroup(CACHE);
const cacheTrustRepo = new Option(
  "--cache-trust-repo",
  "believe all that is there; without keys, write it unsigned",
).helpGroup(CACHE);

/** Digests of layers that hosts share. */
export function cacheOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command.addOption(cacheRepo).addOption(cacheKey).addOption(cachePublicKey).addOption(
    cacheTrustRepo,
  );
}

const os = new Option("--os <name>", "of several images, the one for this system (linux)")
  .helpGroup(CHOICE);
const arch = new Option(
  "--arch <name>",
  "of several images, the one for this architecture, such as arm64, aarch64 or arm/v7 (the host's)",
).helpGroup(CHOICE);
const variant = new Option("--variant <name>", "of several images, the one for this variant")
  .helpGroup(CHOICE);
const finalName = new Option("--final-name <name>", "call the image so in the archive").helpGroup(
  CHOICE,
);
const finalTag = new Option(
  "--final-tag <tag>",
  "give it this tag (the one it is asked by, or latest)",
).helpGroup(CHOICE);

/** Which image of a registry, and what it is called then. */
export function pulledOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command.addOption(os).addOption(arch).addOption(variant).addOption(finalName).addOption(
    finalTag,
  );
}
