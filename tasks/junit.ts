/**
 * The counts of a JUnit report of `deno test`.
 * @module
 */

/** How many tests ran, by outcome. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const TEST_CASE = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>([^]*?)<\/testcase>/g;
const STEP = " &gt; ";

/** Counts the tests of a report. Steps are part of their test, and a skipped test has not run. */
export function countTests(report: string): Counts {
  const cases = [...report.matchAll(TEST_CASE)].map(([, name = "", file = "", body = ""]) => ({
    name,
    file,
    body,
  }));
  const names = new Set(cases.map(({ name, file }) => `${file}\n${name}`));
  const isStep = ({ name, file }: { name: string; file: string }) => {
    const parts = name.split(STEP);
    return parts.slice(1).some((_, n) => names.has(`${file}\n${parts.slice(0, n + 1).join(STEP)}`));
  };
  const tests = cases.filter((test) => !isStep(test) && !test.body.includes("<skipped"));
  const failed = tests.filter(({ body }) => /<(failure|error)\b/.test(body)).length;
  return { passed: tests.length - failed, failed };
}

/** The sum of two counts. */
export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}
