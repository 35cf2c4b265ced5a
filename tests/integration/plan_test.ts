/**
 * Plans of closures alone, plans after earlier versions, and what they are said to cost.
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { PlanDescription } from "../../src/image/plan_description.ts";
import { FakeRegistry } from "../support/fake_registry.ts";
import { nixImage } from "../support/program.ts";
import { runPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";
import { randomNumbers } from "../support/seeded.ts";

interface GraphEntry {
  readonly path: string;
  readonly narSize: number;
  readonly references: readonly string[];
}

/** As Nix does: the hash covers the name and what the path refers to. */
function pathOf(name: string, references: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify([name, references])).digest("hex");
  // Nix's digits have no e.
  return `/nix/store/${hash.slice(0, 32).replaceAll("e", "z")}-${name}`;
}

/** Of a name such as `git-2`, with its size, what it uses. */
type Packages = readonly (readonly [name: string, size: number, uses: string])[];

/** A graph; what is used comes first. */
function graphOf(packages: Packages): GraphEntry[] {
  const paths = new Map<string, string>();
  return packages.map(([name, narSize, uses]) => {
    const references = uses.split(" ").filter((used) => used !== "")
      .map((used) => [...paths].find(([other]) => other.startsWith(`${used}-`))![1]);
    const path = pathOf(name, references);
    paths.set(name, path);
    return { path, narSize, references };
  });
}

const FIRST = graphOf([
  ["libc-2.39", 60_000, ""],
  ["zlib-1.3", 10_000, "libc"],
  ["ssl-3.0", 40_000, "libc"],
  ["curl-8.8", 20_000, "ssl zlib libc"],
  ["perl-5.38", 50_000, "libc"],
  ["git-2.45", 30_000, "curl zlib perl libc"],
]);

/** git and curl are updated, and with them what uses them. */
const SECOND = graphOf([
  ["libc-2.39", 60_000, ""],
  ["zlib-1.3", 10_000, "libc"],
  ["ssl-3.0", 40_000, "libc"],
  ["curl-8.9", 20_000, "ssl zlib libc"],
  ["perl-5.38", 50_000, "libc"],
  ["git-2.45", 30_000, "curl zlib perl libc"],
]);

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

