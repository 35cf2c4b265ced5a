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
}

/** A registry with its own storage, which goes when this is disposed of. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1` and its port. */
  readonly host: string;
}

/** Starts a registry on loopback. */
export async function startRegistry({ htpasswd, tls }: RegistryOptions = {}): Promise<Registry> {
  const host = `127.0.0.1:${freePort()}`;
  const daemon = await startDaemon({
    name: "docker-registry",
    command: (directory) => {
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

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A certificate authority, and a certificate of it for 127.0.0.1 and localhost. */
export interface TestAuthority {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes these files in a directory, with openssl. */
export async function makeAuthority(directory: string): Promise<TestAuthority> {
  const script = `cd "$1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.crt -days 2 -subj /CN=tests
openssl req -newkey rsa:2048 -nodes -keyout server-key.pem -out server.csr -subj /CN=localhost
echo subjectAltName=DNS:localhost,IP:127.0.0.1 >extensions
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca-key.pem -CAcreateserial -out server.pem -days 2 \\
  -extfile extensions`;
  await succeed(["sh", "-ec", script, "sh", directory]);
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
