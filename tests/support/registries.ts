/**
 * Debian's docker-registry for the tests.
 * @module
 */

import { findProgram } from "../../tasks/programs.ts";
import { startDaemon } from "./daemon.ts";
import { succeed } from "./program.ts";

/** Options of {@linkcode startRegistry}. */
export interface RegistryOptions {
  /** A file of users, as htpasswd writes it. */
  readonly htpasswd?: string;
  /** PEM files: then it speaks TLS alone. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** A file system in memory of so many bytes for what it stores, as root; else the disk. */
  readonly diskSize?: number;
}

/** A registry with its own storage, which goes when this is disposed of. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1` and its port. */
  readonly host: string;
}

/** Starts a registry on loopback. */
export async function startRegistry(
  { htpasswd, tls, diskSize }: RegistryOptions = {},
): Promise<Registry> {
  const host = `127.0.0.1:${freePort()}`;
  const daemon = await startDaemon({
    name: "docker-registry",
    ...diskSize === undefined ? {} : { leftMount: (directory) => `${directory}/storage` },
    command: (directory) => {
      if (diskSize !== undefined) mountMemory(`${directory}/storage`, diskSize);
      const config = {
        version: "0.1",
        log: { level: "warn", accesslog: { disabled: true } },
        storage: { filesystem: { rootdirectory: `${directory}/storage` } },
        http: {
          addr: host,
          secret: "of these tests",
          ...tls ? { tls } : {},
        },
        ...htpasswd === undefined ? {} : { auth: { htpasswd: { realm: "tests", path: htpasswd } } },
      };
      // YAML takes JSON.
      Deno.writeTextFileSync(`${directory}/config.yml`, JSON.stringify(config));
      return [
        findProgram("docker-registry") ?? "docker-registry",
        "serve",
        `${directory}/config.yml`,
      ];
    },
    probe: () => ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${host.split(":")[1]}`],
  });
  return { host, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() };
}

function mountMemory(directory: string, size: number): void {
  Deno.mkdirSync(directory);
  const args = ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory];
  const { success } = new Deno.Command("mount", { args }).outputSync();
  if (!success) throw new Error(`mount ${args.join(" ")} failed`);
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A certificate authority, and a certificate of it for 127.0.0.1 and localhost. */
export interface TestAuthority {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes these files in a directory, with openssl.
 *
 * @param names what the certificate is for
 * @param days how long it is valid, from now on; 0 for no longer
 */
export async function makeAuthority(
  directory: string,
  { names = "DNS:localhost,IP:127.0.0.1", days = 2 }: { names?: string; days?: number } = {},
): Promise<TestAuthority> {
  const script = `cd "$1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.crt -days 2 -subj /CN=tests
openssl req -newkey rsa:2048 -nodes -keyout server-key.pem -out server.csr -subj /CN=localhost
echo "subjectAltName=$2" >extensions
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca-key.pem -CAcreateserial -out server.pem -days "$3" \\
  -extfile extensions`;
  await succeed(["sh", "-ec", script, "sh", directory, names, String(days)]);
  return {
    authority: `${directory}/ca.crt`,
    certificate: `${directory}/server.pem`,
    key: `${directory}/server-key.pem`,
  };
}

/** A line of an htpasswd file; registries know bcrypt alone. */
export async function htpasswdLine(user: string, password: string): Promise<string> {
  return await succeed(["htpasswd", "-Bbn", user, password]);
}
