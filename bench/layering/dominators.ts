/**
 * Dominators of a graph: Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
 * @module
 */

/**
 * The immediate dominator of each node that can be reached from node 0: the closest one that all
 * ways from node 0 to it lead through. Node 0 has itself, and what can't be reached has undefined.
 *
 * @param targets of the edges that leave each node
 */
export function immediateDominators(
  targets: readonly (readonly number[])[],
): (number | undefined)[] {
  const order = reversePostorder(targets);
  const rank = new Map(order.map((node, index) => [node, index]));
  const sources: number[][] = targets.map(() => []);
  for (const node of order) for (const target of targets[node]!) sources[target]!.push(node);
  const dominator: (number | undefined)[] = targets.map(() => undefined);
  dominator[0] = 0;
  const common = (a: number, b: number): number => {
    while (a !== b) {
      if (rank.get(a)! > rank.get(b)!) a = dominator[a]!;
      else b = dominator[b]!;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const node of order.slice(1)) {
      const found = sources[node]!.filter((source) => dominator[source] !== undefined)
        .reduce(common);
      if (dominator[node] !== found) changed = true;
      dominator[node] = found;
    }
  }
  return dominator;
}

/**
 * The nodes that can be reached from node 0: in a graph without circles each after all that lead to
 * it.
 */
function reversePostorder(targets: readonly (readonly number[])[]): number[] {
  const seen = new Set([0]), order: number[] = [];
  const work: { node: number; next: number }[] = [{ node: 0, next: 0 }];
  for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
    const target = targets[top.node]![top.next++];
    if (target === undefined) order.push(work.pop()!.node);
    else if (!seen.has(target)) {
      seen.add(target);
      work.push({ node: target, next: 0 });
    }
  }
  return order.reverse();
}
