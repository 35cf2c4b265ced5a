import assert from "node:assert/strict";
import { addCounts, countTests } from "../../tasks/junit.ts";

/** A report as `deno test --junit-path` writes it. */
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="6" failures="1" errors="0" time="0.006">
    <testsuite name="./a_test.ts" tests="6" disabled="1" errors="0" failures="1">
        <testcase name="passes" classname="./a_test.ts" time="0.001" line="1" col="6">
        </testcase>
        <testcase name="a &gt; b" classname="./a_test.ts" time="0.001" line="2" col="6">
        </testcase>
        <testcase name="fails &lt;" classname="./a_test.ts" time="0.001" line="3" col="6">
            <failure message="Uncaught Error: no">Error: no</failure>
        </testcase>
        <testcase name="left out" classname="./a_test.ts" time="0.000" line="4" col="6">
            <skipped/>
        </testcase>
        <testcase name="fails &lt; &gt; step" classname="./a_test.ts" time="0.000" line="5" col="9">
        </testcase>
        <testcase name="fails &lt; &gt; step &gt; inner" classname="./a_test.ts" line="6" col="9">
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("countTests() counts tests, without their steps and without those that did not run", () => {
  assert.deepEqual(countTests(REPORT), { passed: 2, failed: 1 });
});

Deno.test("countTests() counts nothing in an empty report", () => {
  assert.deepEqual(countTests(""), { passed: 0, failed: 0 });
});

Deno.test("addCounts() adds", () => {
  const sum = addCounts({ passed: 1, failed: 2 }, { passed: 3, failed: 4 });
  assert.deepEqual(sum, { passed: 4, failed: 6 });
});