let files = 0;
function file(content: unknown): string {
  const path = `${scratch.path}/file-${++files}.json`;
  Deno.writeTextFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const first = file(FIRST), second = file(SECOND);

/** Runs `plan --json`, which has nothing else to say unless `warnings` match. */
async function planOf(args: readonly string[], warnings = /^$/): Promise<PlanDescription> {
  const { code, text, stderr } = await nixImage(["plan", "--json", ...args]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, warnings);
  return JSON.parse(text);
}

const names = ({ layers }: PlanDescription) =>
  layers.map(({ paths }) => paths.map((path) => path.slice(44)).join(" "));

/** A spec of git, with room for so many layers of store paths, and a store with its files. */
function specOf(graph: readonly GraphEntry[], layers: number): string[] {
  const root = `${scratch.path}/root`;
  for (const { path, narSize } of graph) {
    Deno.mkdirSync(root + path, { recursive: true });
    Deno.writeTextFileSync(`${root}${path}/file`, `${path}\n`.padEnd(narSize, "."));
  }
  const git = graph.at(-1)!.path;
  const spec = { name: "app", tag: "1", contents: [git], maxLayers: layers + 1 };
  // Links are followed as they are on the host, and there is no such path.
  const { contents: _, ...fields } = spec;
  const source = file({ ...fields, config: { Env: [`GIT=${git}`] } });
  return [source, "--store-root", root, "--closure", file(graph)];
}

async function built(graph: readonly GraphEntry[], strategy: string, ...options: string[]) {
  const output = `${scratch.path}/image-${++files}`;
  const args = ["build", "--quiet", "-o", output, "--strategy", strategy, ...options];
  const { code, stderr } = await nixImage([...args, ...specOf(graph, 3)]);
  assert.equal(code, 0, stderr);
  return output;
}

for (const strategy of ["updates", "auto", "popularity"]) {
  Deno.test(`plan --closure plans without a spec and without a store: ${strategy}`, async () => {
    const args = ["--closure", first, "--layers", "3", "--strategy", strategy];
    const plan = await planOf(args);
    assert.equal(plan.strategy, strategy);
    assert.equal(plan.limit, 3);
    assert.ok(plan.layers.length <= 3);
    const paths = plan.layers.flatMap(({ paths }) => paths);
    assert.deepEqual(paths.sort(), FIRST.map(({ path }) => path).sort());
    assert.equal(plan.size, 210_000);
    assert.deepEqual(Object.keys(plan).sort(), ["layers", "limit", "size", "strategy"]);

    const { code, text } = await nixImage(["plan", ...args]);
    assert.equal(code, 0);
    assert.match(text, /\n\d layers?, 6 store paths, 210\.0 kB\n$/);
  });
}

Deno.test("plan --closure takes a graph from standard input, in any order, and plans it the same", async () => {
  const args = ["--layers", "4"];
  const { text } = await nixImage(["plan", "--json", "--closure", "-", ...args], {
    stdin: JSON.stringify(FIRST.toReversed()),
  });
  assert.deepEqual(JSON.parse(text), await planOf(["--closure", first, ...args]));
});

Deno.test("a spec takes --closure from standard input, too", async () => {
  const [spec = "", ...options] = specOf(FIRST, 3);
  const plan = await planOf([spec, ...options]);
  const graph = Deno.readTextFileSync(options.pop()!);
  const { text } = await nixImage(["plan", "--json", spec, ...options, "-"], { stdin: graph });
  assert.deepEqual(JSON.parse(text), plan);
});

Deno.test("--strategy takes the place of the spec's layering", async () => {
  const spec = specOf(FIRST, 3);
  const popular = await planOf([...spec, "--strategy", "popularity"]);
  const auto = await planOf([...spec, "--strategy", "auto"]);
  assert.deepEqual([popular.strategy, auto.strategy], ["popularity", "auto"]);
  assert.notDeepEqual(names(popular), names(auto));
  const closure = ["--closure", first, "--layers", "3", "--strategy", "popularity"];
  assert.deepEqual(names(await planOf(closure)), names(popular));
});

Deno.test("--previous moves no more than planning afresh, and nothing where nothing changed", async () => {
  const closure = ["--closure", first, "--layers", "4"];
  const own = file(await planOf([...closure, "--strategy", "updates"]));
  const updates = [...closure, "--strategy", "updates"];
  const same = await planOf([...updates, "--previous", own, "--against", own]);
  assert.deepEqual([same.update?.repull, same.update?.chain], [0, 0]);
  const auto = file(await planOf([...closure, "--strategy", "auto"]));
  const sticky = await planOf([...updates, "--previous", auto, "--against", auto]);
  const afresh = await planOf([...updates, "--against", auto]);
  assert.ok(sticky.update!.repull < afresh.update!.repull);
});

for (const format of ["docker-archive", "oci-archive", "oci"]) {
  Deno.test(`an image is enough to be the previous one: ${format}`, async () => {
    const image = await built(FIRST, "popularity", "--format", format);
    const plan = await planOf(["--closure", first, "--layers", "3", "--strategy", "popularity"]);
    const options = ["--closure", second, "--layers", "3", "--strategy", "updates"];
    const [after, likewise] = [
      await planOf([...options, "--previous", image, "--against", image]),
      await planOf([...options, "--previous", file(plan), "--against", file(plan)]),
    ];
    assert.equal(after.update?.from, image);
    assert.deepEqual({ ...after, update: { ...after.update, from: "" } }, {
      ...likewise,
      update: { ...likewise.update, from: "" },
    });
  });
}

Deno.test("an image that its own plan made is what the plan of the same spec is against", async () => {
  const image = await built(FIRST, "auto");
  const spec = specOf(FIRST, 3);
  const { update } = await planOf([...spec, "--strategy", "auto", "--against", image]);
  assert.deepEqual(update, {
    from: image,
    kept: 3,
    changed: 0,
    added: 0,
    removed: 0,
    repull: 0,
    chain: 0,
    least: 0,
    total: 210_000,
  });
});

Deno.test("what an update is said to move is what diff finds in the images", async () => {
  const [before, after] = [await built(FIRST, "auto"), await built(SECOND, "auto")];
  const spec = specOf(SECOND, 3);
  const { update } = await planOf([...spec, "--strategy", "auto", "--against", before]);
  const { text } = await nixImage(["diff", "--json", before, after]);
  const { layers } = JSON.parse(text) as Record<"layers", Record<string, { size: number }[]>>;
  // Config and top layer are the same size, and the top layer the same: nothing links to git.
  assert.equal(update!.changed + update!.added, layers.added?.length);
  assert.equal(update!.kept + 1, layers.shared?.length);
  const bytes = layers.added!.reduce((sum, { size }) => sum + size, 0);
  // A tar has headers.
  assert.ok(update!.repull <= bytes && bytes < update!.repull + 20_000, `${bytes}`);
  assert.ok(update!.repull > 0 && update!.repull < update!.total);
});

Deno.test("build after a previous image makes the layers that plan shows", async () => {
  const before = await built(FIRST, "popularity");
  const plan = await planOf([
    ...specOf(SECOND, 3),
    ...["--strategy", "updates", "--previous", before],
  ]);
  const after = await built(SECOND, "updates", "--previous", before);
  const { update } = await planOf([
    ...specOf(SECOND, 3),
    ...["--strategy", "updates", "--previous", before, "--against", after],
  ]);
  assert.deepEqual([update?.kept, update?.repull], [plan.layers.length, 0]);
});

Deno.test("an image that nixpkgs' streamer made is enough to be the previous one", async () => {
  const spec = specOf(FIRST, 3);
  const plan = await planOf(["--closure", first, "--layers", "3", "--strategy", "popularity"]);
  const top = `${scratch.path}/top.tar`;
  Deno.writeFileSync(top, new Uint8Array(10_240));
  const image = `${scratch.path}/nixpkgs.tar`;
  const owner = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: 1 };
  const streamed = {
    ...{ layers: plan.layers, storeRoot: spec[2], top: { links: [] }, ...owner },
    ...{ created: 1, architecture: "amd64", config: {}, repoTag: "app:1" },
  };
  Deno.writeFileSync(image, await runPython("two_pass_streamer.py", [file(streamed), top]));
  const options = [...spec, "--strategy", "popularity"];
  const { update } = await planOf([...options, "--against", image]);
  assert.deepEqual([update?.kept, update?.repull, update?.removed], [3, 0, 0]);
  const sticky = await planOf([
    ...["--closure", second, "--layers", "3", "--strategy", "updates", "--previous"],
    image,
  ]);
  assert.deepEqual(
    sticky.layers,
    (await planOf([
      ...["--closure", second, "--layers", "3", "--strategy", "updates", "--previous"],
      file(plan),
    ])).layers,
  );
});

