/** docs/parity.md: what is said of each row is shown by a test that is there. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { PROJECT } from "../../tasks/program_command.ts";

const SCENARIOS = 67;
const INTEGRATION = `${PROJECT}/tests/integration`;

/** A row of a table, by the headings above its cells. */
type Row = Readonly<Record<string, string>>;

const page = Deno.readTextFileSync(`${PROJECT}/docs/parity.md`);

/** The rows of all tables; the second line of a table is a ruler. */
function tableRows(markdown: string): Row[] {
  return [...markdown.matchAll(/(?:^\|.*\n)+/gm)].flatMap(([table]) => {
    const [headings = [], , ...rows] = table.trim().split("\n").map((line) =>
      line.split("|").slice(1, -1).map((cell) => cell.trim())
    );
    return rows.map((cells) =>
      Object.fromEntries(headings.map((heading, n) => [heading, cells[n] ?? ""]))
    );
  });
}

/** `scenario 1` and `scenarios 2, 3 and 4` in a text. */
function scenariosIn(text: string): number[] {
  return [...text.matchAll(/\bscenarios? (\d+(?:(?:, | and )\d+)*)/g)]
    .flatMap(([, numbers = ""]) => numbers.split(/\D+/).map(Number));
}

/** The scenarios in the names of integration tests, and nowhere else in them. */
function scenariosTested(): Set<number> {
  const names = [...Deno.readDirSync(INTEGRATION)]
    .filter(({ name }) => name.endsWith("_test.ts"))
    .map(({ name }) => Deno.readTextFileSync(`${INTEGRATION}/${name}`))
    .flatMap((text) => [...text.matchAll(/\bDeno\.test\(\s*(["'`])(.*?)\1/gs)])
    .map(([, , name = ""]) => name);
  return new Set(names.flatMap(scenariosIn));
}

const tested = scenariosTested();

Deno.test("docs/parity.md has nothing that is not there yet", () => {
  assert.doesNotMatch(page, /not yet|TODO|planned/i);
});

Deno.test("each row of docs/parity.md names tests, and all of them exist", () => {
  const rows = tableRows(page);
  assert.ok(rows.length > 150, `${rows.length} rows`);
  const wrong = rows.flatMap((row) => {
    const shownBy = row["Shown by"] ?? row["Test"] ?? "";
    const paths = [...shownBy.matchAll(/`([^`]*)`/g)].map(([, path = ""]) => path);
    const scenarios = scenariosIn(shownBy);
    const missing = [
      ...paths.filter((path) =>
        !/^tests\/.*_test\.ts$/.test(path) || !existsSync(`${PROJECT}/${path}`)
      ),
      ...scenarios.filter((number) => !tested.has(number)).map((number) => `scenario ${number}`),
    ];
    if (paths.length + scenarios.length === 0) missing.push("no test");
    return missing.map((what) => `${Object.values(row)[0]}: ${what}`);
  });
  assert.deepEqual(wrong, []);
});

Deno.test("docs/parity.md lists all scenarios, and each one has its own test", () => {
  const listed = tableRows(page).filter((row) => "No" in row);
  const numbers = Array.from({ length: SCENARIOS }, (_, n) => n + 1);
  assert.deepEqual(listed.map((row) => Number(row["No"])), numbers);
  for (const row of listed) assert.deepEqual(scenariosIn(row["Test"] ?? ""), [Number(row["No"])]);
  assert.deepEqual(numbers.filter((number) => !tested.has(number)), []);
});
