import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { PROJECT } from "../../tasks/program_command.ts";
import { SLOW, slowFirst, TESTED_ALONE, TESTED_WHERE_CALM } from "../../tasks/test_order.ts";

Deno.test("the files that are tested in an order are there", () => {
  const notBeside = [...Object.keys(TESTED_ALONE), ...Object.keys(TESTED_WHERE_CALM)];
  assert.ok(notBeside.length > 0);
  for (const file of [...notBeside.map((name) => `tests/integration/${name}`), ...SLOW]) {
    assert.ok(existsSync(`${PROJECT}/${file}`), file);
  }
});

Deno.test("slowFirst() puts slow files first and leaves the order of others", () => {
  const [slowest = "", second = ""] = SLOW;
  const others = ["tests/b_test.ts", "tests/a_test.ts"];
  const given = [others[0]!, second, others[1]!, `./${slowest}`];
  assert.deepEqual(slowFirst(given), [`./${slowest}`, second, ...others]);
});
