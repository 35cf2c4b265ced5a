/**
 * Layers by hand, planned by the program from a spec and a closure graph.
 * @module
 */

import assert from "node:assert/strict";
import { nixImage } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const path = (name: string, hash: number) => `/nix/store/${String(hash).padStart(32, "0")}-${name}`;

const GRAPH: Record<string, { narSize: number; references: string[] }> = {};
const add = (name: string, hash: number, narSize: number, ...references: number[]) => {
  const byHash = (wanted: number) =>
    Object.keys(GRAPH).find((path) =>
      path.startsWith(`/nix/store/${String(wanted).padStart(32, "0")}`)
    )!;
  GRAPH[path(name, hash)] = { narSize, references: references.map(byHash) };
  return path(name, hash);
};
const LIBC = add("glibc-2.36", 2, 30_000_000);
const ZLIB = add("zlib-1.3", 3, 100_000, 2);
const PYTHON = add("python3-3.11.9", 1, 90_000_000, 2, 3);
const BASE = add("py-base-1", 5, 50_000, 1);
const REQUESTS = add("py-requests-2", 6, 300_000, 1, 5);
const FLASK = add("py-flask-3", 7, 400_000, 1, 5);
const TABLES = add("data-1", 8, 900_000);
const APP = add("app-1.0", 4, 10_000, 1, 5, 6, 7, 8);

const SPEC = { name: "app", contents: [APP] };

async function run(scratch: Scratch, spec: object, ...options: string[]) {
  const graph = `${scratch.path}/graph.json`;
  Deno.writeTextFileSync(graph, JSON.stringify(GRAPH));
  const file = scratch.spec({ ...SPEC, ...spec });
  return await nixImage(["plan", "--json", "--closure", graph, ...options, file]);
}

async function layersOf(scratch: Scratch, spec: object, ...options: string[]) {
  const { code, text, stderr } = await run(scratch, spec, ...options);
  assert.equal(code, 0, stderr);
  const { layers } = JSON.parse(text) as { layers: { paths: string[]; reason: string }[] };
  return { layers: layers.map(({ paths }) => paths), stderr, layersWithReasons: layers };
}

const JSON_BLOCK = /^```json\n(.*?)^```$/gms;

/** The examples of docs/pipeline.md. */
const [GROUPS, PIPELINE] = Array.from(
  Deno.readTextFileSync(new URL("../../docs/pipeline.md", import.meta.url)).matchAll(JSON_BLOCK),
  ([, text = ""]) => JSON.parse(text),
);

Deno.test("plan follows the layeringPipeline that the documentation shows", async () => {
  await using scratch = new Scratch();
  const expected = [[ZLIB, LIBC, PYTHON], [BASE], [TABLES], [FLASK, REQUESTS], [APP]];
  const { layers, stderr } = await layersOf(scratch, { layeringPipeline: PIPELINE });
  assert.deepEqual(layers, expected);
  assert.equal(stderr, "");

  Deno.writeTextFileSync(`${scratch.path}/pipeline.json`, JSON.stringify(PIPELINE));
  const fromFile = await layersOf(scratch, { layeringPipeline: "pipeline.json" });
  assert.deepEqual(fromFile.layers, layers);
});

Deno.test("plan follows the groups that the documentation shows", async () => {
  await using scratch = new Scratch();
  Deno.symlinkSync(APP, `${scratch.path}/result`);
  const { layersWithReasons, stderr } = await layersOf(scratch, { ...GROUPS, maxLayers: 5 });
  assert.match(stderr, /^nix-image: groups\[0\]\.paths\[1\]: nothing in the image is \*-pip-\*\n$/);
  const python = layersWithReasons.find(({ reason }) => reason.startsWith("group python"));
  assert.deepEqual(python?.paths, [LIBC, PYTHON, ZLIB]);
  assert.deepEqual(layersWithReasons.at(-1), { ...layersWithReasons.at(-1), paths: [APP] });
  assert.equal(layersWithReasons.length, 4);
});

Deno.test("plan tells with status 2 what is wrong with a layeringPipeline", async () => {
  await using scratch = new Scratch();
  const wrong: [pipeline: unknown[], said: RegExp][] = [
    [
      [["reverse"], ["flatten"], ["limit_layers", "3"]],
      /: layeringPipeline\[2\]\[1\]: expected an/,
    ],
    [[["popularity_contst"]], /did you mean "popularity_contest"\?/],
    [[["split_paths", []], ["over", "main", ["reverse"]]], /layeringPipeline\[1\]: over "main"/],
    [[["popularity_contest"]], /makes 8 layers, .* room for 5 .*\["limit_layers", 5\]/],
  ];
  for (const [layeringPipeline, said] of wrong) {
    const { code, stderr } = await run(scratch, { layeringPipeline, maxLayers: 6 });
    assert.equal(code, 2, stderr);
    assert.match(stderr, said);
    assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

Deno.test("--target limits the layers, and is one of those that are known", async () => {
  await using scratch = new Scratch();
  const { code, stderr } = await run(scratch, { maxLayers: 100 }, "--target", "aufs");
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^nix-image: maxLayers: 100 are more than the 42 that the target aufs takes: /,
  );
  assert.equal((await layersOf(scratch, {}, "--target", "docker")).layers.length, 8);
  const unknown = await run(scratch, {}, "--target", "moon");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /docker, overlay2, aufs, containerd, podman, lambda, registry/);
});
