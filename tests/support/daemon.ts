/**
 * Daemons that a test starts: each in a temporary directory of its own, ended by its process id.
 * @module
 */

/** How to start a daemon in a directory, and how to see that it is ready. */
export interface DaemonOptions {
  readonly name: string;
  command(directory: string): readonly string[];
  /** A command that succeeds once the daemon answers. */
  probe(directory: string): readonly string[];
  /** A file system that it may leave mounted. */
  leftMount?(directory: string): string;
}

/** A running daemon. */
export interface Daemon extends AsyncDisposable {
  readonly directory: string;
}

const START_SECONDS = 60;
const STOP_SECONDS = 20;

/** Starts a daemon and waits until it answers. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const directory = await Deno.makeTempDir({ prefix: `${options.name}-` });
  const [program = "", ...args] = options.command(directory);
  const log = `${directory}/log`;
  const child = new Deno.Command("sh", {
    args: ["-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", log, program, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const leftMount = options.leftMount?.(directory);
  const daemon = { directory, [Symbol.asyncDispose]: () => stop(child, directory, leftMount) };
  let ended = false;
  child.status.then(() => ended = true);
  const limit = Date.now() + START_SECONDS * 1000;
  while (!await answers(options.probe(directory))) {
    if (!ended && Date.now() < limit) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    const said = await Deno.readTextFile(log);
    await daemon[Symbol.asyncDispose]();
    throw new Error(`${options.name} does not answer; it said:\n${said}`);
  }
  return daemon;
}

async function answers([program = "", ...args]: readonly string[]): Promise<boolean> {
  const command = new Deno.Command(program, { args, stdout: "null", stderr: "null" });
  return (await command.output()).success;
}

async function stop(
  child: Deno.ChildProcess,
  directory: string,
  leftMount: string | undefined,
): Promise<void> {
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_SECONDS * 1000);
  try {
    child.kill("SIGTERM");
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
  await child.status;
  clearTimeout(kill);
  if (leftMount !== undefined) await answers(["umount", leftMount]);
  await Deno.remove(directory, { recursive: true });
}
