/**
 * Stores that Nix reads for us: over ssh, in S3, of a daemon, in a directory. It has to be 2.4 or later.
 * @module
 */

import { ImageError } from "../errors.ts";
import { ProgramError, run, type Running, start } from "../process/run.ts";
import type { StorePath } from "../store/store_path.ts";
import type { NarInfo, NarStore } from "./nar_store.ts";
import { parsePathInfos } from "./nix_path_info.ts";
import { checkNixUrl, type NixUrl } from "./nix_url.ts";
import { UnreachableError } from "./unreachable.ts";

/**
 * A store that Nix knows, asked with `nix`, which has to be on the `PATH`: `ssh-ng://HOST`, `ssh://HOST`,
 * `s3://BUCKET`, `daemon`, `local`, `auto`, `unix://SOCKET`, the absolute path of a chroot store or
 * `local?root=` with one, each with Nix's parameters.
 *
 * @throws {UsageError} if it is none of these.
 */
export function nixStore(url: string): NarStore {
  return new NixStore(checkNixUrl(url));
}

/** Arguments of one call may take so many characters; Linux allows 2 MiB with the environment. */
const ARGUMENT_ROOM = 1_000_000;

const OPTIONS = [
  "--extra-experimental-features",
  "nix-command",
  // Else it looks where it could fetch what is not there.
  "--option",
  "substituters",
  "",
];

/**
 * What Nix says of a path that is not there, where it fails for it. Nix 2.8 can't look for
 * derivations over `ssh://`.
 */
const NOT_THERE =
  /\/nix\/store\/[0-9a-z]{32}-\S+ (?:is not valid|is not a valid store path|does not exist)|'getFSAccessor' is not supported/;

