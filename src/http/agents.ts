/**
 * Connections to hosts, kept open and few, straight or through a proxy.
 * @module
 */

import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import { connect, isIP, type Socket } from "node:net";
import tls from "node:tls";
import { isLoopback } from "./addresses.ts";

/** How hosts are believed to be who they are. */
export interface TlsSettings {
  /** The host name of the server: what is said of it goes for no other. */
  readonly hostname: string;
  /** Whether the server has to prove who it is. */
  readonly verify: boolean;
  /** Certificate authorities besides the known ones, in PEM. */
  readonly authorities: readonly string[];
  /** What the server knows us by, in PEM. */
  readonly client?: { readonly certificate: string; readonly key: string } | undefined;
}

/** Agents by where they connect to. Disposing of them closes all connections. */
export class Agents implements Disposable {
  readonly #tls: TlsSettings;
  readonly #connectTimeout: number;
  readonly #connections: number;
  readonly #agents = new Map<string, http.Agent>();

  /**
   * @param connectTimeout for TLS, and for a tunnel through a proxy, in milliseconds each
   * @param connections to one host at a time
   */
  constructor(tls: TlsSettings, connectTimeout: number, connections: number) {
    this.#tls = tls;
    this.#connections = connections;
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
    const pool = { keepAlive: true, maxSockets: this.#connections };
    if (url.protocol === "http:") return new http.Agent(pool);
    const options = { ...pool, ...this.#tlsOptions(url.hostname) };
    return new TlsAgent(options, proxy, this.#connectTimeout);
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

/** No TLS with the other side, which is there: what it sent instead, or did not send. */
export class HandshakeError extends Error {}

type Connected = (error: unknown, socket?: Socket) => void;

/** On this host, servers that do not speak TLS and wait for more are found out sooner. */
const LOOPBACK_TIMEOUT = 5000;

/**
 * TLS, straight or through a proxy's CONNECT (RFC 9110, section 9.3.6). A request gets a connection
 * when the handshake is over: then it is known whether that was what failed, and Deno 2.6 takes it.
 *
 * Deno's own agent asks for a list of all certificate authorities, to which it wants a permission
 * (sys); those that are known need no list.
 */
class TlsAgent extends https.Agent {
  readonly #proxy: URL | undefined;
  readonly #timeout: number;

  constructor(options: https.AgentOptions, proxy: URL | undefined, timeout: number) {
    super(options);
    this.#proxy = proxy;
    this.#timeout = timeout;
  }

  // Node's types know no agent that connects in its own time.
  override createConnection(options: tls.ConnectionOptions, connected?: unknown): never {
    const done = connected as Connected;
    this.#connect(options).then((socket) => done(null, socket), done);
    return undefined as never;
  }

  async #connect(options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
    const { host = "", port = 443 } = options;
    const way = this.#proxy
      ? { host, socket: await tunnel(this.#proxy, `${host}:${port}`, this.#timeout) }
      : { host, port };
    const socket = tls.connect({ ...way, ...serverName(host), ...trustOf(options) });
    const timeout = isLoopback(host) ? Math.min(this.#timeout, LOOPBACK_TIMEOUT) : this.#timeout;
    return await secured(socket, "socket" in way, timeout);
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

/** What Deno's and Node's sockets have, and their types do not. */
interface SocketInsides {
  /** Without it, Deno 2.6 begins TLS once more. */
  encrypted?: boolean;
  _handle?: { pauseOnCreate?: boolean; readStart(): void };
}

/**
 * The socket, when the other side has proven who it is.
 *
 * @param connected whether the handshake is all that is left to do
 * @throws {HandshakeError} if that fails.
 */
async function secured(
  socket: tls.TLSSocket,
  connected: boolean,
  timeout: number,
): Promise<tls.TLSSocket> {
  const insides = socket as SocketInsides;
  // Else Deno 2.6 reads from it, and requests can't have it.
  if (insides._handle) insides._handle.pauseOnCreate = true;
  let reached = connected;
  socket.once("connect", () => reached = true);
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("it does not answer")), timeout);
      socket.once("error", reject);
      socket.once("close", () => {
        clearTimeout(timer);
        reject(new Error("the connection was closed"));
      });
      socket.once("secureConnect", () => {
        // Deno 2.6 says so of handshakes that failed, too, and tells why to whoever reads.
        if (!socket.getPeerCertificate()) return insides._handle?.readStart();
        insides.encrypted ??= true;
        clearTimeout(timer);
        socket.removeListener("error", reject);
        resolve(socket);
      });
    });
  } catch (cause) {
    socket.on("error", () => {});
    socket.destroy();
    if (!reached) throw cause;
    throw new HandshakeError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

const MOST_OF_HEAD = 1 << 14;

/** A connection to a place, such as `host:443`, through a proxy. */
async function tunnel(proxy: URL, place: string, timeout: number): Promise<Socket> {
  const socket = connect({ host: unbracketed(proxy.hostname), port: Number(proxy.port || 80) });
  const headers = { host: place, ...proxyAuthorization(proxy) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the proxy is silent")), timeout);
      let head = "";
      const take = (bytes: Uint8Array) => {
        head += Buffer.from(bytes).toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end < 0 && head.length < MOST_OF_HEAD) return;
        const [, status] = /^HTTP\/1\.\d (\d{3})/.exec(head) ?? [];
        if (status === undefined || end < 0) {
          return reject(new Error("the proxy does not speak HTTP"));
        }
        // TLS is begun by this side: nothing comes before.
        if (status !== "200") return reject(new Error(`the proxy answers ${status}`));
        clearTimeout(timer);
        socket.pause();
        for (const [event, listener] of listeners) socket.removeListener(event, listener);
        resolve(socket);
      };
      const listeners = [
        ["data", take],
        ["error", reject],
        ["close", () => {
          clearTimeout(timer);
          reject(new Error("the proxy closed the connection"));
        }],
      ] as const;
      for (const [event, listener] of listeners) socket.on(event, listener);
      socket.once("connect", () => socket.write(`CONNECT ${place} HTTP/1.1\r\n${lines}\r\n`));
    });
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw error;
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
