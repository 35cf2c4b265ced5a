/**
 * A real executable of the program, made by `deno task compile`.
 * @module
 */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { PROJECT } from "../../tasks/program_command.ts";
import { succeed } from "./program.ts";

/** What the names of directories begin with in which an executable is being made. */
const MAKING = "making-";

const KIT = fileURLToPath(new URL("compile-kit", import.meta.url));

/** A Deno that can compile here, and the environment that it needs. */
export interface CompileKit {
  readonly deno: string;
  readonly env: Readonly<Record<string, string>>;
}

/** From the environment, as CI sets it, or fetched now. */
export async function compileKit(): Promise<CompileKit> {
  const script = 'test "$COMPILE_DENO" || eval "$("$1")"; ' +
    'printf "%s\\n" "$COMPILE_DENO" "$DENORT_BIN"';
  const text = await succeed(["sh", "-ec", script, "sh", KIT]);
  const [deno = "", DENORT_BIN = ""] = text.split("\n");
  return { deno, env: { DENORT_BIN, DENO_TLS_CA_STORE: "system" } };
}

/** Runs `deno task compile` on the source in `project`. */
export async function compileTo(
  output: string,
  { project = PROJECT, args = [], env = {} }: {
    readonly project?: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<void> {
  const kit = await compileKit();
  const command = [kit.deno, "run", "--allow-all", "tasks/compile.ts", "--output", output, ...args];
  await succeed(command, { cwd: project, env: { ...kit.env, ...env } });
}

/** The path of an executable of this source. It is kept as long as no file of the source changes. */
export async function executable(): Promise<string> {
  const kept = `${PROJECT}/dist/tests`;
  const key = await sourceKey();
  const directory = `${kept}/${key}`;
  const file = `${directory}/nix-image`;
  try {
    await Deno.stat(file);
  } catch {
    // Another test file may be doing the same.
    const making = `${kept}/${MAKING}${crypto.randomUUID()}`;
    await compileTo(making);
    await succeed([
      "sh",
      "-c",
      'mv -T "$1" "$2" 2>/dev/null || rm -r "$1"',
      "sh",
      making,
      directory,
    ]);
    for (const { name } of Deno.readDirSync(kept)) {
      if (name !== key && !name.startsWith(MAKING)) {
        await Deno.remove(`${kept}/${name}`, { recursive: true });
      }
    }
  }
  return file;
}

/** What is copied to compile the program elsewhere. */
export const SOURCES = ["cli.ts", "deno.json", "deno.lock", "src", "tasks"];

async function sourceKey(): Promise<string> {
  const hash = createHash("sha256");
  const files = SOURCES.flatMap((path) => filesBelow(`${PROJECT}/${path}`));
  for (const file of files.sort()) hash.update(`${file}\0`).update(await Deno.readFile(file));
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(path: string): string[] {
  if (Deno.statSync(path).isFile) return [path];
  return [...Deno.readDirSync(path)].flatMap(({ name }) => filesBelow(`${path}/${name}`));
}
