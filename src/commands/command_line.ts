/**
 * The verbs and their options. Each verb's code is loaded when it is asked for.
 * @module
 */

import { Argument, Command, InvalidArgumentError, Option } from "commander";
import denoJson from "../../deno.json" with { type: "json" };
import { LAYER_TARGETS } from "../layering/targets.ts";

const storeRoot = new Option("--store-root <dir>", "read the store in DIR/nix/store");
const closure = new Option(
  "--closure <graph.json>",
  "take references and sizes from a file (exportReferencesGraph, nix path-info --json)",
);
const strategy = new Option(
  "--strategy <name>",
  "what decides which store paths share a layer, whatever the spec says: updates, auto, popularity",
);
const previous = new Option(
  "--previous <image|plan.json>",
  "the version before: what its layers hold together stays together",
);
const history = new Option(
  "--history <file>",
  "an earlier closure, image or plan, to learn what changes; several times, oldest first",
).argParser(listed);
const target = new Option(
  "--target <name>",
  "where the image goes: it gets no more layers than are taken there",
).choices(LAYER_TARGETS);
const quiet = new Option("-q, --quiet", "say nothing but errors");
const strict = new Option("--strict", "fail where two sources have the same path");
const accel = new Option("--accel <kind>", "how the virtual machine of runAsRoot is run")
  .choices(["auto", "kvm", "tcg"] as const).default("auto" as const);
const vmTimeout = new Option(
  "--vm-timeout <seconds>",
  "give that machine up after so much silence (1800)",
)
  .argParser(seconds);
const kernel = new Option("--kernel <file>", "that machine's kernel (the newest in /boot)");
const modules = new Option(
  "--modules <dir>",
  "the directory of its modules (/lib/modules/VERSION)",
);
const layerNames = new Option(
  "--layer-names <kind>",
  "name layers by what determines them, or by their digest as nixpkgs does (a second pass)",
).choices(["identity", "digest"] as const).default("identity" as const);

const dockerV1 = new Option(
  "--docker-v1",
  "add the image in Docker's older format, which names layers itself (a second pass)",
).conflicts("layerNames");

const name = new Option("--name <name>", "of several images, the one with this name");
const tag = new Option("--tag <tag>", "of several images, the one with this tag");
const platform = new Option(
  "--platform <os/arch>",
  "of several images, the one for this platform",
);

const format = new Option(
  "--format <kind>",
  "a file for docker load, or an OCI layout: a file, a directory",
).choices(["docker-archive", "oci-archive", "oci"] as const).default("docker-archive" as const);
const layerCompression = new Option(
  "--layer-compression <kind>",
  "compress the layers of an OCI layout so (gzip)",
).choices(["gzip", "zstd", "none"] as const);

const os = new Option("--os <name>", "of several images, the one for this system (linux)");
const arch = new Option(
  "--arch <name>",
  "of several images, the one for this architecture, such as arm64, aarch64 or arm/v7 (the host's)",
);
const variant = new Option("--variant <name>", "of several images, the one for this variant");
const finalName = new Option("--final-name <name>", "call the image so in the archive");
const finalTag = new Option(
  "--final-tag <tag>",
  "give it this tag (the one it is asked by, or latest)",
);
const digest = new Option("--digest <digest>", "the digest of the image or of an index with it");
const authfile = new Option("--authfile <file>", "take credentials from this file alone");
const username = new Option("--username <name>", "log in to the registry so");
const passwordStdin = new Option("--password-stdin", "with the password on standard input");
const tlsVerify = new Option(
  "--tls-verify <yes>",
  "whether the registry has to prove who it is; with false, plain HTTP will do, too",
).argParser(yesOrNo);
const caFile = new Option("--ca-file <file>", "believe this certificate authority, too (PEM)");
const certDir = new Option(
  "--cert-dir <dir>",
  "believe the *.crt in there, and show *.cert and *.key to the registry",
);
const layersOfRegistries = new Option(
  "--layer-compression <kind>",
  "compress layers so that are not compressed yet (gzip)",
).choices(["gzip", "zstd", "none"] as const);
const cacheRepo = new Option(
  "--cache-repo <name>",
  "share digests of layers with other hosts in HOST/NAME",
);
const cacheKey = new Option(
  "--cache-key <file>",
  "believe what was signed with this secret key, and sign with it",
);
const cachePublicKey = new Option(
  "--cache-public-key <key|file>",
  "believe what was signed with the key of this public one; may be given several times",
).argParser(listed);
const cacheTrustRepo = new Option(
  "--cache-trust-repo",
  "believe all that is there; without keys, write it unsigned",
);
const mountFrom = new Option(
  "--mount-from <name>",
  "take blobs over from this repository of the registry; may be given several times",
).argParser(listed);