Deno.test("an image in a registry is enough, of which no layers are fetched", async () => {
  const archive = await built(FIRST, "popularity");
  await using registry = await FakeRegistry.start();
  const name = `docker://${registry.host}/team/app:1`;
  const pushed = await nixImage(["push", "--quiet", "--tls-verify=false", archive, name]);
  assert.equal(pushed.code, 0, pushed.stderr);
  registry.requests.length = 0;
  const options = ["--closure", first, "--layers", "3", "--strategy", "popularity"];
  const { update } = await planOf([...options, "--against", name]);
  assert.deepEqual([update?.from, update?.kept, update?.repull], [name, 3, 0]);
  const fetched = registry.requests.filter(({ method, path }) =>
    method === "GET" && path.includes("/blobs/")
  );
  assert.equal(fetched.length, 1, "the config");
});

Deno.test("a previous image without store paths makes a warning, and all is planned afresh", async () => {
  const directory = `${scratch.path}/plain`;
  Deno.mkdirSync(directory);
  const spec = file({ name: "plain", tag: "1", includeStorePaths: false });
  const image = `${directory}/image.tar`;
  await nixImage(["build", "--compressor", "none", "-o", image, spec, "--closure", first]);
  const options = ["--closure", first, "--layers", "3", "--strategy", "updates"];
  assert.deepEqual(
    await planOf(
      [...options, "--previous", image],
      /^nix-image: --previous .*image\.tar: its history names no store paths, .*; all is planned afresh\n$/,
    ),
    await planOf(options),
  );
  const { code, stderr } = await nixImage(["plan", ...options, "--against", image]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^nix-image: --against .*image\.tar: its history names no store paths, .*\n$/,
  );
});

