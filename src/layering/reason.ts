/**
 * Says why paths share a layer.
 * @module
 */

import { namePart } from "../store/store_path.ts";
import { type EventSet, holdsEvents } from "./event_weights.ts";
import type { Group } from "./group.ts";
import { sourceOf } from "./package_name.ts";
import type { UpdateModel } from "./update_model.ts";

/** One line: what holds the members of a group together, and how often one of them changes. */
export function reasonOf(group: Group, model: UpdateModel): string {
  const share = 100 * model.weights.of(group.changedBy) / Math.max(model.weights.total, 1);
  const percent = share > 0 && share < 1 ? "under 1" : `${Math.round(share)}`;
  return `${bondOf(group, model)}: ${percent} % of updates`;
}

function bondOf({ members, changedBy: all }: Group, model: UpdateModel): string {
  const { nodes, changedBy, weights } = model;
  const name = (node: number) => namePart(nodes[node]!.path);
  const [first, ...others] = members;
  if (others.length === 0) return `${name(first!)} alone`;
  const more = paths(others.length);

  const source = sourceOf(nodes[first!]!.path);
  if (others.every((other) => sourceOf(nodes[other]!.path) === source)) {
    return `${name(first!)} and ${more} of the same source`;
  }
  const weight = weights.of(all);
  const user = members.find((member) => weights.of(changedBy[member]!) === weight);
  if (user !== undefined) return `${name(user)} with ${more} that it changes with`;

  const cause = commonCause(members, model);
  if (cause === undefined) return `${paths(members.length)} that cost least together`;
  if (members.includes(cause)) return `${name(cause)} with ${more} that use it`;
  return `${paths(members.length)} that change with ${name(cause)}`;
}

/** Of the nodes whose every change changes all members, the one that changes most. */
function commonCause(
  members: readonly number[],
  { nodes, changedBy, weights }: UpdateModel,
): number | undefined {
  const common: EventSet = changedBy[members[0]!]!.slice();
  for (const member of members) {
    const set = changedBy[member]!;
    for (let word = 0; word < common.length; word++) common[word]! &= set[word]!;
  }
  let best: { node: number; weight: number } | undefined;
  for (const node of nodes.keys()) {
    if (!holdsEvents(common, changedBy[node]!)) continue;
    const weight = weights.of(changedBy[node]!);
    if (best === undefined || weight > best.weight) best = { node, weight };
  }
  return best?.node;
}

function paths(count: number): string {
  return count === 1 ? "1 path" : `${count} paths`;
}
