/**
 * Made by `deno task docs` from the descriptions of the verbs.
 * @module
 */

/** The text of `nix-image --help`. */
export const HELP = `Usage: nix-image COMMAND [options]

Container images from Nix store paths, without Docker and without root.

Make images:
  stream      write an image to standard output, for docker load
  build       write an image to a file, compressed
  load        load an image into Docker, Podman or containerd
  push        send an image to a registry, without what is there
  index       make an image for several platforms out of one for each
  shell       make an image to build a derivation in, like nix-shell
  layer       write an image's uppermost layer to a directory

Look at images:
  plan        show which store paths share a layer, and why
  inspect     show what is in an image, or what is going to be in it
  diff        show how two images differ, and what an update pulls
  check       compute all digests of images again, and list all that is wrong

Use images that are there:
  pull        get an image out of a registry, into a file
  prefetch    print digest and hash of an image in a registry, for pullImage
  merge       put the images of several archives and layouts into one
  export      write the root file system of an image, as a tar archive

Find your way:
  doctor      tell what of this host works, and what to install
  schema      print the JSON Schema of the spec
  helper      print a script for the commands of a spec
  tarsum      print Docker's checksum of a tar archive
  completions print a script that has a shell complete commands and options
  man         print the man page
  version     print the version, and what the program was made of

Options:
  -V, --version  print the version
  -h, --help     show help, also of a command: nix-image COMMAND --help

Exit status: 0, 1 (failed), 2 (wrong usage or spec).
`;
