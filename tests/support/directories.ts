/** Directories that exist for one test. */

import { Scratch } from "./scratch.ts";

/** Runs `use` with a new directory, in `parent` if given, and removes it, whatever the modes in it. */
export async function inDirectory(
  use: (directory: string) => Promise<void> | void,
  parent?: string,
): Promise<void> {
  await using scratch = new Scratch(parent);
  await use(scratch.path);
}

/** What a program writes on standard output; fails if it does. */
export async function output(
  program: string,
  ...args: string[]
): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  return stdout;
}

/** What a path is to be: a file's content, `-> target` for a symlink, null for a directory. */
export type Files = Readonly<Record<string, string | null>>;

/** Makes files below `directory`, with the directories that they need. */
export function makeFiles(directory: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = `${directory}/${name}`;
    if (content === null) {
      Deno.mkdirSync(path, { recursive: true });
      continue;
    }
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    if (content.startsWith("-> ")) Deno.symlinkSync(content.slice(3), path);
    else Deno.writeTextFileSync(path, content);
  }
}
