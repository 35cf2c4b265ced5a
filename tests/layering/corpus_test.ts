/**
 * What the default layering has to be worth, on closures that nobody tuned it on. So that this is
 * quick, every fourth update of each closure is taken, and closures of over 500 paths are left
 * out: `deno task bench:layering` takes all.
 */

import assert from "node:assert/strict";
import {
  AUTO,
  type Contender,
  UPDATES,
  UPDATES_WITH_PREVIOUS,
} from "../../bench/layering/contenders.ts";
import { readCorpora } from "../../bench/layering/corpus_file.ts";
import { evaluateUpdates } from "../../bench/layering/evaluation.ts";
import { mostOver, type Row, timesReference } from "../../bench/layering/table.ts";
import { singleUpdates } from "../../bench/layering/versions.ts";

const EVERY = 4, MOST_PATHS = 500;
const images = readCorpora("judge")
  .filter(({ packages }) => packages.length <= MOST_PATHS)
  .map((corpus) => singleUpdates(corpus, EVERY));

function rowOf(contender: Contender, limit: number): Row {
  return {
    contender: contender.name,
    byClosure: new Map(
      images.map((image) => [image.name, evaluateUpdates(contender, image, limit)]),
    ),
  };
}

for (const limit of [20, 40, 60]) {
  const auto = rowOf(AUTO, limit), updates = rowOf(UPDATES, limit);

  Deno.test(`updates wastes at most 0.35 times what auto wastes: ${limit} layers`, () => {
    const times = timesReference("waste", updates, auto);
    assert.ok(times <= 0.35, `${times.toFixed(3)} times`);
  });

  Deno.test(`updates wastes at most 0.25 times with the previous plan: ${limit} layers`, () => {
    const times = timesReference("waste", rowOf(UPDATES_WITH_PREVIOUS, limit), auto);
    assert.ok(times <= 0.25, `${times.toFixed(3)} times`);
  });

  Deno.test(`updates is for no closure 1 % of the image worse than auto: ${limit} layers`, () => {
    const { closure, waste } = mostOver(updates, auto);
    assert.ok(waste <= 0.01, `${closure}: ${(100 * waste).toFixed(2)} %`);
  });

  Deno.test(`updates has no longer chains than auto: ${limit} layers`, () => {
    const times = timesReference("chain", updates, auto);
    assert.ok(times <= 1, `${times.toFixed(3)} times`);
  });
}
