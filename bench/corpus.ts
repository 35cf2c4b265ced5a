/**
 * Makes the corpora in `bench/corpus/` from Debian's package indices: `deno task bench:corpus
 * [MIRROR]`.
 *
 * A corpus is the closure of some packages in a suite, with real dependencies and installed sizes,
 * and updates of it; `bench/debian/change_sets.ts` tells which of these are real. The indices
 * change, and the corpora with them: making them anew means measuring all anew.
 *
 * Needs apt (on Debian).
 */

import { aptIndices, type PackageIndex } from "./debian/apt_indices.ts";
import { APP, application, changeSets } from "./debian/change_sets.ts";
import { directNeeds, type PackageGraph, packageGraph } from "./debian/package_graph.ts";
import { type DebianPackages, parsePackageIndex, providersOf } from "./debian/package_index.ts";
import { sizeOf } from "./layering/corpus.ts";
import { type CorpusSet, type DebianCorpus, writeCorpus } from "./layering/corpus_file.ts";

const MIRROR = Deno.args[0] ?? "http://deb.debian.org";
const ARCHITECTURE = "amd64";

/** Suites, and where later versions of their packages are. */
const POCKETS: Record<string, string[]> = {
  bullseye: ["bullseye-security"],
  bookworm: ["bookworm-security", "bookworm-updates"],
  trixie: ["trixie-security", "trixie-updates"],
  forky: ["sid"],
};

/** What a corpus is made from. */
interface Recipe {
  readonly set: CorpusSet;
  readonly name: string;
  readonly suite: keyof typeof POCKETS;
  readonly roots: string;
  /** Beside the suite's own. */
  readonly morePockets?: string[];
}

const RECIPES: readonly Recipe[] = [
  { set: "tune", name: "nginx-flask", suite: "bookworm", roots: "nginx python3-flask gunicorn" },
  { set: "tune", name: "openjdk", suite: "bookworm", roots: "openjdk-17-jre-headless maven" },
  {
    set: "tune",
    name: "ruby-web",
    suite: "bookworm",
    roots: "ruby ruby-nokogiri imagemagick redis-server",
  },
  {
    set: "tune",
    name: "r-base",
    suite: "bookworm",
    roots: "r-base-core python3-numpy python3-pandas",
  },
  { set: "tune", name: "qt-app", suite: "forky", roots: "vlc keepassxc" },
  { set: "tune", name: "erlang", suite: "forky", roots: "elixir rabbitmq-server" },
  { set: "tune", name: "jupyter", suite: "bookworm", roots: "jupyter spyder octave" },
  { set: "tune", name: "kdenlive", suite: "bookworm", roots: "kdenlive digikam" },
  { set: "judge", name: "git", suite: "trixie", roots: "git" },
  {
    set: "judge",
    name: "python3",
    suite: "bullseye",
    roots: "python3 python3-requests python3-lxml python3-pil python3-cryptography",
  },
  { set: "judge", name: "postgresql", suite: "trixie", roots: "postgresql postgresql-contrib" },
  { set: "judge", name: "gcc", suite: "forky", roots: "gcc g++ make cmake" },
  { set: "judge", name: "nodejs", suite: "trixie", roots: "nodejs npm" },
  {
    set: "judge",
    name: "php",
    suite: "bullseye",
    roots: "php-fpm php-mysql php-gd php-curl nginx",
  },
  { set: "judge", name: "ffmpeg", suite: "forky", roots: "ffmpeg python3-opencv" },
  {
    set: "judge",
    name: "mixed",
    suite: "bookworm",
    roots: "git python3 gcc g++ nodejs postgresql-15",
    morePockets: ["bookworm-backports"],
  },
  { set: "judge", name: "chromium", suite: "forky", roots: "chromium" },
  { set: "judge", name: "libreoffice", suite: "trixie", roots: "libreoffice-writer" },
  { set: "judge", name: "kde", suite: "trixie", roots: "kde-plasma-desktop" },
  { set: "judge", name: "gnome", suite: "forky", roots: "gnome-core" },
];

function pocketsOf({ suite, morePockets = [] }: Recipe): string[] {
  return [...POCKETS[suite]!, ...morePockets];
}

/** A seed that stays the same for a name. */
function seedOf(name: string): number {
  return [...name].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0) | 0, 7);
}

/** How many packages of the suite need a node, by the node's name. */
function popularityOf(
  packages: DebianPackages,
  providers: ReadonlyMap<string, string>,
  { members }: PackageGraph,
): Map<string, number> {
  const nodeOf = new Map(
    [...members].flatMap(([node, names]) => names.map((name) => [name, node] as const)),
  );
  const users = new Map<string, Set<string>>();
  for (const name of packages.keys()) {
    for (const needed of directNeeds(packages, providers, name)) {
      const node = nodeOf.get(needed);
      if (node === undefined || node === nodeOf.get(name)) continue;
      users.set(node, (users.get(node) ?? new Set()).add(name));
    }
  }
  return new Map([...users].map(([node, names]) => [node, names.size]));
}

function corpusOf(recipe: Recipe, suites: ReadonlyMap<string, Suite>): DebianCorpus {
  const { set, name, suite } = recipe;
  const roots = recipe.roots.split(" ");
  const pockets = pocketsOf(recipe);
  const { packages: inSuite } = suites.get(suite)!;
  const packages = new Map([...inSuite, [APP, application(roots)]]);
  const providers = providersOf(inSuite);
  const graph = packageGraph(packages, providers, APP);
  const updates = changeSets({
    packages,
    providers,
    graph,
    roots,
    pockets: pockets.map((pocket) => suites.get(pocket)!.packages),
    wholePockets: pockets.includes("sid"),
  }, seedOf(name));
  const indices = Object.fromEntries(
    [suite, ...pockets].map((each) => [each, suites.get(each)!.origin]),
  );
  return {
    set,
    name,
    origin: { suite, pockets, roots, architecture: ARCHITECTURE, indices },
    packages: graph.nodes,
    updates,
    popularity: popularityOf(inSuite, providers, graph),
  };
}

interface Suite extends Pick<PackageIndex, "origin"> {
  readonly packages: DebianPackages;
}

async function readSuites(): Promise<Map<string, Suite>> {
  const names = new Set(RECIPES.flatMap((recipe) => [recipe.suite, ...pocketsOf(recipe)]));
  const directory = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
  try {
    const indices = await aptIndices([...names], {
      mirror: MIRROR,
      architecture: ARCHITECTURE,
      directory,
    });
    return new Map(
      [...indices].map(([name, { text, origin }]) => [
        name,
        { packages: parsePackageIndex(text), origin },
      ]),
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const suites = await readSuites();
for (const recipe of RECIPES) {
  const corpus = corpusOf(recipe, suites);
  const bytes = writeCorpus(corpus);
  console.log(
    `${corpus.set.padEnd(6)}${corpus.name.padEnd(12)} ${corpus.packages.length} paths, ${
      (sizeOf(corpus.packages) / 1e6).toFixed(0)
    } MB, ${corpus.updates.length} updates; ${(bytes / 1000).toFixed(0)} kB`,
  );
}
