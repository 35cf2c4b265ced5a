import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { PROJECT } from "../../tasks/program_command.ts";
import { TESTED_ALONE } from "../../tasks/tested_alone.ts";

Deno.test("TESTED_ALONE names files that are there", () => {
  const names = Object.keys(TESTED_ALONE);
  assert.ok(names.length > 0);
  for (const name of names) assert.ok(existsSync(`${PROJECT}/tests/integration/${name}`), name);
});