Deno.test("--history takes graphs, plans and images; --previous for another strategy is noticed", async () => {
  const image = await built(FIRST, "auto");
  const plan = file(await planOf(["--closure", first]));
  const explained = async (...history: string[]) => {
    const args = history.flatMap((earlier) => ["--history", earlier]);
    const options = ["--closure", second, "--layers", "3", "--strategy", "updates", "--explain"];
    return (await planOf([...options, ...args])).expected!;
  };
  // References are the same in both, so that an image tells as much as a graph.
  const learnt = await explained(first);
  assert.deepEqual(await explained(image), learnt);
  assert.deepEqual(await explained(plan), learnt);
  assert.notDeepEqual(learnt, await explained(), "curl has changed before");
  await planOf(
    ["--closure", second, "--strategy", "auto", "--previous", plan],
    /^nix-image: --previous: the strategy auto looks at no earlier versions; updates does\n$/,
  );
});

Deno.test("plan --explain compares strategies, and says what each layer costs", async () => {
  const options = ["--closure", first, "--layers", "3", "--strategy", "auto", "--explain"];
  const { layers, expected, size } = await planOf(options);
  const own = expected?.strategies.find(({ strategy }) => strategy === "auto");
  assert.deepEqual(
    { repull: own?.repull, chain: own?.chain, layers: own?.layers },
    { repull: expected?.repull, chain: expected?.chain, layers: layers.length },
  );
  assert.ok(expected!.least <= expected!.repull && expected!.repull <= expected!.chain);
  assert.ok(expected!.chain <= size);
  const mean = layers.reduce((sum, { size, share = NaN }) => sum + size * share, 0);
  assert.ok(Math.abs(mean - expected!.repull) < 1, `${mean}`);
  for (const { size, sizes = [] } of layers) {
    assert.equal(sizes.reduce((sum, size) => sum + size, 0), size);
  }
  const { text } = await nixImage(["plan", ...options]);
  for (const { path } of FIRST) assert.ok(text.includes(`  ${path.slice(44)}\n`), path);
  assert.match(text, /\nthis plan \(auto\) .*\n(?:.*\n)*No plan pulls less than .*\n$/);
  for (
    const [target, counts, column] of [
      ["docker", "chain", "RELOADED"],
      ["registry", "repull", "PULLED"],
    ] as const
  ) {
    const there = [...options, "--target", target];
    assert.equal((await planOf(there)).expected?.counts, counts);
    const { text } = await nixImage(["plan", ...there]);
    assert.ok(text.endsWith(`\nWhere this goes, what is ${column} counts.\n`), text);
  }
});

Deno.test("plan --closure --graph draws the closure alone", async () => {
  const drawing = `${scratch.path}/layers.svg`;
  await planOf(["--closure", first, "--layers", "3", "--graph", drawing]);
  const text = Deno.readTextFileSync(drawing);
  for (const { path } of FIRST) assert.ok(text.includes(path.slice(44)), path);
});

