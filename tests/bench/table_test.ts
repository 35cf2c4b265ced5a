import assert from "node:assert/strict";
import type { Summary } from "../../bench/layering/summary.ts";
import { mostOver, resultTable, type Row, timesReference } from "../../bench/layering/table.ts";

const summary = (waste: number, chain: number): Summary => ({
  mean: 0.5 + waste,
  median: 0.4,
  percentile90: 0.9,
  waste,
  chain,
  layers: 20,
  milliseconds: 12.34,
});

const row = (contender: string, git: Summary, gcc: Summary): Row => ({
  contender,
  byClosure: new Map([["git", git], ["gcc", gcc]]),
});

const AUTO = row("auto", summary(0.1, 0.5), summary(0.3, 0.7));
const OURS = row("updates", summary(0.125, 0.3), summary(0.075, 0.3));

Deno.test("resultTable() shows means over closures and ratios to the reference", () => {
  assert.equal(
    resultTable("20 layers", [AUTO, OURS], AUTO),
    `20 layers          pulled, % of the image   waste, %                           chain, %
                     mean  median    90 %    mean  x auto  most over auto       mean  x auto  layers     ms
auto                70.00   40.00   90.00   20.00    1.00                      60.00    1.00      20   12.3
updates             60.00   40.00   90.00   10.00    0.50  +2.50 git           30.00    0.50      20   12.3
`,
  );
});

Deno.test("mostOver() finds the closure that is worst off", () => {
  assert.equal(mostOver(OURS, AUTO).closure, "git");
  assert.ok(Math.abs(mostOver(OURS, AUTO).waste - 0.025) < 1e-12);
});

Deno.test("timesReference() compares means, not the means of ratios", () => {
  assert.equal(timesReference("waste", OURS, AUTO), 0.5);
  const none = row("none", summary(0, 0), summary(0, 0));
  assert.equal(timesReference("waste", none, none), 1);
  assert.equal(timesReference("waste", none, AUTO), 0);
});
