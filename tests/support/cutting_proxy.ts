/**
 * A way to a server that can be cut: node:http's own connections stay half open when they are
 * destroyed while something is coming.
 * @module
 */

/** Passes on what comes. Disposing of it ends all connections. */
export class CuttingProxy implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** By the port that the server sees. */
  readonly #ways = new Map<number, Disposable>();

  readonly #lifeOf: () => number;

  /** @param lifeOf told after how many bytes, both ways, the next connection is cut; never, without it */
  constructor(serverPort: number, lifeOf: () => number = () => Infinity) {
    this.#lifeOf = lifeOf;
    this.#accept(serverPort);
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Cuts the connection that comes to the server from this port. */
  cut(port: number | undefined): void {
    this.#ways.get(port ?? 0)?.[Symbol.dispose]();
  }

  async #accept(serverPort: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: serverPort })
        .catch(() => undefined);
      // The server is ending.
      if (server === undefined) {
        client.close();
        continue;
      }
      const { port } = server.localAddr as Deno.NetAddr;
      const end = () => {
        if (!this.#ways.delete(port)) return;
        client.close();
        server.close();
      };
      this.#ways.set(port, { [Symbol.dispose]: end });
      let left = this.#lifeOf();
      const take = (count: number) => {
        left -= count;
        if (left < 0) end();
      };
      for (const [from, to] of [[client, server], [server, client]] as const) {
        pass(from, to, take).catch(() => {}).finally(end);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const way of this.#ways.values()) way[Symbol.dispose]();
  }
}

async function pass(from: Deno.Conn, to: Deno.Conn, take: (count: number) => void): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  for (;;) {
    const length = await from.read(buffer);
    if (length === null) return;
    take(length);
    for (let rest = buffer.subarray(0, length); rest.length > 0;) {
      rest = rest.subarray(await to.write(rest));
    }
  }
}
