/**
 * The user's scripts: the only place where they run.
 *
 * A script gets no standard input and this environment, nothing of the caller's besides: `PATH`,
 * `HOME=/homeless-shelter`, which is not there, a `TMPDIR` of its own, `TZ=UTC`, `LC_ALL=C` and
 * `SOURCE_DATE_EPOCH=315532800`; the umask is 022. It runs with errexit (`-e`).
 * @module
 */

import { existsSync, lstatSync } from "node:fs";
import { removeOnSignal } from "./cleanup.ts";
import { ImageError } from "../errors.ts";
import { findProgram } from "./find_program.ts";
import { makeMountPoints } from "./mount_points.ts";
import { MOUNT_POINTS, newRootCommand } from "./new_root.ts";
import { NO_LOADER_VARIABLES } from "./loader_variables.ts";
import { indent, missingProgram, type Program, tryShell } from "./run.ts";
import {
  hasStoreInPlace,
  type ScriptOptions,
  type SearchPaths,
  searchPaths,
} from "./script_options.ts";
import { shellOutside } from "./script_shell.ts";
import { withStore } from "./store_in_place.ts";
import { scriptFailure } from "./script_failure.ts";
import * as text from "./script_text.ts";
import { tellOfProgram } from "./watch.ts";

export type { ScriptOptions };

/** So much of the output is kept for an error, in characters. */
const KEPT_OUTPUT = 1 << 16;

/** What programs say of a full disk, in the language that they are run with. */
const NO_SPACE = "No space left on device";

/** How long output is read after the script's end, in milliseconds. */
const DAEMON_PATIENCE = 500;

/**
 * Runs a script to its end. Whatever it started and left running is ended then, as it is when
 * `onOutput` throws or this process dies.
 *
 * @throws {ImageError} if it fails, with exit status, line and output; or if it can't be run.
 */
export async function runScript(options: ScriptOptions): Promise<void> {
  const work = await Deno.makeTempDir({
    prefix: "nix-image-script-",
    ...options.work === undefined ? {} : { dir: options.work },
  });
  try {
    const run = new ScriptRun(options, work);
    await run.toItsEnd();
  } finally {
    await tryShell('chmod -R u+rwx "$1"; rm -rf "$1"', [work]);
  }
}

class ScriptRun {
  readonly #options: ScriptOptions;
  readonly #work: string;
  readonly #paths: SearchPaths;
  #output = "";

  constructor(options: ScriptOptions, work: string) {
    this.#options = options;
    this.#work = work;
    this.#paths = searchPaths(options);
  }

  async toItsEnd(): Promise<void> {
    const { field, script, stateFile, how } = this.#options;
    const brought = this.#brought;
    Deno.mkdirSync(`${brought}/tmp`, { recursive: true });
    Deno.writeTextFileSync(`${brought}/${field}`, script);
    Deno.writeTextFileSync(`${this.#work}/${text.RESERVE}`, " ".repeat(1 << 14));
    Deno.writeTextFileSync(`${brought}/library`, ""); // to bind fakeroot's to
    if (stateFile !== undefined && existsSync(stateFile)) {
      Deno.copyFileSync(stateFile, `${this.#work}/${text.OLD_STATE}`);
    }

    let clean = () => {};
    try {
      let command = how === "fakechroot"
        ? await newRootCommand(this.#options, this.#paths, this.#work, brought)
        : this.#inDirectory();
      if (how !== "plain") {
        this.#need("fakeroot");
        command = ["sh", "-c", text.FAKEROOT, "sh", ...command];
      }
      if (hasStoreInPlace(this.#options)) {
        command = await withStore(command, this.#options, this.#paths, this.#work);
      }
      if (how === "fakechroot") clean = makeMountPoints(this.#options.root, MOUNT_POINTS);
      await this.#run(command);
    } finally {
      clean();
    }
    if (how !== "plain") this.#saveState();
  }

  #saveState(): void {
    const { field, stateFile } = this.#options;
    const saved = readIfThere(`${this.#work}/${text.NEW_STATE}`);
    if (saved === undefined) {
      throw new ImageError(`${field}: fakeroot does not work here: it did not save its state`);
    }
    if (stateFile === undefined) return;
    // Without our own file, whose inode may soon be another file's.
    const { dev, ino } = lstatSync(`${this.#work}/${text.MARK}`, { bigint: true });
    const ours = `dev=${dev.toString(16)},ino=${ino},`;
    const lines = saved.split("\n").filter((line) => !line.startsWith(ours));
    Deno.writeTextFileSync(stateFile, lines.join("\n"));
  }

  get #brought(): string {
    return `${this.#work}/brought`;
  }

  #inDirectory(): string[] {
    const { root, field } = this.#options;
    const prelude = text.prelude(this.#brought, field);
    return [
      "sh",
      "-c",
      text.ENTER,
      "sh",
      root,
      this.#paths.script.join(":"),
      shellOutside(this.#options, this.#paths),
      prelude,
      field,
    ];
  }

  async #run(command: readonly string[]): Promise<void> {
    const child = this.#spawn(command);
    using _stop = removeOnSignal(() => stopSession(this.#work, child.pid));
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    // What left the session to live on as a daemon may have the pipe, and is not waited for.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ended = child.status.then(() => {
      timer = setTimeout(() => reader.cancel(), DAEMON_PATIENCE);
    });
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        this.#output = (this.#output + part.value).slice(-KEPT_OUTPUT);
        this.#options.onOutput?.(part.value);
      }
    } finally {
      // Ends what is still there.
      await child.stdin.close().catch(() => {});
      await ended;
      clearTimeout(timer);
      await reader.cancel();
    }
    const status = this.#status();
    if (status !== "0") throw this.#failure(status);
  }

