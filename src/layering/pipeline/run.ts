/**
 * Running the steps of a pipeline.
 * @module
 */

import { UsageError } from "../../errors.ts";
import { byPopularity } from "../popularity.ts";
import { splitPaths, subcomponent } from "./division.ts";
import { type Graph, merged, nodesOf, subgraph } from "./graph.ts";
import type { PartName, Step } from "./step.ts";

/** What goes into a step and comes out of it. */
export type Value =
  | { readonly kind: "graph"; readonly graph: Graph }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | { readonly kind: "parts"; readonly parts: ReadonlyMap<PartName, Value> };

/**
 * Runs the steps, each on what came out of the one before.
 *
 * @throws {UsageError} if one can not work on that.
 */
export function runSteps(steps: readonly Step[], value: Value): Value {
  return steps.reduce((before, step) => runStep(step, before), value);
}

/** The graphs in a value, in their order. */
export function graphsIn(value: Value): Graph[] {
  switch (value.kind) {
    case "graph":
      return [value.graph];
    case "list":
      return value.items.flatMap(graphsIn);
    case "parts":
      return [...value.parts.values()].flatMap(graphsIn);
  }
}

function runStep(step: Step, value: Value): Value {
  switch (step.operation) {
    case "popularity_contest":
      return popularityContest(graphFor(step, value));
    case "limit_layers":
      return limitLayers(step, itemsFor(step, value));
    case "split_every":
      return value.kind === "list"
        ? list(chunks(value.items, step.count).map(list))
        : splitEvery(step.count, graphFor(step, value));
    case "split_paths":
      return parts(splitPaths(graphFor(step, value), step.paths));
    case "subcomponent_out":
    case "subcomponent_in":
      return parts(subcomponent(graphFor(step, value), step.paths, step.operation));
    case "remove_paths": {
      const graph = graphFor(step, value);
      const removed = new Set(nodesOf(graph, step.paths));
      if (removed.size === 0) return value;
      const left = new Set(graph.nodes).difference(removed);
      return of({ ...subgraph(graph, left, ""), history: graph.history });
    }
    case "reverse":
      return list(itemsFor(step, value).toReversed());
    case "flatten":
      if (value.kind === "graph") throw unfit(step, "a list or parts", value);
      return list(graphsIn(value).map(of));
    case "over":
      return over(step, value);
    case "map":
      return list(itemsFor(step, value).map((item) => runStep(step.step, item)));
    case "pipe":
      return runSteps(step.steps, value);
  }
}

function popularityContest({ nodes, history }: Graph): Value {
  return list(
    byPopularity(nodes).map((node, index) =>
      of({
        nodes: [{ ...node, uses: [], users: [] }],
        history: [...history, `number ${index + 1} of ${nodes.length} in popularity`],
      })
    ),
  );
}

/** What is last in the list may be a graph without paths. */
function limitLayers(step: Step & { count: number }, items: readonly Value[]): Value {
  const kept = items.slice(0, step.count - 1);
  const [only, ...others] = items.slice(kept.length);
  if (only !== undefined && others.length === 0) return list(items);
  const graphs = items.slice(kept.length).map((item) => {
    if (item.kind === "graph") return item.graph;
    throw unfit(step, "a list of graphs", list(items), "; flatten makes one of it");
  });
  return list([...kept, of(merged(graphs, `${graphs.length} merged by limit_layers`))]);
}

function splitEvery(count: number, graph: Graph): Value {
  return list(
    chunks(graph.nodes, count).map((nodes, index) =>
      of(subgraph({ ...graph, nodes }, new Set(nodes), `number ${index + 1} of split_every`))
    ),
  );
}

function over({ where, part, step }: Step & { operation: "over" }, value: Value): Value {
  if (value.kind !== "parts") {
    throw unfit({ where, operation: "over" }, "parts, as split_paths makes them", value);
  }
  const found = value.parts.get(part);
  if (found === undefined) {
    const there = [...value.parts.keys()].join(" and ");
    throw new UsageError(
      `${where}: over ${JSON.stringify(part)} works on a part that is not there: of ` +
        `main, common and rest, only ${there} came out of the step before`,
    );
  }
  return { kind: "parts", parts: new Map(value.parts).set(part, runStep(step, found)) };
}

type Named = Pick<Step, "where" | "operation">;

function graphFor(step: Named, value: Value): Graph {
  if (value.kind === "graph") return value.graph;
  throw unfit(step, "a graph", value);
}

function itemsFor(step: Named, value: Value): readonly Value[] {
  if (value.kind === "list") return value.items;
  throw unfit(step, "a list", value);
}

const KINDS = { graph: "a graph", list: "a list", parts: "parts" };

function unfit({ where, operation }: Named, needed: string, value: Value, hint?: string) {
  const nested = value.kind === "list" && value.items.some(({ kind }) => kind !== "graph");
  const found = nested ? "a list of lists or parts" : KINDS[value.kind];
  const remedy = hint ?? REMEDIES[value.kind];
  return new UsageError(
    `${where}: ${operation} works on ${needed}, and what it gets is ${found}${remedy}`,
  );
}

const REMEDIES = {
  graph: "",
  list: "; map works on each item of one",
  parts: "; over works on one of them, flatten makes a list of all",
};

function of(graph: Graph): Value {
  return { kind: "graph", graph };
}

function list(items: readonly Value[]): Value {
  return { kind: "list", items };
}

function parts(division: ReadonlyMap<PartName, Graph>): Value {
  return {
    kind: "parts",
    parts: new Map([...division].map(([name, graph]) => [name, of(graph)])),
  };
}

function chunks<T>(items: readonly T[], count: number): T[][] {
  const length = Math.ceil(items.length / count);
  return Array.from({ length }, (_, index) => items.slice(index * count, (index + 1) * count));
}
