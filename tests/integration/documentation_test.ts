/**
 * Every command of the documentation, run: the blocks of its pages and the steps of its recipes.
 * @module
 */

import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { PROJECT } from "../../tasks/program_command.ts";
import {
  type DocumentedCommands,
  documentedCommands,
  DocumentedHost,
} from "../support/documented.ts";

const host = new DocumentedHost();
Deno.test.beforeAll(() => host.start());
Deno.test.afterAll(() => host[Symbol.asyncDispose]());

/** What is not run here: tasks of this project, which run all tests, measure, or install; they have tests of their own. */
const TASK =
  /^(?:\w+=\S+ )?(?:npx -y deno@[0-9.]+|deno|"?\$COMPILE_DENO"?) (?:task ([a-z:]+)|test)(?: .*)?$/gm;

/** What other tests run, with all that it needs. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  [
    "nix-build --expr '(import ./nix { pkgs = import <nixpkgs> { }; }).nix-image'\n",
    "tests/integration/nix_functions_test.ts",
  ],
  ["$(nix-build) | docker load\n", "tests/integration/nix_functions_test.ts"],
]);

const commands = documentedCommands();

Deno.test("the documentation has commands", () => {
  assert.ok(commands.length > 30);
  assert.ok(commands.some(({ place }) => place.startsWith("README.md:")));
});

for (const { place, script } of commands.map(runHere)) {
  if (script.trim() === "") continue;
  Deno.test(`${place} does what it says`, async () => {
    const { code, stderr } = await host.run(script);
    assert.equal(code, 0, `${script}\n${stderr}`);
  });
}

function runHere({ place, script }: DocumentedCommands): DocumentedCommands {
  for (const [command, name = "test"] of script.matchAll(TASK)) {
    assert.ok(name in denoJson.tasks, `${place}: ${command}`);
  }
  const other = ELSEWHERE.get(script);
  if (other !== undefined) assert.ok(Deno.statSync(`${PROJECT}/${other}`).isFile, other);
  return { place, script: other === undefined ? script.replaceAll(TASK, "") : "" };
}
