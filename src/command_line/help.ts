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
  load        load an image into a local engine, without the layers it has
  push        send an image to a registry, what it has not got of it
  index       make one image of several, which are for different platforms
  shell       make an image in which a derivation can be built
  layer       write an image's own layer to a directory

Look at images:
  plan        show the layers of an image, without reading files
  inspect     show what is in an image, or what is going to be in it
  diff        show how two images differ, and what is to pull
  check       compute everything in images again, list all that is wrong

Use images that are there:
  pull        write an image out of a registry to a file
  prefetch    print digests and hash of an image in a registry, for pullImage
  merge       write all images of several archives and layouts to one
  export      write the root file system of an image, as a tar archive

Find your way:
  schema      print the JSON Schema of the spec
  helper      print a script for the commands of a spec
  tarsum      print Docker's checksum of a tar archive

Options:
  -V, --version  print the version
  -h, --help     show help, also of a command: nix-image COMMAND --help

Exit status: 0, 1 (failed), 2 (wrong usage or spec).
`;