Deno.test("docs/plan.md has the object that its example prints", async () => {
  const docs = await Deno.readTextFile(new URL("../../docs/plan.md", import.meta.url));
  const [graph = "", before = "", printed = ""] = Array.from(
    docs.matchAll(/```json\n([^]*?)```/g),
    ([, text = ""]) => text,
  );
  const [, command = ""] = /```sh\nnix-image (.*)\n```/.exec(docs) ?? [];
  const cwd = `${scratch.path}/docs`;
  Deno.mkdirSync(cwd);
  Deno.writeTextFileSync(`${cwd}/graph.json`, graph);
  Deno.writeTextFileSync(`${cwd}/before.json`, before);
  const { code, text, stderr } = await nixImage(command.split(" "), { cwd });
  assert.equal(code, 0, stderr);
  const [actual, promised] = [text, printed].map((text): PlanDescription => JSON.parse(text));
  assert.deepEqual(actual, promised);
  const fields = [actual, actual!.expected, actual!.update, actual!.layers[0]]
    .flatMap((object) => Object.keys(object ?? {}));
  for (const field of fields) assert.ok(docs.includes(`| \`${field}\``), field);
});

Deno.test("plan refuses wrong graphs, plans and options in one line", async () => {
  const plan = file(await planOf(["--closure", first]));
  const text = file("words\nmore");
  const cases: [args: string[], message: RegExp][] = [
    [["--closure", plan], /: not a reference graph; expected what exportReferencesGraph writes/],
    [["--closure", text], /: not JSON: /],
    [["--closure", file(FIRST.slice(1))], /refers to .*-libc-2\.39, which is not in the graph/],
    [["--closure", first, "--previous", first], /^nix-image: --previous .*: neither an image nor/],
    [["--closure", first, "--against", second], /^nix-image: --against .*: neither an image nor/],
    [["--closure", first, "--history", file({ a: 1 })], /: not a reference graph/],
    [["--closure", first, "--layers", "0"], /^nix-image: --layers: expected a number from 1 on/],
    [["--closure", first, "--layers", "1.5"], /^nix-image: --layers: expected a number from 1/],
    [["--closure", first, "--strategy", "update"], /"update", did you mean updates\?$/],
    [["--closure", first, "--store-root", "/"], /--store-root is for a spec, and there is none/],
    [["--closure", "-", "--previous", "-"], /-: there is one standard input, .* --previous$/],
    [[...specOf(FIRST, 3), "--layers", "3"], /--layers is for a --closure alone; .* maxLayers$/],
    [[file({ name: "x", type: "single" }), "--previous", plan], /"single" has one layer$/],
    [
      [file({ name: "x", includeStorePaths: false }), "--explain", "--closure", first],
      /--explain is for layers of store paths, and the image has none$/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, text, stderr } = await nixImage(["plan", ...args]);
    assert.deepEqual([code, text], [2, ""], args.join(" "));
    assert.match(stderr, /^nix-image: [^\n]+\n$/);
    assert.match(stderr.trimEnd(), message);
  }
});

Deno.test("options for specs are refused where an image is given", async () => {
  const image = await built(FIRST, "auto");
  for (const option of ["--strategy", "--previous", "--history"]) {
    const { code, stderr } = await nixImage(["inspect", image, option, "auto"]);
    assert.equal(code, 2);
    assert.equal(stderr, `nix-image: ${option} is for a spec, and this is an image\n`);
  }
});

Deno.test("a closure of 300 paths is planned in a few times what --version takes", async () => {
  const random = randomNumbers(7);
  const packages: [string, number, string][] = [];
  for (let n = 0; n < 300; n++) {
    const uses = packages.filter(() => random() < 3 / 300).map(([name]) => name.split("-")[0]);
    packages.push([`p${n}-1.0`, Math.ceil(random() * 1e6), uses.join(" ")]);
  }
  const graph = file(graphOf(packages));
  const timed = async (args: string[]) => {
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const start = performance.now();
      assert.equal((await nixImage(args)).code, 0);
      times.push(performance.now() - start);
    }
    return Math.min(...times);
  };
  const [version, plan] = [
    await timed(["--version"]),
    await timed(["plan", "--json", "--closure", graph, "--layers", "20"]),
  ];
  assert.ok(plan < 3 * version, `${plan} ms, --version: ${version} ms`);
});
