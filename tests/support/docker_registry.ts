/**
 * Debian's docker-registry on loopback.
 * @module
 */

import { findProgram } from "../../tasks/programs.ts";
import { startDaemon } from "./daemon.ts";
import { succeed } from "./program.ts";

/** What the registry demands. */
export interface RegistryOptions {
  /** Whether it speaks TLS, with a certificate that no host trusts. */
  readonly tls?: boolean;
  /** Whether only {@linkcode USER} may do anything. */
  readonly login?: boolean;
}

/** Who may log in. */
export const USER = { name: "tester", password: "wörd: $(1)" } as const;

// bcrypt of the password, as htpasswd writes it.
const HTPASSWD = `tester:$2b$04$cwfEMQJhveKVoQutqh4T/.Il9/qXA3VsAph5X3bwZXn2kgjfl3mfO\n`;

/** A registry that runs. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** A directory with the certificate of its authority, as skopeo's --cert-dir wants it. */
  readonly certDir: string;
}

/** Starts an empty registry on a free port. Disposing of it ends it and removes all of that. */
export async function startRegistry(
  { tls = false, login = false }: RegistryOptions = {},
): Promise<TestRegistry> {
  const secrets = await Deno.makeTempDir({ prefix: "registry-secrets-" });
  if (tls) await makeCertificate(secrets);
  await Deno.writeTextFile(`${secrets}/htpasswd`, HTPASSWD);
  const daemon = await startDaemon({
    name: "docker-registry",
    command(directory) {
      const http = tls
        ? { tls: { certificate: `${secrets}/certs/ca.crt`, key: `${secrets}/key.pem` } }
        : {};
      const auth = login
        ? { auth: { htpasswd: { realm: "tests", path: `${secrets}/htpasswd` } } }
        : {};
      const config = {
        version: "0.1",
        log: { level: "info" },
        storage: { filesystem: { rootdirectory: `${directory}/storage` } },
        http: { addr: "127.0.0.1:0", ...http },
        ...auth,
      };
      // JSON is YAML.
      Deno.writeTextFileSync(`${directory}/config.yml`, JSON.stringify(config));
      return [
        findProgram("docker-registry") ?? "docker-registry",
        "serve",
        `${directory}/config.yml`,
      ];
    },
    probe: (directory) => ["grep", "-q", "listening on 127", `${directory}/log`],
  });
  const log = await Deno.readTextFile(`${daemon.directory}/log`);
  return {
    host: /listening on (127\.0\.0\.1:\d+)/.exec(log)?.[1] ?? "",
    certDir: `${secrets}/certs`,
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await Deno.remove(secrets, { recursive: true });
    },
  };
}

/** A key, and a certificate that is its own authority's. */
async function makeCertificate(directory: string): Promise<void> {
  await Deno.mkdir(`${directory}/certs`);
  await succeed([
    "openssl",
    "req",
    "-x509",
    ..."-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test".split(" "),
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-keyout",
    `${directory}/key.pem`,
    "-out",
    `${directory}/certs/ca.crt`,
  ]);
}
