import assert from "node:assert/strict";
import { RUN_OPTIONS } from "../../src/process/run_options.ts";
import { listedPermissions } from "../support/permissions_page.ts";

const SOURCE = new URL("../../", import.meta.url).pathname;

function option(name: string): string[] | undefined {
  const found = RUN_OPTIONS.find((option) => option.split("=")[0] === name);
  return found?.split("=")[1]?.split(",");
}

function sources(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    return isDirectory ? sources(path) : name.endsWith(".ts") ? [path] : [];
  });
}

Deno.test("docs/permissions.md lists what the program is started with, and nothing else", () => {
  const { options, variables, programs } = listedPermissions();
  const granted = RUN_OPTIONS.map((option) => option.split("=")[0] ?? "")
    .filter((option) => option.startsWith("--allow-"));
  assert.deepEqual([...options].sort(), granted.sort());
  assert.deepEqual(variables, option("--allow-env"));
  assert.deepEqual(programs, option("--allow-run"));
});

Deno.test("each variable of the environment that may be read is, and no other", () => {
  const read = new Set<string>();
  for (const path of [`${SOURCE}/cli.ts`, ...sources(`${SOURCE}/src`)]) {
    const text = Deno.readTextFileSync(path);
    assert.doesNotMatch(text, /Deno\.env\.(?!get\("\w+"\))|process\.env/, path);
    for (const [, name = ""] of text.matchAll(/Deno\.env\.get\("(\w+)"\)/g)) read.add(name);
  }
  assert.deepEqual([...read].sort(), option("--allow-env"));
});