/** More is longer than timers run. */
const MOST_SECONDS = 2_000_000;

function seconds(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text) && Number(text) <= MOST_SECONDS) return Number(text);
  throw new InvalidArgumentError(`Expected seconds, from 1 to ${MOST_SECONDS}.`);
}

function id(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1) return Number(text);
  throw new InvalidArgumentError("Expected the number of a user or a group.");
}

function yesOrNo(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new InvalidArgumentError("Expected true or false.");
}

function graphFile(text: string): string {
  if (/\.(svg|html)$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a name that ends in .svg or .html.");
}

function listed(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** The command line of nix-image. `help` is the text of its own --help. */
export function commandLine(help: string): Command {
  const program = new Command("nix-image")
    .version(denoJson.version, "-V, --version", "print the version")
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    .exitOverride()
    .showHelpAfterError("See nix-image --help, or nix-image COMMAND --help")
    .showSuggestionAfterError();

  program.command("stream")
    .summary("write an image to standard output, for docker load")
    .description(`Write the image that SPEC describes to standard output, as docker load reads it.

In the command substitution of a shell, which can not hold an archive, the path of a script that does so is printed instead.

SPEC may also be the conf.json that nixpkgs' streamLayeredImage gives to its own script: the archive is that script's, byte for byte.`)
    .argument("[spec]", "a JSON file, or - for standard input")
    .option("-t, --repo-tag <name:tag>", "name the image so, whatever the spec says")
    // As nixpkgs' script spells it.
    .addOption(new Option("--repo_tag <name:tag>").conflicts("repoTag").hideHelp())
    .addOption(layerNames)
    .addOption(dockerV1)
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(strategy)
    .addOption(previous)
    .addOption(history)
    .addOption(target)
    .addOption(strict)
    .addOption(accel)
    .addOption(vmTimeout)
    .addOption(kernel)
    .addOption(modules)
    .addOption(
      new Option(
        "--have <file...>",
        "leave layers out that Docker has: what docker image inspect printed, - for standard input",
      ).conflicts(["script", "plan", "dockerV1", "layerNames"]),
    )
    .addOption(new Option("--tar", "write the archive, even if a shell captures it"))
    .addOption(new Option("--script", "print the path of a script that writes it").conflicts("tar"))
    .addOption(new Option("--plan <plan.json>", "carry out what --script has planned").hideHelp())
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image stream spec.json | docker load
  nix-image stream spec.json > image.tar
  $(nix-image stream spec.json) | docker load
  docker image inspect $(docker image ls -q) | nix-image stream --have - spec.json | docker load`,
    )
    .action(async (spec, { repo_tag, ...options }) => {
      const { streamCommand } = await import("./stream.ts");
      await streamCommand(
        spec,
        repo_tag === undefined ? options : { ...options, repoTag: repo_tag },
      );
    });

  program.command("build")
    .summary("write an image to a file, compressed")
    .description(
      `Write the image that SPEC describes to a file that docker load reads, or as an OCI image layout.

The file or directory is there when it is whole: it is written under another name beside it, and renamed.`,
    )
    .argument("<spec>", "a JSON file, or - for standard input")
    .option(
      "-o, --output <file>",
      "the file; without it NAME.tar.gz, NAME.oci.tar or the directory NAME.oci",
    )
    .addOption(format)
    .addOption(
      new Option("--compressor <kind>", "compress a docker-archive so, whatever the spec says")
        .choices(["gz", "zstd", "none"] as const),
    )
    .addOption(layerCompression)
    .option("-t, --repo-tag <name:tag>", "name the image so, whatever the spec says")
    .addOption(layerNames)
    .addOption(dockerV1)
    .option("--no-docker-v1", "leave that out; layered images are without it anyway")
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(strategy)
    .addOption(previous)
    .addOption(history)
    .addOption(target)
    .addOption(strict)
    .addOption(accel)
    .addOption(vmTimeout)
    .addOption(kernel)
    .addOption(modules)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image build spec.json -o image.tar.gz && docker load --input image.tar.gz
  nix-image build spec.json --compressor zstd
  nix-image build spec.json --format oci && skopeo copy oci:NAME.oci docker://REGISTRY/NAME`,
    )
    .action(async (spec, options) => {
      const { buildCommand } = await import("./build.ts");
      await buildCommand(spec, options);
    });

  program.command("shell")
    .summary("make an image in which a derivation can be built")
    .description(
      `Write the spec of an image that is to the derivation DRV what nix-shell is: its environment, all that it needs, and a bash that has read the setup of its stdenv. In the container, buildDerivation builds it. With --stream, write that image.

What DRV needs and is not in the store is built or fetched first, by nix-store.`,
    )
    .argument("<drv>", "a .drv file, as nix-instantiate makes it, or a link to one")
    .option("-o, --output <file>", "write the spec there; - for standard output")
    .addOption(
      new Option("--stream", "write the image to standard output, for docker load")
        .conflicts("output"),
    )
    .option("--name <name>", "the image's name (that of DRV, and -env)")
    .option("--tag <tag>", "the image's tag (a hash of what determines it)")
    .option("--command <script>", "do this in the interactive shell, and end")
    .option("--run <script>", "do this in a shell that is not interactive, and end")
    .option("--shell <path>", "a bash of the store, or its package (DRV's builder, if it is one)")
    .option("--home-directory <dir>", "the user's home; it is made only if it is /build", "/build")
    .addOption(
      new Option(
        "--uid <number>",
        "run as this user, who owns /build and the directory of the store",
      )
        .argParser(id).default(1000),
    )
    .addOption(new Option("--gid <number>", "and this group").argParser(id).default(1000))
    .option("--coreutils <path>", "link /usr/bin/env to env of this package (of what DRV needs)")
    .option("--cacert <path>", "certificates of authorities: a file of the store, or a package")
    .addOption(
      new Option("--compressor <kind>", "let the spec say so").choices(
        ["gz", "zstd", "none"] as const,
      ),
    )
    .option("--no-realise", "fail if something that DRV needs is not in the store")
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image shell "$(nix-instantiate '<nixpkgs>' -A hello)" --stream | docker load
  nix-image shell hello.drv -o spec.json && nix-image build spec.json
  nix-image shell hello.drv --run 'buildDerivation && $out/bin/hello' --tag latest -o spec.json`,
    )
    .action(async (drv, options) => {
      const { shellCommand } = await import("./shell.ts");
      await shellCommand(drv, options);
    });

  program.command("load")
    .summary("load an image into a local engine, without the layers it has")
    .description(
      `Load the image that SPEC describes, or an IMAGE, into a local engine. It is asked which layers it has, and these are not sent. Prints the image's name.

Docker has a layer only together with all layers below it: above a layer that changed, all are sent. Podman and containerd take each layer by itself. Digests of layers are kept from run to run, so that they are known before the layers are read.`,
    )
    .argument(
      "<spec|image>",
      "a spec, - for one on standard input; or a docker-archive, an OCI archive or layout",
    )
    .addOption(
      new Option("--engine <name>", "load it there (docker if it answers, else podman)")
        .choices(["docker", "podman", "containerd"] as const),
    )
    .option("-t, --repo-tag <name:tag>", "of a spec: name the image so, whatever the spec says")
    .addOption(name)
    .addOption(tag)
    .addOption(platform)
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(strategy)
    .addOption(previous)
    .addOption(history)
    .addOption(target)
    .addOption(strict)
    .addOption(accel)
    .addOption(vmTimeout)
    .addOption(kernel)
    .addOption(modules)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image load spec.json
  docker run --rm "$(nix-image load --quiet --engine docker spec.json)"
  CONTAINERD_NAMESPACE=k8s.io nix-image load --engine containerd image.tar.gz`,
    )
    .action(async (spec, options) => {
      const { loadCommand } = await import("./load.ts");
      await loadCommand(spec, options);
    });

  program.command("plan")
    .summary("show the layers of an image, without reading files")
    .description(
      `Show which store paths share a layer of the image that SPEC describes, and why. Without SPEC, plan a closure alone: no store is needed, and no image comes of it.

An image carries its plan in its history, so that an archive, a layout or docker://NAME will do wherever the plan of an earlier version is asked for. So will what --json prints.`,
    )
    .argument("[spec]", "a JSON file, or - for standard input")
    .option("-t, --repo-tag <name:tag>", "name the image so, whatever the spec says")
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(strategy)
    .option("--layers <number>", "without SPEC: make at most so many layers (99)")
    .addOption(previous)
    .addOption(history)
    .addOption(target)
    .addOption(strict)
    .addOption(accel)
    .addOption(vmTimeout)
    .addOption(kernel)
    .addOption(modules)
    .addOption(quiet)
    .option("--explain", "show all paths, how often layers change, and what other strategies cost")
    .option("--against <image|plan.json>", "show what the update from this version moves")
    .option("--json", "print JSON: layers, lowest first, sizes in bytes (docs/plan.md)")
    .addOption(
      new Option("--graph <file>", "draw them, too: an .svg, or .html that shows what uses what")
        .argParser(graphFile),
    )
    .addHelpText(
      "after",
      `
Examples:
  nix-image plan spec.json
  nix-image plan --explain --previous app-1.tar.gz spec.json
  nix-image plan --closure graph.json --layers 20 --json
  nix-image plan spec.json --graph layers.html`,
    )
    .action(async (spec, options) => {
      const { planCommand } = await import("./plan.ts");
      await planCommand(spec, options);
    });

  program.command("layer")
    .summary("write an image's own layer to a directory")
    .description(
      `Write the layer that the image which SPEC describes has for itself, without layers of store paths, to a new directory: layer.tar, json and VERSION.`,
    )
    .argument("<spec>", "a JSON file, or - for standard input")
    .requiredOption("-o, --output <dir>", "the directory, which must not be there yet")
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(target)
    .addOption(strict)
    .addOption(accel)
    .addOption(vmTimeout)
    .addOption(kernel)
    .addOption(modules)
    .addOption(quiet)
    .addHelpText("after", "\nExample:\n  nix-image layer spec.json -o layer")
    .action(async (spec, options) => {
      const { layerCommand } = await import("./layer.ts");
      await layerCommand(spec, options);
    });

  program.command("export")
    .summary("write the root file system of an image, as a tar archive")
    .description(
      `Write what a container of IMAGE would see as its root directory, all layers merged: an uncompressed tar archive with names such as ./bin/sh.`,
    )
    .argument("<image>", "a docker-archive, an OCI archive or layout, or - for standard input")
    .option("-o, --output <file>", "the file; without it, or with -, standard output")
    .addOption(name)
    .addOption(tag)
    .addOption(platform)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image export image.tar.gz -o rootfs.tar
  skopeo copy docker://alpine oci-archive:/dev/stdout | nix-image export - | tar -xC root`,
    )
    .action(async (image, options) => {
      const { exportCommand } = await import("./export.ts");
      await exportCommand(image, options);
    });

  program.command("merge")
    .summary("write all images of several archives and layouts to one")
    .description(
      `Write all images of all IMAGEs to one file, with all their names and with the IDs that they have. Layers that several images have are in it once.

The file or directory is there when it is whole: it is written under another name beside it, and renamed.`,
    )
    .argument("<images...>", "docker-archives, OCI archives or layouts; - once for standard input")
    .requiredOption("-o, --output <file>", "the file, or the directory of --format oci")
    .addOption(format)
    .addOption(
      new Option("--compressor <kind>", "compress a docker-archive so (gz)")
        .choices(["gz", "zstd", "none"] as const),
    )
    .addOption(layerCompression)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image merge bash.tar.gz redis.tar.zst -o both.tar.gz && docker load --input both.tar.gz
  nix-image merge app.tar.gz layout --format oci -o merged`,
    )
    .action(async (images, options) => {
      const { mergeCommand } = await import("./merge.ts");
      await mergeCommand(images, options);
    });

  program.command("pull")
    .summary("write an image out of a registry to a file")
    .description(
      `Write the image NAME, out of a registry, to a file that docker load reads: an archive without compression, as nixpkgs' pullImage makes it; or as an OCI image layout with the digests that it has in the registry. skopeo gets it.

