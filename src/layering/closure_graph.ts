/**
 * A closure as linked nodes, so that it can be walked both ways.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import { hashPart, namePart, type StorePath } from "../store/store_path.ts";

/** A store path and its neighbours. */
export interface PathNode {
  readonly path: StorePath;
  readonly narSize: number;
  /** What the path refers to, without itself. */
  readonly uses: PathNode[];
  /** What refers to the path, without itself. */
  readonly users: PathNode[];
}

/**
 * The nodes of a closure, sorted by name and then by hash. Everything in this room takes ties in this
 * order: names outlast a rebuild, hashes do not.
 *
 * @throws {TypeError} if the closure lacks a path that one of its paths refers to.
 */
export function closureGraph(closure: Closure): PathNode[] {
  const nodes = new Map<StorePath, PathNode>();
  for (const path of [...closure.keys()].sort(compareNames)) {
    const narSize = closure.get(path)?.narSize ?? 0;
    nodes.set(path, { path, narSize, uses: [], users: [] });
  }
  for (const user of nodes.values()) {
    for (const path of new Set(closure.get(user.path)?.references)) {
      const used = nodes.get(path);
      if (used === undefined) {
        throw new TypeError(`The closure lacks ${path}, which ${user.path} refers to`);
      }
      if (used === user) continue;
      user.uses.push(used);
      used.users.push(user);
    }
  }
  return [...nodes.values()];
}

/** All that can be reached from `starts` by one or more steps. */
export function reachable(
  starts: Iterable<PathNode>,
  direction: "uses" | "users",
): Set<PathNode> {
  const found = new Set<PathNode>();
  for (const start of starts) {
    for (const next of start[direction]) found.add(next);
  }
  // A set that grows while it is walked hands out the new members too.
  for (const node of found) {
    for (const next of node[direction]) found.add(next);
  }
  return found;
}

/** The nodes so that each comes after its own `first`; those in and behind a circle are left out. */
export function inOrder(nodes: readonly PathNode[], first: "uses" | "users"): PathNode[] {
  const next = first === "uses" ? "users" : "uses";
  const waitsFor = new Map(nodes.map((node) => [node, node[first].length]));
  const ready = nodes.filter((node) => node[first].length === 0);
  for (const node of ready) {
    for (const other of node[next]) {
      const left = (waitsFor.get(other) ?? 0) - 1;
      waitsFor.set(other, left);
      if (left === 0) ready.push(other);
    }
  }
  return ready;
}

// Store paths are ASCII, where the order of JavaScript's strings is that of code points.
function compareNames(a: StorePath, b: StorePath): number {
  return compare(namePart(a), namePart(b)) || compare(hashPart(a), hashPart(b));
}

/** Orders ASCII strings by code point. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
