/**
 * A real Docker daemon for the tests.
 * @module
 */

import { findProgram } from "../../tasks/programs.ts";
import { startDaemon } from "./daemon.ts";
import { nixImageCommand, runCommand, type RunResult, succeed } from "./program.ts";

/** A daemon that answers at `host`, the value of DOCKER_HOST. */
export interface Dockerd extends AsyncDisposable {
  readonly host: string;
}

/** What `docker image inspect` says of an image, as far as tests look at it. */
export interface DockerImage {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly Created: string;
  readonly Architecture: string;
  readonly Os: string;
  readonly Config: {
    readonly Cmd: readonly string[] | null;
    readonly Env: readonly string[] | null;
  };
  readonly RootFS: { readonly Layers: readonly string[] };
}

/** Starts a daemon with its own state; disposing of it ends it and removes all of that. */
export async function startDockerd(): Promise<Dockerd> {
  const host = (directory: string) => `unix://${directory}/docker.sock`;
  const daemon = await startDaemon({
    name: "dockerd",
    command: (directory) => [
      findProgram("dockerd") ?? "dockerd",
      "--iptables=false",
      "--ip6tables=false",
      "--bridge=none",
      "--storage-driver=overlay2",
      `--data-root=${directory}/data`,
      `--exec-root=${directory}/exec`,
      `--pidfile=${directory}/pid`,
      `--host=${host(directory)}`,
    ],
    probe: (directory) => ["docker", "--host", host(directory), "info"],
    // The namespace of containers with --network=host.
    leftMount: (directory) => `${directory}/exec/netns/default`,
  });
  return {
    host: host(daemon.directory),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

/**
 * A Docker client for the tests of one file. `deno task test` has a daemon for the whole run;
 * a file that is run alone starts one with {@linkcode Docker.start} and ends it with
 * {@linkcode Docker.stop}.
 */
export class Docker {
  #daemon: Dockerd | undefined;
  #host = "";

  /** The value of DOCKER_HOST, for commands that pipe into `docker` themselves. */
  get env(): Record<string, string> {
    return { DOCKER_HOST: this.#host };
  }

  async start(): Promise<void> {
    const host = Deno.env.get("NIX_IMAGE_TEST_DOCKER_HOST");
    if (host === undefined) this.#daemon = await startDockerd();
    this.#host = host ?? this.#daemon?.host ?? "";
  }

  async stop(): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]();
  }

  /** Runs `docker`, which has to succeed. */
  async docker(...args: string[]): Promise<string> {
    return await succeed(["docker", ...args], { env: this.env });
  }

  /** Runs `docker`, whatever comes of it. */
  async tryDocker(...args: string[]): Promise<RunResult> {
    return await runCommand(["docker", ...args], { env: this.env });
  }

  /** Runs a command in a new container, which has to succeed; returns what it printed. */
  async run(image: string, ...command: string[]): Promise<string> {
    return await this.docker("run", "--rm", "--network=none", image, ...command);
  }

  async inspect(image: string): Promise<DockerImage> {
    const [found] = JSON.parse(await this.docker("image", "inspect", image)) as DockerImage[];
    if (found === undefined) throw new Error(`Docker has no image ${image}`);
    return found;
  }

  /**
   * `nix-image stream ARGS | docker load`; returns the name that Docker gave the image.
   * The pipe is the kernel's, as on a user's command line.
   */
  async load(...args: string[]): Promise<string> {
    const script = 'set -o pipefail; "$@" | docker load';
    const { code, text, stderr } = await runCommand(
      ["bash", "-c", script, "bash", ...nixImageCommand(), "stream", ...args],
      { env: this.env },
    );
    const loaded = /^Loaded image: (.*)$/m.exec(text)?.[1];
    if (code !== 0 || loaded === undefined) throw new Error(`Not loaded: ${text}${stderr}`);
    return loaded;
  }

  /** `nix-image build ARGS`, then `docker load`; returns the name that Docker gave the image. */
  async build(directory: string, ...args: string[]): Promise<string> {
    const archive = `${directory}/image-${crypto.randomUUID()}`;
    await succeed([...nixImageCommand(), "build", "--quiet", "--output", archive, ...args]);
    // Docker learnt to read zstd after version 20.10.
    const script = 'set -o pipefail; { zstd -dcq "$1" 2>/dev/null || cat "$1"; } | docker load';
    const text = await succeed(["bash", "-c", script, "bash", archive], { env: this.env });
    const loaded = /^Loaded image: (.*)$/m.exec(text)?.[1];
    if (loaded === undefined) throw new Error(`Not loaded: ${text}`);
    return loaded;
  }

  /** The names of all members of the root file system of an image, as `docker export` has them. */
  async exportedNames(image: string): Promise<string[]> {
    const container = (await this.docker("create", "--network=none", image, "/none")).trim();
    const script = 'set -o pipefail; docker export "$1" | tar --list';
    const names = await succeed(["bash", "-c", script, "bash", container], { env: this.env });
    await this.docker("rm", container);
    return names.trim().split("\n");
  }
}