The file or directory is there when it is whole: it is written under another name beside it, and renamed.`,
    )
    .argument("<name>", "such as alpine:3, registry.example:5000/app or alpine@sha256:...")
    .requiredOption("-o, --output <file>", "the file, or the directory of --format oci")
    .addOption(format)
    .addOption(digest)
    .addOption(new Option("--locked", "take the digest from the lock file").conflicts("digest"))
    .addOption(new Option("--lock <file>", "that file (nix-image.lock)").implies({ locked: true }))
    .option("--hash <hash>", "fail unless the file has this SHA-256: SRI, or base 16, 32 or 64")
    .addOption(os)
    .addOption(arch)
    .addOption(variant)
    .addOption(finalName)
    .addOption(finalTag)
    .addOption(authfile)
    .addOption(username)
    .addOption(passwordStdin)
    .addOption(tlsVerify)
    .addOption(caFile)
    .addOption(certDir)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image pull alpine:3.19 -o alpine.tar && docker load --input alpine.tar
  nix-image pull nixos/nix --digest sha256:... --arch aarch64 --final-tag 2.2.1 -o nix.tar`,
    )
    .action(async (name, options) => {
      const { pullCommand } = await import("./pull.ts");
      await pullCommand(name, options);
    });

  program.command("prefetch")
    .summary("print digests and hash of an image in a registry, for pullImage")
    .description(
      `Print digest and hash of the image NAME, out of a registry, as a Nix attribute set: the arguments of nixpkgs' pullImage. The digest is that of the platform's image, also where NAME is an index of several. The hash is that of the file which pull writes.`,
    )
    .argument("<name>", "such as alpine:3, registry.example:5000/app or alpine@sha256:...")
    .addOption(os)
    .addOption(arch)
    .addOption(variant)
    .addOption(finalName)
    .addOption(finalTag)
    .option("--lock <file>", "put the digests into this lock file, for pull --locked")
    .option("--json", "print JSON, with both digests and the platform (docs/prefetch.md)")
    .addOption(authfile)
    .addOption(username)
    .addOption(passwordStdin)
    .addOption(tlsVerify)
    .addOption(caFile)
    .addOption(certDir)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image prefetch alpine:3.19
  nix-image prefetch --json --arch arm64 --lock nix-image.lock alpine:3.19`,
    )
    .action(async (name, options) => {
      const { prefetchCommand } = await import("./prefetch.ts");
      await prefetchCommand(name, options);
    });

  program.command("check")
    .summary("compute everything in images again, list all that is wrong")
    .description(
      `Compute the digests, sizes and diff_ids of the images in IMAGE again, compare them with what its documents say, and look at its layers. Prints a line for each thing that is wrong: PLACE: what.

