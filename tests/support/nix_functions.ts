/**
 * The images of nix_images.nix, built by the real Nix in its sandbox.
 * @module
 */

import { fileURLToPath } from "node:url";
import { writeBundle } from "../../tasks/bundle.ts";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { busyboxDirectory } from "../../tasks/programs.ts";
import { debianClosure } from "./debian_closure.ts";
import { runCommand, type RunResult, succeed } from "./program.ts";
import { Scratch } from "./scratch.ts";
import { denoInStore } from "./store_deno.ts";

/** Debian packages that the images are built with. */
const DEBIAN = [
  "libc6",
  "libgcc-s1",
  "bash",
  "coreutils",
  "fakeroot",
  "libfakeroot",
  "mount",
  "nix-bin",
  "passwd",
  "pigz",
  "proot",
  "sed",
  "skopeo",
  "util-linux",
  "zstd",
];

const IMAGES = fileURLToPath(new URL("nix_images.nix", import.meta.url));

/** What nix_images.nix is called with. */
export class NixImages {
  readonly #arguments: readonly string[];

  private constructor(words: readonly string[]) {
    this.#arguments = words;
  }

  /** Bundles the program, and puts it and Deno into the store. */
  static async prepare(): Promise<NixImages> {
    await using scratch = new Scratch();
    const bundle = `${scratch.path}/nix-image.js`;
    const [paths] = await Promise.all([debianClosure(DEBIAN), writeBundle(bundle)]);
    const [libc = "", libgcc = ""] = paths;
    const executable = await denoInStore([libc, libgcc]);
    const program = await succeed(["nix-store", "--add", bundle], { env: nixEnvironment() });
    const nix = `${paths[DEBIAN.indexOf("nix-bin")]}/usr/bin/nix`;
    const nixLibraries = await succeed(["patchelf", "--print-rpath", nix]);
    const packages = DEBIAN.map((name, n) => `${name} = "${paths[n]}";`).join(" ");
    return new NixImages([
      ...["--argstr", "executable", executable],
      ...["--arg", "debian", `{ ${packages} }`],
      ...["--argstr", "nixLibraries", nixLibraries.trim()],
      ...["--arg", "program", `builtins.storePath ${program.trim()}`],
      ...["--arg", "directory", busyboxDirectory()],
    ]);
  }

  /** Builds these attributes, which has to succeed; returns what they are. */
  async build(...attributes: string[]): Promise<string[]> {
    const { code, text, stderr } = await this.tryBuild(...attributes);
    if (code !== 0) throw new Error(`nix-build ended with ${code}\n${stderr}`);
    return text.trim().split("\n");
  }

  /** Builds these attributes, whatever comes of it. */
  async tryBuild(...attributes: string[]): Promise<RunResult> {
    const words = attributes.flatMap((name) => ["-A", name]);
    const options = ["--no-out-link", "--option", "sandbox", "true"];
    return await runCommand(["nix-build", IMAGES, ...options, ...this.#arguments, ...words], {
      env: nixEnvironment(),
    });
  }

  /** The value of an expression in which `images` are those of nix_images.nix. */
  async evaluate(expression: string): Promise<unknown> {
    const { code, text, stderr } = await runCommand(
      [
        ...["nix-instantiate", "--eval", "--strict", "--json", "--expr"],
        "{ executable, debian, nixLibraries, program, directory }@arguments: " +
        `let images = import ${IMAGES} arguments; in ${expression}`,
        ...this.#arguments,
      ],
      { env: nixEnvironment() },
    );
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(text);
  }
}
