/**
 * The order of layers.
 * @module
 */

import { addEvents, type EventSet, type EventWeights, holdsEvents } from "./event_weights.ts";
import type { Group } from "./group.ts";

/** So many layers no image has; their order takes the cube of the time. */
const MOST_COMPARED = 500;

/**
 * Orders layers so that few bytes lie above what changes, for overlay stores unpack all layers from
 * the lowest changed one again. A layer is unpacked when anything up to it changes; so next comes
 * always the set of layers that has the most bytes for the events it adds to those below (Smith's
 * rule of scheduling). What a layer's paths use is changed by less, and comes first by itself.
 *
 * @param below the events that change what is beneath
 */
export function orderLayers(
  layers: readonly Group[],
  weights: EventWeights,
  below: EventSet = weights.none(),
): Group[] {
  const ordered = layers
    .map((layer, index) => ({ layer, index, weight: weights.of(layer.changedBy) }))
    .sort((a, b) => a.weight - b.weight || b.layer.size - a.layer.size || a.index - b.index)
    .map(({ layer }) => layer);
  return layers.length > MOST_COMPARED ? ordered : bySmithsRule(ordered, weights, below);
}

function bySmithsRule(
  layers: readonly Group[],
  weights: EventWeights,
  below: EventSet,
): Group[] {
  const result: Group[] = [];
  let left = layers;
  let done: EventSet = below.slice();
  while (left.length > 0) {
    let best: { ratio: number; events: EventSet; layers: Group[] } | undefined;
    const weightDone = weights.of(done);
    for (const candidate of left) {
      const events = done.slice();
      addEvents(events, candidate.changedBy);
      const added = weights.of(events) - weightDone;
      const within = left.filter(({ changedBy }) => holdsEvents(events, changedBy));
      const ratio = within.reduce((sum, { size }) => sum + size, 0) / added;
      if (best === undefined || ratio > best.ratio) best = { ratio, events, layers: within };
    }
    const { events, layers: chosen } = best!;
    result.push(...chosen);
    const taken = new Set(chosen);
    left = left.filter((layer) => !taken.has(layer));
    done = events;
  }
  return result;
}
