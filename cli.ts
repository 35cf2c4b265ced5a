/**
 * The command line: arguments to a command, errors to an exit status.
 * @module
 */

import { ImageError } from "./src/errors.ts";

const HELP = `Usage: nix-image COMMAND [options]

Container images from Nix store paths, without Docker and without root.

Commands:
  stream [options] [spec]  write an image to standard output, for docker load
  build [options] <spec>   write an image to a file, compressed
  shell [options] <drv>    make an image in which a derivation can be built
  load [options] <spec|image>
                           load an image into Docker, podman or containerd
  plan [options] <spec>    show the layers of an image, without reading files
  layer [options] <spec>   write an image's own layer to a directory
  export [options] <image> write the root file system of an image, as a tar archive
  merge [options] <images> write all images of several archives to one
  pull [options] <name>    write an image out of a registry to a file
  prefetch [options] <name>
                           print digests and hash of an image in a registry
  check [options] <image>  compute everything in images again, list all that is wrong
  inspect [options] <image|spec>
                           show what is in an image, or what is going to be in it
  push [options] <image|spec> <destination>
                           send an image to a registry, what it has not got of it
  index [options] <images|specs...>
                           make one image of several, for different platforms
  diff [options] <a> <b>   show how two images differ, and what is to pull
  tarsum                   print Docker's checksum of a tar archive
  schema                   print the JSON Schema of the spec
  helper <name>            print a script for the commands of a spec

Options:
  -V, --version            print the version
  -h, --help               show help, also of a command: nix-image COMMAND --help

Exit status: 0, 1 (failed), 2 (wrong usage or spec).
`;

/** Runs the command line and gives the exit status: 0, 1 (failed), 2 (usage or spec). */
async function main(args: readonly string[]): Promise<number> {
  // Help must be quick; the parser takes longer to load than all else that is needed here.
  if (args.length === 1 && (args[0] === "--help" || args[0] === "-h")) {
    console.log(HELP);
    return 0;
  }
  if (args.length === 0) {
    console.error(HELP);
    return 2;
  }
  const { CommanderError } = await import("commander");
  const { commandLine } = await import("./src/commands/command_line.ts");
  const { endOnSignals } = await import("./src/process/cleanup.ts");
  endOnSignals();
  try {
    await commandLine(HELP).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ImageError) {
      if (!error.quiet) console.error(`nix-image: ${error.message}`);
      return error.exitStatus;
    }
    console.error("nix-image: this is a defect of nix-image, please report it:\n", error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
