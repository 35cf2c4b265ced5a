/**
 * What updates are to be expected of a closure.
 *
 * An *event* is a change of one source. It changes the source's paths and, as a store path's hash
 * covers what the path was built from, all their users. An update is one event. Without further
 * knowledge all events are equally likely: then what many paths lie beneath, such as a libc,
 * changes as seldom as anything else, but an application at the top changes with each of them.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import { closureGraph, inOrder, type PathNode } from "./closure_graph.ts";
import { addEvent, addEvents, type EventSet, EventWeights } from "./event_weights.ts";
import { ownChanges } from "./history.ts";
import { sourceOf } from "./package_name.ts";

/** A closure with the events that change its paths. */
export interface UpdateModel {
  /** Sorted by name. */
  readonly nodes: readonly PathNode[];
  /** For each node, the events that change it. */
  readonly changedBy: readonly EventSet[];
  readonly weights: EventWeights;
}

/**
 * An event that was seen once in the history is as likely as this many that were not. Security fixes
 * and releases come back to the same packages; but what was not seen yet may change too, so a short
 * history must not outweigh the closure's form.
 */
const WEIGHT_OF_SEEN = 4;

/** Few bits, as each costs time; what changed more often is above all doubt. */
const MOST_WEIGHT = 63;

/**
 * Finds the events of a closure.
 *
 * @param history closures of earlier versions, oldest first
 * @throws {TypeError} if the closure has a circle of references.
 */
export function updateModel(closure: Closure, history: readonly Closure[] = []): UpdateModel {
  const nodes = closureGraph(closure);
  const events = new Map<string, number>();
  const ownEvent = nodes.map(({ path }) => {
    const source = sourceOf(path);
    const event = events.get(source) ?? events.size;
    events.set(source, event);
    return event;
  });

  const seen = ownChanges([...history, closure]);
  const counts = new Array<number>(events.size).fill(0);
  nodes.forEach(({ path }, index) => {
    const event = ownEvent[index]!;
    counts[event] = Math.max(counts[event]!, seen.get(path) ?? 0);
  });
  const weights = new EventWeights(
    counts.map((count) => Math.min(1 + WEIGHT_OF_SEEN * count, MOST_WEIGHT)),
  );

  const indices = new Map(nodes.map((node, index) => [node, index]));
  const changedBy = new Array<EventSet>(nodes.length);
  const ordered = inOrder(nodes, "uses");
  if (ordered.length < nodes.length) {
    const done = new Set(ordered);
    const path = nodes.find((node) => !done.has(node))?.path;
    throw new TypeError(`The closure has a circle of references, which ${path} is in or above of`);
  }
  for (const node of ordered) {
    const index = indices.get(node)!;
    const set = weights.none();
    addEvent(set, ownEvent[index]!);
    for (const used of node.uses) addEvents(set, changedBy[indices.get(used)!]!);
    changedBy[index] = set;
  }
  return { nodes, changedBy, weights };
}
