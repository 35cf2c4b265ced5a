/**
 * The package as a registry of packages serves it: the files that `deno publish` would send, over
 * HTTP, with the specifiers that it writes in the place of those of deno.json.
 * @module
 */

import denoJson from "../../deno.json" with { type: "json" };
import { PROJECT } from "../../tasks/program_command.ts";
import { succeed } from "./program.ts";

/** The files of the package, relative to the project, as `deno publish` lists them. */
export async function publishedFiles(): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(text);
  return Array.from(text.matchAll(/^\s+file:\/\/(\S+) \([\d.]+[KM]?B\)$/gm), ([, path = ""]) => {
    if (!path.startsWith(`${PROJECT}/`)) throw new Error(`Published from elsewhere: ${path}`);
    return path.slice(PROJECT.length + 1);
  });
}

/** Serves the package on this host until it is disposed of. */
export class PublishedPackage implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** What was asked for, in order. */
  readonly requests: string[] = [];

  private constructor(files: ReadonlySet<string>) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const path = new URL(request.url).pathname.slice(1);
        this.requests.push(path);
        if (!files.has(path)) return new Response("Not found", { status: 404 });
        const text = await Deno.readTextFile(`${PROJECT}/${path}`);
        const type = path.endsWith(".json") ? "application/json" : "application/typescript";
        return new Response(path.endsWith(".ts") ? unfurled(text) : text, {
          headers: { "content-type": type },
        });
      },
    );
  }

  /** Starts to serve. */
  static async start(): Promise<PublishedPackage> {
    return new PublishedPackage(new Set(await publishedFiles()));
  }

  /** Where a file of the package is. */
  url(path: string): string {
    return `http://127.0.0.1:${this.#server.addr.port}/${path}`;
  }

  /** Ends it, and removes what Deno has kept of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    const { modulesCache } = JSON.parse(await succeed([Deno.execPath(), "info", "--json"]));
    const kept = `${modulesCache}/http/127.0.0.1_PORT${this.#server.addr.port}`;
    await Deno.remove(kept, { recursive: true });
  }
}

/** Modules of a package have no import map: `deno publish` writes what deno.json has for a name. */
function unfurled(source: string): string {
  return Object.entries(denoJson.imports).reduce(
    (text, [name, specifier]) =>
      text.replaceAll(`from "${name}"`, `from "${specifier}"`)
        .replaceAll(`import("${name}")`, `import("${specifier}")`),
    source,
  );
}
