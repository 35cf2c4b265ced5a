/**
 * The commands of the documentation, and a directory in which they can be run.
 * @module
 */

import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { PROJECT } from "../../tasks/program_command.ts";
import { Derivations } from "./derivations.ts";
import { startRegistry, type TestRegistry } from "./docker_registry.ts";
import { Docker } from "./dockerd.ts";
import { codeBlocks, readPages } from "./markdown.ts";
import { buildFixtures } from "./nix_paths.ts";
import { directoryWithProgram, runCommand, type RunResult, succeed } from "./program.ts";
import { Scratch } from "./scratch.ts";

/** Commands that belong together: one block of a page, or one job of a recipe for CI. */
export interface DocumentedCommands {
  /** `PAGE:LINE`. */
  readonly place: string;
  readonly script: string;
}

/** All of them, in the order of the pages. */
export function documentedCommands(): DocumentedCommands[] {
  const found: DocumentedCommands[] = [];
  for (const [page, text] of readPages()) {
    for (const { line, language, code } of codeBlocks(page, text)) {
      const script = SCRIPT_OF[language]?.(code) ?? "";
      if (script !== "") found.push({ place: `${page}:${line}`, script });
    }
  }
  return found;
}

/** What stands for what in commands; HOST is the registry's, CACHE a binary cache. */
const SUBSTITUTES: readonly (readonly [written: string, meant: string])[] = [
  ["registry.example", "HOST"],
  ["localhost:5000", "HOST"],
  ["ghcr.io", "HOST"],
  ["alpine:3.19", "HOST/alpine:3.19"],
  // Of zsh.
  ["${fpath[1]}", "$HOME"],
  ["https://cache.example", "CACHE"],
  // Where the source is.
  [" cli.ts ", ` ${PROJECT}/cli.ts `],
  // The tests have no terminal.
  ["--rm -it", "--rm"],
  // The tests' own small package.
  ["'<nixpkgs>' -A hello", "default.nix"],
  ["hello-2.12.1", "hello-1.0"],
  ["$out/bin/hello", "$out/bin/hello-1.0"],
];

const SPEC = { name: "app", tag: "1.0", config: { Cmd: ["hello"], Env: ["PATH=/bin"] } };

/** Directories of a user. */
const HOME = [
  ".config/containers",
  ".config/fish/completions",
  ".local/share/bash-completion/completions",
  ".local/share/man/man1",
];

/** Makes what the commands name. */
const PREPARATION = `
nix-store --generate-binary-cache-key layer-cache-1 layer-cache.sec layer-cache.pub
cp layer-cache.sec cache.key
nix-image build --quiet spec.json -o image.tar.gz
for copy in app new bash; do cp image.tar.gz $copy.tar.gz; done
nix-image build --quiet old.json -o old.tar.gz
cp old.tar.gz app-1.tar.gz
gunzip --stdout app-1.tar.gz > app-1.tar
gunzip --stdout image.tar.gz > image.tar
nix-image build --quiet old.json -t redis:7 --compressor zstd -o redis.tar.zst
nix-image build --quiet amd64.json -o amd64.tar.gz
nix-image build --quiet arm64.json --format oci -o arm64.oci
nix-image build --quiet spec.json -t layout:1 --format oci -o layout
nix-image index --quiet amd64.json arm64.json -o layout.oci
for copy in old new; do cp -a layout.oci $copy.oci; done
nix-image index --quiet amd64.json arm64.json docker://alpine:3.19
nix-image layer --quiet spec.json -o own
mv own/layer.tar .
nix --extra-experimental-features nix-command path-info --json --recursive ./result ./other \
  > graph.json
nix --extra-experimental-features nix-command copy --to file://$PWD/cache ./result
nix-image plan --quiet --closure graph.json --json > before.json
docker load --quiet --input image.tar.gz
`;

/** What CI services set, and what the recipes have their users set. */
const CI_VARIABLES = {
  TOKEN: "secret",
  GITHUB_ACTOR: "octocat",
  GITHUB_REPOSITORY: "team/app",
  GITHUB_SHA: "0123456789abcdef0123456789abcdef01234567",
  CI_REGISTRY_USER: "gitlab-ci-token",
  CI_REGISTRY_PASSWORD: "secret",
  CI_COMMIT_SHORT_SHA: "01234567",
  VERSION: "1.1",
  CHANGE: "42",
};

/** How blocks of a language have commands in them. */
const SCRIPT_OF: Readonly<Record<string, (code: string) => string>> = {
  sh: (code) => code,
  console: (code) =>
    [...code.matchAll(/^\$ (.*)$/gm)].map(([, command]) => `${command}\n`).join(""),
  yaml: stepsOf,
};

