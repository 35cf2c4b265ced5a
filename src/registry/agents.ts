/**
 * Connections to hosts, kept open and few, straight or through a proxy.
 * @module
 */

import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import { isIP, type Socket } from "node:net";
import tls from "node:tls";

/** How hosts are believed to be who they are. */
export interface TlsSettings {
  /** The host name of the registry: what is said of it goes for no other. */
  readonly hostname: string;
  /** Whether the registry has to prove who it is. */
  readonly verify: boolean;
  /** Certificate authorities besides the known ones, in PEM. */
  readonly authorities: readonly string[];
  /** What the registry knows us by, in PEM. */
  readonly client?: { readonly certificate: string; readonly key: string } | undefined;
}

/** To one host at a time. */
const MOST_CONNECTIONS = 8;

/** Agents by where they connect to. Disposing of them closes all connections. */
export class Agents implements Disposable {
  readonly #tls: TlsSettings;
  readonly #connectTimeout: number;
  readonly #agents = new Map<string, http.Agent>();

  /** @param connectTimeout for a tunnel through a proxy, in milliseconds */
  constructor(tls: TlsSettings, connectTimeout: number) {
    this.#tls = tls;
    this.#connectTimeout = connectTimeout;
  }

  /** The agent for a URL. A request for an http URL through a proxy is the proxy's: no agent. */
  agentFor(url: URL, proxy: URL | undefined): http.Agent {
    const key = `${url.origin} ${proxy?.href ?? ""}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) this.#agents.set(key, agent = this.#newAgent(url, proxy));
    return agent;
  }

  #newAgent(url: URL, proxy: URL | undefined): http.Agent {
    const pool = { keepAlive: true, maxSockets: MOST_CONNECTIONS };
    if (url.protocol === "http:") return new http.Agent(pool);
    const options = { ...pool, ...this.#tlsOptions(url.hostname) };
    if (proxy === undefined) return new TlsAgent(options);
    return new TunnelAgent(options, proxy, this.#connectTimeout);
  }

  #tlsOptions(hostname: string): tls.SecureContextOptions & { rejectUnauthorized: boolean } {
    const { verify, authorities, client } = this.#tls;
    const isRegistry = hostname === this.#tls.hostname;
    return {
      rejectUnauthorized: verify || !isRegistry,
      ...authorities.length > 0 ? { ca: [...authorities] } : {},
      ...isRegistry && client ? { cert: client.certificate, key: client.key } : {},
    };
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }
}

type Connected = (error: Error | null, socket?: Socket) => void;

/**
 * TLS. Deno's own agent asks for a list of all certificate authorities, to which it wants a
 * permission (sys); those that are known need no list.
 */
class TlsAgent extends https.Agent {
  override createConnection(options: tls.ConnectionOptions): tls.TLSSocket {
    const { host = "", port = 443 } = options;
    return tls.connect({ host, port, ...serverName(host), ...trustOf(options) });
  }
}

/** What of an agent's options is for TLS. */
function trustOf(
  { ca, cert, key, rejectUnauthorized }: tls.ConnectionOptions,
): Partial<Pick<tls.ConnectionOptions, "ca" | "cert" | "key" | "rejectUnauthorized">> {
  const entries = Object.entries({ ca, cert, key, rejectUnauthorized });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Addresses are no server names (RFC 6066, section 3), but certificates may be for them. */
function serverName(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

/** TLS through a proxy's CONNECT (RFC 9110, section 9.3.6). */
class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #timeout: number;

  constructor(options: https.AgentOptions, proxy: URL, timeout: number) {
    super(options);
    this.#proxy = proxy;
    this.#timeout = timeout;
  }

  // Node's types know no agent that connects in its own time.
  override createConnection(options: tls.ConnectionOptions, connected?: unknown): never {
    const done = connected as Connected;
    const { host = "", port = 443 } = options;
    const place = `${host}:${port}`;
    const request = http.request({
      host: unbracketed(this.#proxy.hostname),
      port: this.#proxy.port || 80,
      method: "CONNECT",
      path: place,
      headers: { host: place, ...proxyAuthorization(this.#proxy) },
      agent: false,
    });
    const timer = setTimeout(
      () => request.destroy(new Error("the proxy is silent")),
      this.#timeout,
    );
    request.on("connect", (response, socket) => {
      clearTimeout(timer);
      if (response.statusCode === 200) {
        const tlsOptions = { ...serverName(host), ...trustOf(options) };
        return done(null, tls.connect({ socket, host, ...tlsOptions }));
      }
      socket.destroy();
      done(new Error(`the proxy answers ${response.statusCode}`));
    });
    request.on("error", (error) => {
      clearTimeout(timer);
      done(error);
    });
    request.end();
    return undefined as never;
  }
}

/** What a proxy knows us by. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const both = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(both).toString("base64")}` };
}

/** A URL's host name, as it is connected to. */
export function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
