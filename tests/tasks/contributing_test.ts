import assert from "node:assert/strict";
import { PROJECT } from "../../tasks/program_command.ts";
import denoJson from "../../deno.json" with { type: "json" };

const text = await Deno.readTextFile(`${PROJECT}/CONTRIBUTING.md`);

/** Directories of the project that no tool makes, with a slash at the end. */
function directoriesIn(place: string): string[] {
  const made = Deno.readTextFileSync(`${PROJECT}/.gitignore`).split("\n");
  return Deno.readDirSync(`${PROJECT}/${place}`)
    .filter(({ name, isDirectory }) => isDirectory && !name.startsWith("."))
    .map(({ name }) => `${place}${name}/`)
    .filter((path) => !made.includes(path) && !made.includes(`/${path}`))
    .toArray();
}

Deno.test("CONTRIBUTING.md has a line for each room, and for nothing else", () => {
  const rooms = Array.from(text.matchAll(/^\| `(\S+)` +\| \S/gm), ([, room = ""]) => room);
  const expected = [
    ...directoriesIn("src/"),
    ...directoriesIn("").filter((name) => name !== "src/"),
    "cli.ts",
    "mod.ts",
  ];
  assert.deepEqual([...rooms].sort(), expected.sort());
});

Deno.test("CONTRIBUTING.md names files and tasks that are there", () => {
  const quoted = Array.from(text.matchAll(/`([^`\n]+)`/g), ([, name = ""]) => name);
  const paths = quoted.filter((name) => /^[\w.-]+\/[\w./-]*$/.test(name) && !/^dist\//.test(name));
  assert.ok(paths.length > 20);
  for (const path of paths) assert.ok(Deno.statSync(`${PROJECT}/${path}`), path);
  const tasks = Array.from(text.matchAll(/deno task ([\w:]+)/g), ([, task = ""]) => task);
  const benches = quoted.filter((name) => /^bench:\w+$/.test(name));
  for (const task of [...tasks, ...benches]) assert.ok(task in denoJson.tasks, task);
});