Remarks, on standard error, tell of what is unusual and not wrong.`,
    )
    .argument("<image>", "a docker-archive, an OCI archive or layout, or - for standard input")
    .option("--json", "print JSON: ok, problems, remarks, and the images with their digests")
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image check image.tar.gz
  nix-image check --json layout | jq .problems

Exit status: 0 if nothing is wrong, 1 otherwise.`,
    )
    .action(async (image, options) => {
      const { checkCommand } = await import("./check.ts");
      await checkCommand(image, options);
    });

  program.command("inspect")
    .summary("show what is in an image, or what is going to be in it")
    .description(
      `Show names, config and layers of IMAGE, with the store paths in each layer: of all images, where there are several. Layers are read once; what is in them is kept for the next time.

Of a SPEC, show the image that it will make, without reading files: base layers are listed, others have no digests yet.`,
    )
    .argument(
      "<image|spec>",
      "a docker-archive, an OCI archive or layout; or a spec, - for one on standard input",
    )
    .addOption(name)
    .addOption(tag)
    .addOption(platform)
    .option("-t, --repo-tag <name:tag>", "of a spec: name the image so, whatever the spec says")
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(strategy)
    .addOption(previous)
    .addOption(history)
    .addOption(target)
    .addOption(strict)
    .addOption(quiet)
    .option("--json", "print JSON: all store paths, sizes in bytes (docs/inspect.md)")
    .addHelpText(
      "after",
      `
Examples:
  nix-image inspect image.tar.gz
  nix-image inspect --json --platform linux/arm64 layout.oci
  nix-image inspect spec.json`,
    )
    .action(async (image, options) => {
      const { inspectCommand } = await import("./inspect.ts");
      await inspectCommand(image, options);
    });

  program.command("push")
    .summary("send an image to a registry, what it has not got of it")
    .description(
      `Send IMAGE, or the image that SPEC describes, to a registry. What it has is neither sent nor read; layers are made, compressed and sent at the same time. The manifest goes last, and its digest is printed.

Credentials are taken from --username, or from the files of podman login and docker login and the helpers that these name.`,
    )
    .argument(
      "<image|spec>",
      "a docker-archive, an OCI archive or layout; or a spec, - for one on standard input",
    )
    .argument("<destination>", "docker://HOST[:PORT]/NAME[:TAG]")
    .addOption(layersOfRegistries)
    .addOption(mountFrom)
    .addOption(cacheRepo)
    .addOption(cacheKey)
    .addOption(cachePublicKey)
    .addOption(cacheTrustRepo)
    .addOption(authfile)
    .addOption(username)
    .addOption(passwordStdin)
    .addOption(tlsVerify)
    .addOption(caFile)
    .addOption(certDir)
    .addOption(name)
    .addOption(tag)
    .addOption(platform)
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(strategy)
    .addOption(previous)
    .addOption(history)
    .addOption(strict)
    .addOption(accel)
    .addOption(vmTimeout)
    .addOption(kernel)
    .addOption(modules)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image push spec.json docker://registry.example/team/app:1.0
  nix-image push image.tar.gz docker://localhost:5000/app --mount-from base
  nix-image push spec.json registry.example/app --cache-repo registry.example/cache --cache-key key`,
    )
    .action(async (image, destination, options) => {
      const { pushCommand } = await import("./push.ts");
      await pushCommand(image, destination, options);
    });

  program.command("index")
    .summary("make one image of several, which are for different platforms")
    .description(
      `Make an image index: one name for several images, each for another platform. It has the images that SPECs describe, and all of IMAGEs, or those that --name, --tag and --platform choose.

