/**
 * Corpora as files: JSON of one line for a package and one for an update, with packages by their
 * place.
 * @module
 */

import type { Corpus, Package, Update } from "./corpus.ts";

/** What a corpus is for: strategies are tuned on some, and judged by others. */
export type CorpusSet = "tune" | "judge";

/** A corpus of real packages, and where it comes from. */
export interface DebianCorpus extends Corpus {
  readonly set: CorpusSet;
  readonly origin: Origin;
  readonly popularity: ReadonlyMap<string, number>;
}

/** What the indices were. */
export interface Origin {
  readonly suite: string;
  /** Suites that hold later versions. */
  readonly pockets: readonly string[];
  /** What the closure is of. */
  readonly roots: readonly string[];
  readonly architecture: string;
  /** Of each suite and pocket: the mirror and the date of its release file. */
  readonly indices: Readonly<Record<string, string>>;
}

/** `[name, version, size, uses, popularity]`; `uses` are places in the list of packages. */
type PackageLine = [string, string, number, number[], number];

/**
 * `[name, version, size, uses]`. A number stands for the name of the package in that place; `uses`
 * are left out where they stay as they were.
 */
type ChangeLine = [number | string, string, number, (number | string)[]?];

type UpdateLine = [kind: string, sources: string, changes: ChangeLine[], gone: number[]];

interface CorpusFile {
  set: CorpusSet;
  name: string;
  origin: Origin;
  packages: PackageLine[];
  updates: UpdateLine[];
}

/** The corpus as text. */
export function formatCorpus({ set, name, origin, packages, updates, popularity }: DebianCorpus) {
  const places = new Map(packages.map(({ name }, place) => [name, place]));
  const place = (name: string) => places.get(name)!;
  const lines = packages.map((each): PackageLine => [
    each.name,
    each.version,
    each.size,
    each.uses.map(place),
    popularity.get(each.name) ?? 1,
  ]);
  const updateLines = updates.map((update): UpdateLine => [
    update.kind,
    update.sources.join(" "),
    update.packages.map((each): ChangeLine => {
      const before = packages[place(each.name)];
      const change: ChangeLine = [places.get(each.name) ?? each.name, each.version, each.size];
      if (String(before?.uses) !== String(each.uses)) {
        change.push(each.uses.map((used) => places.get(used) ?? used));
      }
      return change;
    }),
    update.gone.map(place),
  ]);
  const list = (values: readonly unknown[]) =>
    values.map((each) => JSON.stringify(each)).join(",\n");
  const head = JSON.stringify({ set, name, origin }).slice(0, -1);
  return `${head},\n"packages":[\n${list(lines)}\n],\n"updates":[\n${list(updateLines)}\n]}\n`;
}

/** The corpus that {@linkcode formatCorpus} has written. */
export function parseCorpus(text: string): DebianCorpus {
  const { set, name, origin, packages: lines, updates } = JSON.parse(text) as CorpusFile;
  const nameOf = (at: number | string) => typeof at === "string" ? at : lines[at]![0];
  const packages = lines.map(([name, version, size, uses]): Package => ({
    name,
    version,
    size,
    uses: uses.map(nameOf),
  }));
  const change = ([at, version, size, uses]: ChangeLine): Package => ({
    name: nameOf(at),
    version,
    size,
    uses: uses?.map(nameOf) ?? packages[at as number]?.uses ?? [],
  });
  return {
    set,
    name,
    origin,
    packages,
    updates: updates.map(([kind, sources, changes, gone]): Update => ({
      kind,
      sources: sources.split(" "),
      packages: changes.map(change),
      gone: gone.map(nameOf),
    })),
    popularity: new Map(lines.map(([name, , , , popularity]) => [name, popularity])),
  };
}

const DIRECTORY = new URL("../corpus/", import.meta.url);

/** The corpora of a set, sorted by name. */
export function readCorpora(set: CorpusSet): DebianCorpus[] {
  return [...Deno.readDirSync(DIRECTORY)]
    .map(({ name }) => name)
    .filter((name) => name.startsWith(`${set}-`) && name.endsWith(".json"))
    .sort()
    .map((name) => parseCorpus(Deno.readTextFileSync(new URL(name, DIRECTORY))));
}

/** Writes a corpus where {@linkcode readCorpora} finds it; gives the file's size. */
export function writeCorpus(corpus: DebianCorpus): number {
  const text = formatCorpus(corpus);
  Deno.writeTextFileSync(new URL(`${corpus.set}-${corpus.name}.json`, DIRECTORY), text);
  return text.length;
}
