/**
 * `deno task docs`: writes what is made from the descriptions of the verbs.
 * @module
 */

import { commandLineModel } from "../src/command_line/model.ts";
import { VERBS } from "../src/command_line/verbs.ts";
import { programHelp } from "../src/command_line/program_help.ts";
import { verbPages } from "../src/command_line/verb_pages.ts";
import { PROJECT } from "./program_command.ts";

/** Where the pages of the verbs are; there is nothing else. */
const PAGES = "docs/verbs";

/** The texts of all files that are made, by their paths in the project. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const pages = Object.entries(verbPages(await commandLineModel(VERBS)))
    .map(([name, text]) => [`${PAGES}/${name}`, text]);
  return {
    "src/command_line/help.ts": `/**
 * Made by \`deno task docs\` from the descriptions of the verbs.
 * @module
 */

/** The text of \`nix-image --help\`. */
export const HELP = \`${(await programHelp()).replace(/[\\`$]/g, "\\$&")}\`;
`,
    ...await formatted(Object.fromEntries(pages)),
  };
}

/** Texts as `deno fmt` has them: in Markdown, wrapped, and columns of tables aligned. */
async function formatted(texts: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const directory = await Deno.makeTempDir({ prefix: "nix-image-docs-" });
  try {
    await Deno.copyFile(`${PROJECT}/deno.json`, `${directory}/deno.json`);
    await Deno.mkdir(`${directory}/${PAGES}`, { recursive: true });
    for (const [path, text] of Object.entries(texts)) {
      await Deno.writeTextFile(`${directory}/${path}`, text);
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", PAGES],
      cwd: directory,
    }).output();
    if (!success) throw new Error(`deno fmt failed:\n${new TextDecoder().decode(stderr)}`);
    const paths = Object.keys(texts);
    const read = async (path: string) => await Deno.readTextFile(`${directory}/${path}`);
    return Object.fromEntries(
      await Promise.all(paths.map(async (path) => [path, await read(path)])),
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Replaces what is there; pages of verbs that are gone go, too. */
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  await Deno.mkdir(`${PROJECT}/${PAGES}`, { recursive: true });
  for await (const { name } of Deno.readDir(`${PROJECT}/${PAGES}`)) {
    if (!(`${PAGES}/${name}` in files)) await Deno.remove(`${PROJECT}/${PAGES}/${name}`);
  }
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${PROJECT}/${path}`, text);
  }
}

if (import.meta.main) await write(await generatedFiles());