It is written to a file or directory, an OCI image layout, or sent to a registry: its images by their digests and the index last. Blobs that images have in common are there once. The digest of the index, which is printed then, does not depend on the order of the arguments.`,
    )
    .argument(
      "<images|specs...>",
      "docker-archives, OCI archives or layouts, specs, - once for one on standard input; last, unless there is an --output, docker://HOST[:PORT]/NAME[:TAG]",
    )
    .option("-o, --output <path>", "the directory of an OCI layout; the file, if it ends in .tar")
    .addOption(
      new Option("--format <kind>", "an OCI layout as a directory or a file, whatever its name is")
        .choices(["oci", "oci-archive"] as const),
    )
    .option("-t, --repo-tag <name:tag>", "name the index so in the layout (as the first image)")
    .addOption(
      new Option("--annotation <key=value>", "say this of the index; may be given several times")
        .argParser(listed),
    )
    .addOption(layersOfRegistries)
    .addOption(mountFrom)
    .addOption(cacheRepo)
    .addOption(cacheKey)
    .addOption(cachePublicKey)
    .addOption(cacheTrustRepo)
    .addOption(authfile)
    .addOption(username)
    .addOption(passwordStdin)
    .addOption(tlsVerify)
    .addOption(caFile)
    .addOption(certDir)
    .addOption(name)
    .addOption(tag)
    .addOption(platform)
    .addOption(storeRoot)
    .addOption(closure)
    .addOption(target)
    .addOption(strict)
    .addOption(accel)
    .addOption(vmTimeout)
    .addOption(kernel)
    .addOption(modules)
    .addOption(quiet)
    .addHelpText(
      "after",
      `
