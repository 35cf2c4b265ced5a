/**
 * An ssh server on loopback that lets this user in with a key of its own.
 * @module
 */

import { findProgram } from "../../tasks/programs.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { succeed } from "./program.ts";

/** A server; disposing of it ends it. */
export interface SshServer extends AsyncDisposable {
  /** `root@127.0.0.1`. */
  readonly host: string;
  /** What `ssh` is to be told, as in `NIX_SSHOPTS`. */
  readonly options: string;
}

/**
 * Starts a server. As root: others have no sshd that may log them in.
 *
 * @param environment of the commands that it runs
 */
export async function startSshServer(
  environment: Readonly<Record<string, string>>,
): Promise<SshServer> {
  const port = freePort();
  // sshd leaves its privileges in there.
  await Deno.mkdir("/run/sshd", { recursive: true });
  const variables = Object.entries(environment).map(([name, value]) => `"${name}=${value}"`);
  const daemon: Daemon = await startDaemon({
    name: "sshd",
    command(directory) {
      for (const name of ["host", "user"]) makeKey(`${directory}/${name}`);
      Deno.copyFileSync(`${directory}/user.pub`, `${directory}/authorized`);
      const lines = [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${directory}/host`,
        `AuthorizedKeysFile ${directory}/authorized`,
        "PidFile none",
        "UsePAM no",
        // The directory is in one that all may write to.
        "StrictModes no",
        "PasswordAuthentication no",
        `SetEnv ${variables.join(" ")}`,
      ];
      Deno.writeTextFileSync(`${directory}/config`, `${lines.join("\n")}\n`);
      return [findProgram("sshd") ?? "/usr/sbin/sshd", "-D", "-e", "-f", `${directory}/config`];
    },
    probe: () => ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`],
  });
  const { directory } = daemon;
  const [, key = ""] = (await succeed(["cat", `${directory}/host.pub`])).split(" ");
  Deno.writeTextFileSync(`${directory}/known`, `[127.0.0.1]:${port} ssh-ed25519 ${key}\n`);
  return {
    host: "root@127.0.0.1",
    options: `-F none -p ${port} -i ${directory}/user -o UserKnownHostsFile=${directory}/known ` +
      "-o BatchMode=yes",
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

function makeKey(file: string): void {
  const { success } = new Deno.Command("ssh-keygen", {
    args: ["-q", "-t", "ed25519", "-N", "", "-f", file],
  }).outputSync();
  if (!success) throw new Error("ssh-keygen makes no key");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
