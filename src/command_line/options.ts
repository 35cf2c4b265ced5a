/**
 * Options that several verbs have, in groups.
 * @module
 */

import { type Command, Option, type OptionValues } from "commander";
import { LAYERING_STRATEGIES } from "../layering/strategies.ts";
import { LAYER_TARGETS } from "../layering/targets.ts";
import { listed, seconds, yesOrNo } from "./option_values.ts";

/**
 * Options to be added to commands. Their types are worked out for a command that has none: for any
 * command, the compiler would need minutes.
 */
function group<V extends OptionValues>(add: (command: Command) => Command<[], V>) {
  return <A extends unknown[], O extends OptionValues, G extends OptionValues>(
    command: Command<A, O, G>,
  ): Command<A, O & V, G> => add(command as unknown as Command) as unknown as Command<A, O & V, G>;
}

/** Of nearly all verbs. */
export const quiet = new Option("-q, --quiet", "print errors alone: no progress, no warnings");

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
  "where the image goes, which limits how many layers it gets",
).choices(LAYER_TARGETS);

/** Of verbs that make a root file system. */
export const strict = new Option(
  "--strict",
  "fail if two sources have the same path, instead of a warning",
);

/** Of docker-archives. */
export const layerNames = new Option(
  "--layer-names <kind>",
  "name layers in the archive by what they are made of, or, as nixpkgs does, by their digest, which takes a second pass",
).choices(["identity", "digest"] as const).default("identity" as const);

/** Of docker-archives. */
export const dockerV1 = new Option(
  "--docker-v1",
  "add the image in Docker's older format, for programs that know no other; takes a second pass",
).conflicts("layerNames");

/** Of verbs that write files. */
export const format = new Option(
  "--format <kind>",
  "a file for docker load, or an OCI image layout as one file or as a directory",
).choices(["docker-archive", "oci-archive", "oci"] as const).default("docker-archive" as const);

/** Of OCI layouts. */
export const layerCompression = new Option(
  "--layer-compression <kind>",
  "how the layers of an OCI layout are compressed (default: gzip)",
).choices(["gzip", "zstd", "none"] as const);

/** Of an image in a registry. */
export const digest = new Option(
  "--digest <digest>",
  "the digest of the image, or of an index that has it",
);

/** Of what is sent. */
export const layersOfRegistries = new Option(
  "--layer-compression <kind>",
  "how layers are compressed that are not yet (default: gzip)",
).choices(["gzip", "zstd", "none"] as const);

/** Of what is sent. */
export const mountFrom = new Option(
  "--mount-from <name>",
  "a repository of the same registry, out of which it may take layers instead of being sent them; may be given several times",
).argParser(listed);

const STORE = "Store:";
/** Of verbs that read a store. */
export const storeRoot = new Option(
  "--store-root <dir>",
  "read the store in DIR/nix/store, instead of /nix/store",
).helpGroup(STORE);
const closure = new Option(
  "--closure <graph.json>",
  "take references and sizes of store paths from this file, and need no nix-store (made by exportReferencesGraph or nix path-info --json)",
).helpGroup(STORE);

const store = new Option(
  "--store <url>",
  "take store paths that this host has not from here: a binary cache, or a store that Nix knows; may be given several times",
).argParser(listed).helpGroup(STORE);
const trustedPublicKeys = new Option(
  "--trusted-public-keys <keys>",
  "whose signatures to believe, with spaces between them (default: those of nix.conf)",
).helpGroup(STORE);
const noCheckSigs = new Option("--no-check-sigs", "believe what has no signature, too")
  .helpGroup(STORE);
const netrcFile = new Option(
  "--netrc-file <file>",
  "passwords for binary caches (default: $NETRC, else that of nix.conf)",
).helpGroup(STORE);
const cacheTokenFile = new Option(
  "--cache-token-file <file>",
  "tokens for binary caches: lines of HOST TOKEN (default: those in $NIX_IMAGE_CACHE_TOKENS)",
).helpGroup(STORE);

/** Which stores that are elsewhere have store paths, and whom to believe. */
export const remoteStoreOptions = group((command) =>
  command.addOption(store).addOption(trustedPublicKeys).addOption(noCheckSigs)
    .addOption(netrcFile).addOption(cacheTokenFile)
);

/** Where store paths are. */
export const storeOptions = group((command) => command.addOption(storeRoot).addOption(closure));

const LAYERS = "Layers:";
const strategy = new Option(
  "--strategy <name>",
  "how it is decided which store paths share a layer, whatever the spec says",
)
  .choices(LAYERING_STRATEGIES)
  // What is wrong with another one is said where it is used.
  .argParser((text: string) => text).helpGroup(LAYERS);