Examples:
  nix-image index amd64.json arm64.json docker://registry.example/team/app:1.0
  nix-image index amd64.tar.gz arm64.oci -o app.oci && skopeo inspect --raw oci:app.oci:1.0`,
    )
    .action(async (sources, options) => {
      const { indexCommand } = await import("./index.ts");
      await indexCommand(sources, options);
    });

  program.command("diff")
    .summary("show how two images differ, and what is to pull")
    .description(
      `Show how image B differs from A: layers, store paths, files outside of the store, config; and how many bytes a machine that has A must pull to get B, as B's layers are stored.

The exit status is 0 whether they differ or not, unless --exit-code asks for it. Files outside of the store are compared by type, mode, owner, size and target, not by content.`,
    )
    .argument("<a>", "a docker-archive, an OCI archive or layout")
    .argument("<b>", "another one, or the same")
    .addOption(name)
    .addOption(tag)
    .addOption(platform)
    .option("--exit-code", "exit with status 1 if the images have different IDs")
    .option("--json", "print JSON: all that differs, sizes in bytes (docs/inspect.md)")
    .addHelpText(
      "after",
      `
Examples:
  nix-image diff old.tar.gz new.tar.gz
  nix-image diff --exit-code --platform linux/amd64 old.oci new.oci`,
    )
    .action(async (a, b, options) => {
      const { diffCommand } = await import("./diff.ts");
      await diffCommand(a, b, options);
    });

  program.command("tarsum")
    .summary("print Docker's checksum of a tar archive")
    .description("Print the tarsum (v1, sha256) of the uncompressed tar archive on standard input.")
    .addHelpText("after", "\nExample:\n  nix-image tarsum < layer.tar")
    .action(async () => {
      const { tarsumCommand } = await import("./tarsum.ts");
      await tarsumCommand();
    });

  program.command("schema")
    .summary("print the JSON Schema of the spec")
    .description("Print the JSON Schema of the spec, for editors and other programs.")
    .addHelpText("after", "\nExample:\n  nix-image schema > spec.schema.json")
    .action(async () => {
      const { schemaCommand } = await import("./schema.ts");
      await schemaCommand();
    });

  program.command("helper")
    .summary("print a script for the commands of a spec")
    .description(`Print a script to be used in the commands of a spec.

shadow-setup makes the files in /etc that useradd and groupadd need, where they are absent. It is for fakeRootCommands with enableFakechroot, and for runAsRoot.`)
    .addArgument(new Argument("<name>", "the script").choices(["shadow-setup"] as const))
    .addHelpText("after", "\nExample:\n  nix-image helper shadow-setup")
    .action(async () => {
      const { helperCommand } = await import("./helper.ts");
      helperCommand();
    });

  program.helpInformation = () => help;
  return program as Command;
}
