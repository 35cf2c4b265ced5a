/**
 * What a Debian package needs, as a graph without circles, as a Nix store has none.
 * @module
 */

import type { Package } from "../layering/corpus.ts";
import type { DebianPackages } from "./package_index.ts";

/** A graph, and which packages are one node of it, by the node's name. */
export interface PackageGraph {
  /** Each after those that it uses. */
  readonly nodes: readonly Package[];
  readonly members: ReadonlyMap<string, readonly string[]>;
}

/**
 * What `root` needs. Of alternatives the first that there is is taken. Packages that need one
 * another are one node, with the first of their names and its version.
 */
export function packageGraph(
  packages: DebianPackages,
  providers: ReadonlyMap<string, string>,
  root: string,
): PackageGraph {
  const needs = new Map<string, string[]>();
  const needsOf = (name: string): string[] => {
    let found = needs.get(name);
    if (found === undefined) {
      found = directNeeds(packages, providers, name);
      needs.set(name, found);
    }
    return found;
  };
  const nodeOf = new Map<string, string>();
  const members = new Map<string, string[]>();
  const nodes = circles(root, needsOf).map((group): Package => {
    const [name = ""] = group.sort();
    for (const member of group) nodeOf.set(member, name);
    members.set(name, group);
    const used = new Set(group.flatMap((member) => needsOf(member).map((n) => nodeOf.get(n)!)));
    used.delete(name);
    return {
      name,
      version: packages.get(name)?.version ?? "",
      size: group.reduce((sum, member) => sum + (packages.get(member)?.size ?? 0), 0),
      uses: [...used].sort(),
    };
  });
  return { nodes, members };
}

/** The packages that a package needs itself, sorted, without itself. */
export function directNeeds(
  packages: DebianPackages,
  providers: ReadonlyMap<string, string>,
  name: string,
): string[] {
  const found = new Set<string>();
  for (const alternatives of packages.get(name)?.depends ?? []) {
    for (const one of alternatives) {
      const real = packages.has(one) ? one : providers.get(one);
      if (real === undefined || real === name) continue;
      found.add(real);
      break;
    }
  }
  return [...found].sort();
}

/** The strongly connected components of what can be reached (Tarjan), each after those it needs. */
function circles(root: string, needsOf: (name: string) => string[]): string[][] {
  const index = new Map<string, number>(), low = new Map<string, number>();
  const stack: string[] = [], onStack = new Set<string>(), found: string[][] = [];
  const work: [string, Iterator<string>][] = [];
  const lower = (name: string, value: number) => low.set(name, Math.min(low.get(name)!, value));
  const enter = (name: string) => {
    low.set(name, index.size);
    index.set(name, index.size);
    stack.push(name);
    onStack.add(name);
    work.push([name, needsOf(name)[Symbol.iterator]()]);
  };
  enter(root);
  for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
    const [name, rest] = top;
    const { done, value: needed } = rest.next();
    if (!done) {
      if (!index.has(needed)) enter(needed);
      else if (onStack.has(needed)) lower(name, index.get(needed)!);
      continue;
    }
    work.pop();
    const [above] = work.at(-1) ?? [];
    if (above !== undefined) lower(above, low.get(name)!);
    if (low.get(name) !== index.get(name)) continue;
    const group = stack.splice(stack.indexOf(name));
    for (const member of group) onStack.delete(member);
    found.push(group);
  }
  return found;
}
