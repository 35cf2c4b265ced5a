import assert from "node:assert/strict";
import { checkOneStdin } from "../../src/commands/json_input.ts";
import { checkStrategy } from "../../src/commands/layering_wishes.ts";
import { UsageError } from "../../src/errors.ts";
import { LAYERING_STRATEGIES } from "../../src/layering/strategies.ts";

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  assert.fail("nothing was refused");
}

Deno.test("checkStrategy() knows the strategies, and guesses what others mean", () => {
  for (const strategy of LAYERING_STRATEGIES) assert.equal(checkStrategy(strategy), strategy);
  assert.equal(checkStrategy(undefined), undefined);
  assert.equal(
    messageOf(() => checkStrategy("Popularty")),
    '--strategy: unknown strategy "Popularty", did you mean popularity?',
  );
  assert.match(messageOf(() => checkStrategy("")), /unknown strategy "", expected one of .*auto/);
});

Deno.test("checkOneStdin() lets standard input be one thing", () => {
  checkOneStdin({ "the spec": "-", "--closure": "a" }, ["b", "c"]);
  checkOneStdin({ "the spec": "a", "--closure": undefined }, ["-"]);
  assert.equal(
    messageOf(() => checkOneStdin({ "the spec": "-", "--closure": "-" }, ["-"])),
    "-: there is one standard input, which can be the spec, --closure or --history",
  );
  assert.match(messageOf(() => checkOneStdin({}, ["-", "-"])), /--history or --history$/);
});