/** What ssh, libcurl, AWS and Nix itself say of hosts and sockets that nobody answers at. */
const UNREACHABLE =
  /Connection (?:refused|timed out|reset|closed)|Could ?n[o']t (?:resolve|connect)|No route to host|Network is unreachable|timed out|Timeout was reached|cannot connect to socket|Unable to connect|HTTP error 5\d\d/i;
/** Who says so has been reached. */
const REFUSED = /Permission denied|Host key verification failed|Access ?Denied/i;

class NixStore implements NarStore {
  readonly name: string;
  readonly isTrusted: boolean;
  readonly #url: string;
  /** What was asked for or came along; undefined for what is not there. */
  readonly #known = new Map<StorePath, NarInfo | undefined>();
  /** Whether it is to be asked for whole closures: a store of files may lack parts of one. */
  #hasClosures = true;
  /** One question at a time: the first may answer those behind it. */
  #asking: Promise<void> = Promise.resolve();

  constructor({ url, name, isOfHost }: NixUrl) {
    this.#url = url;
    this.name = name;
    this.isTrusted = isOfHost;
  }

  async infosOf(paths: readonly StorePath[]): Promise<ReadonlyMap<StorePath, NarInfo>> {
    const asking = this.#asking.then(() => this.#ask(paths));
    this.#asking = asking.catch(() => {});
    await asking;
    const infos = new Map<StorePath, NarInfo>();
    for (const path of paths) {
      const info = this.#known.get(path);
      if (info !== undefined) infos.set(path, info);
    }
    return infos;
  }

  open(path: StorePath): ReadableStream<Uint8Array<ArrayBuffer>> {
    const words = ["store", "dump-path", "--store", this.#url, ...kindOf(path), path];
    return outputOf(
      () => start("nix", [...words, ...OPTIONS]),
      (error) => this.#failure(`give the NAR of ${path}`, error),
    );
  }

  entriesOf(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  [Symbol.dispose](): void {
    // Each question is a run of its own, which ends with its answer.
  }

  /** Makes these known, with their closures where that is one question. */
  async #ask(paths: readonly StorePath[]): Promise<void> {
    const unknown = [...new Set(paths)].filter((path) => !this.#known.has(path));
    for (const batch of batches(unknown)) {
      if (await this.#askForClosure(batch)) continue;
      await this.#askFor(batch);
      const there = batch.filter((path) => this.#known.get(path));
      if (there.length === batch.length) this.#hasClosures = false;
      else if (there.length > 0 && !await this.#askForClosure(there)) this.#hasClosures = false;
    }
  }

  /** @returns false if something of it is not there. */
  async #askForClosure(paths: readonly StorePath[]): Promise<boolean> {
    const infos = this.#hasClosures ? await this.#query(paths, "--recursive") : undefined;
    for (const [path, info] of infos ?? []) this.#known.set(path, info);
    return infos !== undefined && paths.every((path) => infos.has(path));
  }

  async #askFor(paths: readonly StorePath[]): Promise<void> {
    const infos = await this.#query(paths);
    if (infos === undefined && paths.length > 1) {
      for (const path of paths) await this.#askFor([path]);
    } else {
      for (const path of paths) this.#known.set(path, infos?.get(path));
    }
  }

  /** @returns undefined if Nix fails as something is not there, instead of saying so. */
  async #query(
    paths: readonly StorePath[],
    ...options: readonly string[]
  ): Promise<Map<StorePath, NarInfo> | undefined> {
    const words = ["path-info", "--store", this.#url, "--json", ...options, ...kindOf(paths[0]!)];
    try {
      const text = await run("nix", [...words, ...OPTIONS, ...paths]);
      return parsePathInfos(text, this.name);
    } catch (error) {
      if (error instanceof ProgramError && NOT_THERE.test(error.stderr)) return undefined;
      throw this.#failure("say what it has", error);
    }
  }

  /** What a person is told of a failure. */
  #failure(what: string, error: unknown): unknown {
    if (!(error instanceof ProgramError)) return error;
    const said = error.message.replaceAll(this.#url, this.name);
    const { stderr } = error;
    const Failure = UNREACHABLE.test(stderr) && !REFUSED.test(stderr)
      ? UnreachableError
      : ImageError;
    return new Failure(`The store ${this.name} does not ${what}: ${said}`, { cause: error });
  }
}

/** Without it, a derivation stands for what it makes; with it, any path for its derivation. */
function kindOf(path: StorePath): string[] {
  return path.endsWith(".drv") ? ["--derivation"] : [];
}

/** Paths of one kind that go with one question. */
function* batches(paths: readonly StorePath[]): Generator<StorePath[]> {
  for (const kind of Map.groupBy(paths, (path) => kindOf(path).length).values()) {
    let batch: StorePath[] = [], room = ARGUMENT_ROOM;
    for (const path of kind) {
      const length = path.length + 9; // a pointer and the terminator
      if (length > room) {
        yield batch;
        [batch, room] = [[], ARGUMENT_ROOM];
      }
      batch.push(path);
      room -= length;
    }
    yield batch;
  }
}

/**
 * What a program writes, as a byte stream: it is started when that is read, ended when it is
 * cancelled, and its failure is that of the stream.
 */
function outputOf(
  begin: () => Running,
  failure: (error: unknown) => unknown,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let running: Running | undefined;
  let reader: ReadableStreamBYOBReader | undefined;
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 1 << 16,
    async pull(controller) {
      running ??= begin();
      reader ??= running.stdout.getReader({ mode: "byob" });
      const request = controller.byobRequest!;
      const { buffer, byteOffset, byteLength } = request.view as Uint8Array<ArrayBuffer>;
      // The memory travels to the program's stream and back.
      const { value, done } = await reader.read(new Uint8Array(buffer, byteOffset, byteLength));
      if (value === undefined) return; // cancelled
      if (done) {
        await running.finished().catch((error) => {
          throw failure(error);
        });
        controller.close();
      }
      request.respondWithNewView(value);
    },
    async cancel(reason) {
      await reader?.cancel(reason);
      await running?.stop();
    },
  });
}