/** The commands of a recipe for GitHub (`run:`) or GitLab (`script:`). */
function stepsOf(recipe: string): string {
  const steps = [...recipe.matchAll(/^( *)- run: (?:\|\n((?:\1 {4}.*\n)+)|(.*\n))/gm)]
    .map(([, , block, line]) => block ?? line);
  const script = /^ *script:\n((?: +.*\n)+)/m.exec(recipe)?.[1] ?? "";
  const items = script.split(/^ *- /m).slice(1).map((item) => item.replace(/\n +/g, " "));
  return [...steps, ...items.map((item) => `${item.trimEnd()}\n`)].join("");
}

/** A host on which the commands of the documentation mean something. */
export class DocumentedHost implements AsyncDisposable {
  readonly #scratch = new Scratch();
  readonly #docker = new Docker();
  #registry: TestRegistry | undefined;
  #runs = 0;

  /** Starts an engine and a registry, and makes the files that the commands name. */
  async start(): Promise<void> {
    await this.#docker.start();
    this.#registry = await startRegistry();
    const [{ hello, busybox }, derivations] = await Promise.all([
      buildFixtures("hello", "busybox"),
      Derivations.prepare(),
    ]);
    const drv = await derivations.instantiate("hello");
    const directory = this.#template;
    await Deno.mkdir(`${this.#scratch.path}/deno`);
    await Deno.symlink(Deno.execPath(), `${this.#scratch.path}/deno/deno`);
    await Deno.mkdir(`${directory}/root`, { recursive: true });
    for (const path of HOME) await Deno.mkdir(`${directory}/home/${path}`, { recursive: true });
    await Deno.writeTextFile(
      `${directory}/home/.config/containers/registries.conf`,
      `[[registry]]\nlocation = "${this.#registry.host}"\ninsecure = true\n`,
    );
    const spec = (name: string, fields: object = {}) =>
      Deno.writeTextFile(
        `${directory}/${name}.json`,
        JSON.stringify({ ...SPEC, contents: [hello, busybox], ...fields }),
      );
    await spec("spec");
    await spec("old", { contents: [busybox] });
    await spec("amd64", { architecture: "amd64" });
    await spec("arm64", { architecture: "arm64" });
    await Deno.symlink(hello, `${directory}/result`);
    await Deno.symlink(busybox, `${directory}/other`);
    await Deno.symlink(drv, `${directory}/hello.drv`);
    await Deno.writeTextFile(`${directory}/default.nix`, `import ${drv}`);
    const { code, stderr } = await this.#run(PREPARATION, directory);
    if (code !== 0) throw new Error(`Nothing to run commands on: ${stderr}`);
  }

  get #template(): string {
    return `${this.#scratch.path}/template`;
  }

  /** Runs such commands as bash does with -e, in a directory that is new. */
  async run(script: string): Promise<RunResult> {
    const directory = `${this.#scratch.path}/run-${++this.#runs}`;
    await succeed(["cp", "-a", this.#template, directory]);
    return await this.#run(script, directory);
  }

  async #run(script: string, directory: string): Promise<RunResult> {
    const host = this.#registry?.host ?? "", cache = `file://${this.#template}/cache`;
    const here = SUBSTITUTES.reduce(
      (text, [written, meant]) =>
        text.replaceAll(written, meant.replace("HOST", host).replace("CACHE", cache)),
      script,
    );
    const program = directoryWithProgram(this.#scratch.path);
    const docker = (this.#docker.env.DOCKER_HOST ?? "").replace("unix:", "file:");
    const bytes = await Deno.readFile(`${program}/nix-image`);
    return await runCommand(["bash", "-euo", "pipefail", "-c", here], {
      cwd: directory,
      env: {
        ...nixEnvironment(),
        ...this.#docker.env,
        ...CI_VARIABLES,
        CI_REGISTRY_IMAGE: `${host}/group/app`,
        LAYER_CACHE_KEY: await Deno.readTextFile(`${directory}/layer-cache.sec`).catch(() => ""),
        NIX_IMAGE_URL: `file://${program}/nix-image`,
        NIX_IMAGE_SHA256: createHash("sha256").update(bytes).digest("hex"),
        CONTAINERD_ADDRESS: `${dirname(fileURLToPath(docker))}/exec/containerd/containerd.sock`,
        HOME: `${directory}/home`,
        RUNNER_TEMP: directory,
        XDG_CACHE_HOME: `${this.#scratch.path}/cache`,
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
        PATH: `${program}:${this.#scratch.path}/deno:${Deno.env.get("PATH")}`,
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#docker.stop();
    await this.#registry?.[Symbol.asyncDispose]();
    await this.#scratch[Symbol.asyncDispose]();
  }
}