  #spawn(command: readonly string[]): Deno.ChildProcess {
    try {
      const child = new Deno.Command("sh", {
        args: ["-c", text.SESSION, "sh", this.#paths.ours.join(":"), this.#work, ...command],
        clearEnv: true,
        env: {
          // By ours, Deno would find a `sh` that it does not allow.
          PATH: this.#paths.callers.join(":"),
          HOME: "/homeless-shelter",
          TMPDIR: `${this.#brought}/tmp`,
          TZ: "UTC",
          LC_ALL: "C",
          SOURCE_DATE_EPOCH: "315532800",
          ...this.#options.how === "plain" ? {} : {
            // Owners are fakeroot's business alone: who runs this must not matter.
            FAKEROOTDONTTRYCHOWN: "1",
          },
          ...this.#options.how === "fakechroot" ? { PROOT_TMP_DIR: this.#work } : {},
        },
        detached: true, // a session of its own, to be ended as a whole
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const { how, field } = this.#options;
      tellOfProgram({
        words: [how === "plain" ? "sh" : "fakeroot", field],
        // What is left of the session is always ended by a signal; the script was before.
        ended: child.status.then((ended) => {
          const status = this.#status();
          if (!status) return ended;
          return { success: status === "0", code: Number(status), signal: null };
        }),
      });
      return child;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) throw missingProgram("sh", error);
      throw error;
    }
  }

  /** The script's exit status, when it has ended by itself. */
  #status(): string | undefined {
    return readIfThere(`${this.#work}/status`)?.trim();
  }

  #failure(status: string | undefined): ImageError {
    const { field, script, onOutput } = this.#options;
    const isFull = this.#output.includes(NO_SPACE);
    const hint = isFull ? "TMPDIR says where temporary files go" : undefined;
    const shown = onOutput ? "" : this.#output;
    const output = (shown.trim() && `\n${indent(shown)}`) + (hint ? `\n${hint}` : "");
    if (!status) {
      return new ImageError(`${field} was ended before it was done${output}`);
    }
    if (!existsSync(`${this.#brought}/${text.STARTED}`)) {
      return new ImageError(`${field} could not be started (exit status ${status})${output}`);
    }
    const line = this.#failedLine(status);
    return scriptFailure({
      field,
      script,
      status,
      line,
      output: onOutput ? "" : this.#output,
      hint,
    });
  }

  /** As the prelude noted it, else as the shell's last message has it. */
  #failedLine(status: string): number | undefined {
    const noted = readIfThere(`${this.#brought}/${text.FAILED}`);
    const [, number, line] = /^(\d+) (\d+)\n$/.exec(noted ?? "") ?? [];
    if (line !== undefined && number === status) return Number(line);
    const directory = this.#options.how === "fakechroot" ? text.BROUGHT : this.#brought;
    const file = `${directory}/${this.#options.field}`;
    let found: number | undefined;
    for (const message of this.#output.split("\n")) {
      const [before, after] = message.split(`${file}: `);
      if (after === undefined) continue;
      const digits = /^line (\d+): /.exec(after) ?? /: (\d+): $/.exec(before ?? "");
      if (digits) found = Number(digits[1]);
    }
    return found;
  }

  #need(program: Program): void {
    if (findProgram(program, this.#paths.ours) === undefined) throw missingProgram(program);
  }
}

/** While this process does nothing else, as it is about to end. */
function stopSession(work: string, pid: number): void {
  new Deno.Command("sh", {
    args: ["-c", text.STOP, "sh", work, `${pid}`],
    env: NO_LOADER_VARIABLES,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? Deno.readTextFileSync(path) : undefined;
}
