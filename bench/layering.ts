/**
 * How many bytes updates of an image move, by layering strategy: `deno task bench:layering`.
 *
 * `--set judge` (as without), `--set tune` or `--set synthetic` choose the closures, `--closure
 * NAME` one of them; instead of these, FILEs hold closures as `nix path-info --json --recursive`
 * prints them. Each update of a closure is measured by itself, against the version before it;
 * `--series` has 20 versions follow one another instead. `--layers 20,60` are the budgets: for
 * store paths, without the top layer. `--every 4` takes each fourth update of a closure.
 *
 * Per closure, means are over its updates; what is shown are means over closures, all in percent of
 * the image. Waste is what is pulled beyond what one layer a path pulls, which no plan can do
 * without. docs/layering.md explains the numbers and their limits.
 */

import { basename } from "node:path";
import { parseArgs } from "node:util";
import { readGraphFile } from "../src/store/graph_file.ts";
import {
  AUTO,
  type Contender,
  CONTENDERS,
  UPDATES,
  UPDATES_WITH_PREVIOUS,
} from "./layering/contenders.ts";
import { type Corpus, sizeOf } from "./layering/corpus.ts";
import { readCorpora } from "./layering/corpus_file.ts";
import { evaluateSeries, evaluateUpdates } from "./layering/evaluation.ts";
import { graphCorpus } from "./layering/graph_corpus.ts";
import type { Summary } from "./layering/summary.ts";
import { syntheticCorpus } from "./layering/synthetic.ts";
import { mostOver, resultTable, type Row, timesReference } from "./layering/table.ts";
import { series, singleUpdates } from "./layering/versions.ts";

const VERSIONS = 20;
const SEED = 1;

const { values: options, positionals: files } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    set: { type: "string", default: "judge" },
    closure: { type: "string" },
    layers: { type: "string", default: "20,40,60,100" },
    series: { type: "boolean", default: false },
    every: { type: "string", default: "1" },
  },
});
const budgets = options.layers.split(",").map(Number);

function corpora(): Corpus[] {
  if (files.length > 0) {
    return files.map((file) => graphCorpus(basename(file, ".json"), readGraphFile(file)));
  }
  const { set, closure } = options;
  if (set !== "tune" && set !== "judge" && set !== "synthetic") {
    return refuse(`--set is tune, judge or synthetic, not ${set}`);
  }
  const all = set === "synthetic"
    ? [60, 150, 400, 1000].map((count) => syntheticCorpus(SEED, count))
    : readCorpora(set);
  const chosen = all.filter(({ name }) => closure === undefined || name === closure);
  if (chosen.length > 0) return chosen;
  return refuse(`No closure ${closure} in ${all.map(({ name }) => name).join(", ")}`);
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}

/** How contenders do with a corpus. */
interface Evaluation {
  /** Of what. */
  readonly count: string;
  evaluate(contender: Contender, budget: number): Summary;
}

function evaluationOf(corpus: Corpus): Evaluation {
  if (options.series) {
    const versions = series(corpus, VERSIONS, SEED);
    return {
      count: `${VERSIONS} versions`,
      evaluate: (contender, budget) => evaluateSeries(contender, versions, budget),
    };
  }
  const updates = singleUpdates(corpus, Number(options.every));
  return {
    count: `${updates.updates.length} updates`,
    evaluate: (contender, budget) => evaluateUpdates(contender, updates, budget),
  };
}

/** Milliseconds that a plan of so many made-up paths takes. */
function planningTime(paths: number): number {
  const { first } = singleUpdates({ ...syntheticCorpus(SEED, paths), updates: [] });
  const start = performance.now();
  UPDATES.plan({ ...first, limit: 100, history: [], previous: undefined });
  return performance.now() - start;
}

const results = new Map<number, Map<Contender, Map<string, Summary>>>(
  budgets.map((budget) => [budget, new Map(CONTENDERS.map((each) => [each, new Map()]))]),
);
for (const corpus of corpora()) {
  const { name, packages } = corpus;
  const megabytes = (sizeOf(packages) / 1e6).toFixed(0);
  const { count, evaluate } = evaluationOf(corpus);
  console.log(`${name.padEnd(16)} ${packages.length} paths, ${megabytes} MB, ${count}`);
  for (const [budget, byContender] of results) {
    for (const [contender, summaries] of byContender) {
      summaries.set(name, evaluate(contender, budget));
    }
  }
}

// What is promised is promised of means over many closures.
const wholeSet = files.length === 0 && options.closure === undefined;
const checks: [string, number][] = [];
for (const [budget, byContender] of results) {
  const rowOf = (contender: Contender): Row => ({
    contender: contender.name,
    byClosure: byContender.get(contender)!,
  });
  const auto = rowOf(AUTO), updates = rowOf(UPDATES), sticky = rowOf(UPDATES_WITH_PREVIOUS);
  const rows = CONTENDERS.map((each) => each === AUTO ? auto : rowOf(each));
  console.log(`\n${resultTable(`${budget} layers`, rows, auto).trimEnd()}`);
  if (!wholeSet || budget > 60) continue;
  const worst = mostOver(updates, auto);
  checks.push(
    [`times auto's waste at ${budget} (at most 0.35)`, timesReference("waste", updates, auto)],
    [
      `times auto's waste at ${budget} with the previous plan (at most 0.25)`,
      timesReference("waste", sticky, auto),
    ],
    [
      `% of the image over auto's waste at ${budget}: ${worst.closure} (at most 1)`,
      100 * worst.waste,
    ],
    [`times auto's chain at ${budget} (at most 1)`, timesReference("chain", updates, auto)],
  );
}
if (wholeSet && !options.series) {
  checks.push(
    ["s to plan 2,000 paths (under 1)", planningTime(2000) / 1000],
    ["s to plan 10,000 paths (under 10)", planningTime(10_000) / 1000],
  );
}
if (checks.length > 0) console.log();
for (const [what, value] of checks) console.log(`${value.toFixed(2).padStart(7)} ${what}`);