const previous = new Option(
  "--previous <image|plan.json>",
  "the version before, so that what its layers hold together stays together",
).helpGroup(LAYERS);
const history = new Option(
  "--history <file>",
  "a closure, image or plan of an earlier version, to learn what changes often; may be given several times, oldest first",
).argParser(listed).helpGroup(LAYERS);

/** How store paths become layers. */
export const planningOptions = group((command) =>
  command.addOption(strategy).addOption(previous).addOption(history)
);

const MACHINE = "Virtual machine of runAsRoot:";
const accel = new Option(
  "--accel <kind>",
  "run it by KVM, which is fast, or by TCG, which works everywhere; auto: by KVM if that works",
)
  .choices(["auto", "kvm", "tcg"] as const).default("auto" as const).helpGroup(MACHINE);
const vmTimeout = new Option(
  "--vm-timeout <seconds>",
  "give up when it has been silent for so long (default: 1800)",
)
  .argParser(seconds).helpGroup(MACHINE);
const kernel = new Option("--kernel <file>", "its kernel (default: the newest in /boot)").helpGroup(
  MACHINE,
);
const modules = new Option(
  "--modules <dir>",
  "the directory of the kernel's modules (default: /lib/modules/VERSION)",
).helpGroup(MACHINE);

/** How the machine of runAsRoot is run. */
export const machineOptions = group((command) =>
  command.addOption(accel).addOption(vmTimeout).addOption(kernel).addOption(modules)
);

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
export const choiceOptions = group((command) =>
  command.addOption(name).addOption(tag).addOption(platform)
);

const REGISTRY = "Registry:";
const authfile = new Option("--authfile <file>", "take credentials from this file alone").helpGroup(
  REGISTRY,
);
const username = new Option("--username <name>", "log in to the registry by this name").helpGroup(
  REGISTRY,
);
const passwordStdin = new Option(
  "--password-stdin",
  "read the password of --username from standard input",
)
  .helpGroup(REGISTRY);
const tlsVerify = new Option(
  "--tls-verify <true|false>",
  "whether the registry must prove who it is; false allows plain HTTP, too (default: true, except on this host)",
).argParser(yesOrNo).helpGroup(REGISTRY);
const caFile = new Option("--ca-file <file>", "trust this certificate authority, too (a PEM file)")
  .helpGroup(REGISTRY);
const certDir = new Option(
  "--cert-dir <dir>",
  "trust the *.crt in there, and log in by the *.cert and *.key",
).helpGroup(REGISTRY);

/** How to talk to a registry. */
export const registryOptions = group((command) =>
  command.addOption(authfile).addOption(username).addOption(passwordStdin).addOption(
    tlsVerify,
  ).addOption(caFile).addOption(certDir)
);

const CACHE = "Shared digests:";
const cacheRepo = new Option(
  "--cache-repo <name>",
  "share digests of layers with other hosts, in the repository HOST/NAME",
).helpGroup(CACHE);
const cacheKey = new Option(
  "--cache-key <file>",
  "believe what was signed with this secret key, and sign with it",
).helpGroup(CACHE);
const cachePublicKey = new Option(
  "--cache-public-key <key|file>",
  "believe what was signed with the secret key of this public one; may be given several times",
).argParser(listed).helpGroup(CACHE);
const cacheTrustRepo = new Option(
  "--cache-trust-repo",
  "believe all that is there; without --cache-key, write there unsigned",
).helpGroup(CACHE);

/** Digests of layers that hosts share. */
export const cacheOptions = group((command) =>
  command.addOption(cacheRepo).addOption(cacheKey).addOption(cachePublicKey).addOption(
    cacheTrustRepo,
  )
);

const PULLED = "Platform and name of the image:";
const os = new Option(
  "--os <name>",
  "of several images, the one for this operating system (default: linux)",
)
  .helpGroup(PULLED);
const arch = new Option(
  "--arch <name>",
  "of several images, the one for this architecture, such as arm64, aarch64 or arm/v7 (default: the host's)",
).helpGroup(PULLED);
const variant = new Option(
  "--variant <name>",
  "of several images, the one for this variant of the architecture",
)
  .helpGroup(PULLED);
const finalName = new Option(
  "--final-name <name>",
  "the name of the image in the archive (default: that in NAME)",
).helpGroup(
  PULLED,
);
const finalTag = new Option(
  "--final-tag <tag>",
  "the tag of the image in the archive (default: that in NAME, or latest)",
).helpGroup(PULLED);

/** Which image of a registry, and what it is called then. */
export const pulledOptions = group((command) =>
  command.addOption(os).addOption(arch).addOption(variant).addOption(finalName).addOption(
    finalTag,
  )
);

/** Of verbs that make an image of a spec, with layers that are planned. */
export const specOptions = group((command) =>
  machineOptions(planningOptions(remoteStoreOptions(storeOptions(command))))
);
