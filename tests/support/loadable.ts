/**
 * Images that no other test has, so that an engine has of their layers what the test loads alone.
 * @module
 */

import { createHash } from "node:crypto";
import { busyboxDirectory } from "../../tasks/programs.ts";

/** A store of its own, with a program and libraries in it that do not know of each other. */
export class LoadableStore {
  readonly #root: string;
  readonly #nonce = crypto.randomUUID();

  /** Makes it in a directory. */
  constructor(directory: string) {
    this.#root = `${directory}/store`;
  }

  /**
   * Writes a spec of an image whose layers are, from the lowest on: the libraries, a program that
   * prints what is in them, and the top layer.
   *
   * @param libraries what is in each of them
   * @returns the spec's file, and the options that it needs
   */
  image(name: string, libraries: readonly string[]): string[] {
    const files = libraries.map((content, index) => {
      // Each is larger than the one before, which is what orders the layers.
      const bytes = `${content} ${this.#nonce}`.padEnd(20_000 * (index + 1), ".");
      return this.#file(`library${index}`, new TextEncoder().encode(bytes));
    });
    const program = this.#file("busybox", Deno.readFileSync(`${busyboxDirectory()}/busybox`));
    const config = { Cmd: [program, "head", "-qc9", ...files] };
    const graph = [...files, program].map((file) => {
      const path = file.split("/").slice(0, 4).join("/");
      const narSize = Deno.statSync(this.#root + file).size;
      return { path, narSize, narHash: `sha256:${this.#hashOf(file)}`, references: [] };
    });
    const spec = `${this.#root}/${name}.json`;
    Deno.writeTextFileSync(spec, JSON.stringify({ name, tag: "1", layering: "auto", config }));
    Deno.writeTextFileSync(`${spec}.graph`, JSON.stringify(graph));
    return [spec, "--store-root", this.#root, "--closure", `${spec}.graph`];
  }

  #file(name: string, bytes: Uint8Array): string {
    const hash = createHash("sha256").update(this.#nonce).update(bytes).digest("hex");
    // Nix's digits have no e.
    const path = `/nix/store/${hash.slice(0, 32).replaceAll("e", "z")}-${name}`;
    Deno.mkdirSync(this.#root + path, { recursive: true });
    Deno.writeFileSync(`${this.#root}${path}/${name}`, bytes, { mode: 0o755 });
    return `${path}/${name}`;
  }

  #hashOf(file: string): string {
    return createHash("sha256").update(Deno.readFileSync(this.#root + file)).digest("hex");
  }
}
