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
  "e2fsprogs",
  "fakeroot",
  "libfakeroot",
  "mount",
  "nix-bin",
  "passwd",
  "pigz",
  "proot",
  "qemu-system-common",
  "qemu-system-data",
  "qemu-system-x86",
  "seabios",
  "tar",
  "sed",
  "skopeo",
  "util-linux",
  "xz-utils",
  "zstd",
];

const IMAGES = fileURLToPath(new URL("nix_images.nix", import.meta.url));

/** Puts a file or directory into the store. */
async function added(path: string): Promise<string> {
  return (await succeed(["nix-store", "--add", path], { env: nixEnvironment() })).trim();
}

/** The version of a kernel on this machine that is for virtual ones. */
function newestKernel(): string {
  const names = [...Deno.readDirSync("/boot")].map(({ name }) => name).sort();
  const name = names.findLast((name) => /^vmlinuz-.*-cloud-/.test(name));
  if (name === undefined) throw new Error("There is no /boot/vmlinuz-*-cloud-*");
  return name.replace("vmlinuz-", "");
}

/** What nix_images.nix has beside derivations that can be built. */
const OTHERS = ["functions", "bundled", "failing"];

/** What nix_images.nix is called with. */
export class NixImages {
  readonly #arguments: readonly string[];
  /** The `.drv` file of each attribute. */
  #derivations: Readonly<Record<string, string>> = {};

  private constructor(words: readonly string[]) {
    this.#arguments = words;
  }

  /** Bundles the program, puts it and Deno into the store, and builds all images. */
  static async prepare(): Promise<NixImages> {
    await using scratch = new Scratch();
    const bundle = `${scratch.path}/nix-image.js`;
    const [paths] = await Promise.all([debianClosure(DEBIAN), writeBundle(bundle)]);
    const [libc = "", libgcc = ""] = paths;
    const executable = await denoInStore([libc, libgcc]);
    const program = await added(bundle);
    const kernel = newestKernel();
    const nix = `${paths[DEBIAN.indexOf("nix-bin")]}/usr/bin/nix`;
    const nixLibraries = await succeed(["patchelf", "--print-rpath", nix]);
    const packages = DEBIAN.map((name, n) => `${name} = "${paths[n]}";`).join(" ");
    const images = new NixImages([
      ...["--argstr", "executable", executable],
      ...["--arg", "debian", `{ ${packages} }`],
      ...["--argstr", "kernel", await added(`/boot/vmlinuz-${kernel}`)],
      ...["--argstr", "modules", await added(`/lib/modules/${kernel}`)],
      ...["--argstr", "nixLibraries", nixLibraries.trim()],
      ...["--arg", "program", `builtins.storePath ${program}`],
      ...["--arg", "directory", busyboxDirectory()],
    ]);
    await images.#buildAll();
    return images;
  }

  /** In one evaluation, and side by side. What fails here does so again where it is asked for. */
  async #buildAll(): Promise<void> {
    const without = OTHERS.map((name) => `"${name}"`).join(" ");
    const derivations = `mapAttrs (_: image: image.drvPath) (removeAttrs images [ ${without} ])`;
    this.#derivations = await this.evaluate(
      `with builtins; ${derivations}`,
      "--read-write-mode",
    ) as Record<string, string>;
    const side = ["--keep-going", "--max-jobs", "2"];
    await this.#run("nix-store", "--realise", ...side, ...Object.values(this.#derivations));
  }

  /** Builds these attributes, which has to succeed; returns what they are. */
  async build(...attributes: string[]): Promise<string[]> {
    const known = attributes.flatMap((name) => this.#derivations[name] ?? []);
    const { code, text, stderr } = known.length < attributes.length
      ? await this.tryBuild(...attributes)
      : await this.#run("nix-store", "--realise", ...known);
    if (code !== 0) throw new Error(`The build ended with ${code}\n${stderr}`);
    return text.trim().split("\n");
  }

  /** Builds these attributes, whatever comes of it. */
  async tryBuild(...attributes: string[]): Promise<RunResult> {
    const words = attributes.flatMap((name) => ["-A", name]);
    return await this.#nixBuild(IMAGES, ...words);
  }

  /** Builds an expression in which `images` are those of nix_images.nix; returns its store path. */
  async buildExpression(expression: string): Promise<string> {
    const { code, text, stderr } = await this.#nixBuild("--expr", withImages(expression));
    if (code !== 0) throw new Error(`nix-build ended with ${code}\n${stderr}`);
    return text.trim();
  }

  async #nixBuild(...words: string[]): Promise<RunResult> {
    return await this.#run("nix-build", "--no-out-link", ...this.#arguments, ...words);
  }

  async #run(...command: string[]): Promise<RunResult> {
    return await runCommand([...command, "--option", "sandbox", "true"], { env: nixEnvironment() });
  }

  /** The value of an expression in which `images` are those of nix_images.nix. */
  async evaluate(expression: string, ...options: string[]): Promise<unknown> {
    const { code, text, stderr } = await runCommand(
      [
        ...["nix-instantiate", "--eval", "--strict", "--json", ...options],
        ...["--expr", withImages(expression)],
        ...this.#arguments,
      ],
      { env: nixEnvironment() },
    );
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(text);
  }
}

function withImages(expression: string): string {
  const names = "executable, debian, nixLibraries, kernel, modules, program, directory";
  return `{ ${names} }@arguments: let images = import ${IMAGES} arguments; in ${expression}`;
}
