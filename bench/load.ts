/**
 * How fast `nix-image load` updates an image in Docker: `deno task bench:load`.
 *
 * The image is of 0.9 GB in 100 layers. Ten times, a single package of its closure gets a new version,
 * and all that depends on it is built again; which one is decided by a seed. Docker gets the image
 * as a whole (`docker load` of a file) into a state without images, then each update into one that has
 * the first image alone. Docker has a layer only together with those below it, so besides
 * what changed, all that lies above the lowest change is sent: both are shown.
 *
 * Needs root, as store paths are made from Debian packages.
 */

import { nixEnvironment } from "../tasks/nix_environment.ts";
import { debianClosure, debianGraph } from "../tests/support/debian_closure.ts";
import { startDockerd } from "../tests/support/dockerd.ts";
import { nixImageCommand, runCommand, succeed } from "../tests/support/program.ts";
import { median } from "./figures.ts";

const PACKAGES = ["git", "python3", "gcc", "g++", "nodejs", "postgresql-15"];
const UPDATES = Number(Deno.args[0] ?? 10);
const SEED = Number(Deno.args[1] ?? 1);

/** The same numbers for the same seed: below 1, by mulberry32. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed >>> 0;;) {
    state = state + 0x6d2b79f5 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    yield ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  }
}

/** So many packages, none twice. */
function choose(packages: readonly string[], count: number): string[] {
  const left = [...packages].sort(), random = numbers(SEED);
  return Array.from({ length: count }, () => {
    const [name = ""] = left.splice(Math.floor(random.next().value! * left.length), 1);
    return name;
  });
}

const work = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
const daemon = await startDockerd();
const env = {
  ...nixEnvironment(),
  DOCKER_HOST: daemon.host,
  XDG_CACHE_HOME: `${work}/cache`,
  DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME") ?? "/root"}/.cache/deno`,
};
const docker = (...args: string[]) => succeed(["docker", ...args], { env });

async function specOf(name: string, bumped: readonly string[]): Promise<string> {
  const roots = await debianClosure(PACKAGES, bumped);
  const config = { Env: roots.map((path) => `P=${path}`) };
  const spec = `${work}/${name}.json`;
  await Deno.writeTextFile(spec, JSON.stringify({ name, tag: "1", config }));
  return spec;
}

/** The sizes of an image's layers in bytes, by the store paths in them. */
async function layersOf(spec: string): Promise<Map<string, number>> {
  const { layers } = JSON.parse(
    await succeed([...nixImageCommand(), "plan", "--json", spec], { env }),
  ) as { layers: { paths: string[]; size: number }[] };
  return new Map(layers.map(({ paths, size }) => [paths.join(), size]));
}

async function timed(command: readonly string[]): Promise<{ seconds: number; stderr: string }> {
  const start = performance.now();
  const { code, stderr } = await runCommand(command, { env });
  if (code !== 0) throw new Error(stderr);
  return { seconds: (performance.now() - start) / 1000, stderr };
}

try {
  const first = await specOf("first", []);
  const load = (spec: string) => timed([...nixImageCommand(), "load", "--engine", "docker", spec]);
  const archive = `${work}/image.tar`;
  await runCommand([...nixImageCommand(), "stream", "-q", first], { env, stdoutFile: archive });
  const whole: number[] = [];
  for (let round = 0; round <= 3; round++) {
    const { seconds } = await timed(["docker", "load", "--quiet", "--input", archive]);
    // The first round warms the page cache.
    if (round > 0) whole.push(seconds);
    await docker("rmi", "first:1");
  }
  await load(first);
  const again: number[] = [];
  for (let round = 0; round < 5; round++) again.push((await load(first)).seconds);
  console.log(`whole image (docker load, a file): ${median(whole).toFixed(2)} s`);
  console.log(`the same image again (load):       ${median(again).toFixed(2)} s`);

  const layers = await layersOf(first);
  const total = [...layers.values()].reduce((sum, size) => sum + size, 0);
  const packages = (await debianGraph(PACKAGES)).map(({ packages: [name = ""] }) => name);
  const updates: number[] = [], changes: number[] = [];
  for (const name of choose(packages, UPDATES)) {
    const spec = await specOf("update", [name]);
    const changed = [...await layersOf(spec)].filter(([paths]) => !layers.has(paths))
      .reduce((sum, [, size]) => sum + size, 0);
    const { seconds, stderr } = await load(spec);
    const [, sent = ""] = /docker: (.*), sha256/.exec(stderr) ?? [];
    updates.push(seconds);
    changes.push(changed);
    console.log(
      `${name.padEnd(24)} ${seconds.toFixed(2).padStart(6)} s, sent ${sent}; layers that changed: ${
        (changed / 1e6).toFixed(1)
      } MB`,
    );
    await docker("rmi", "update:1");
  }
  const ratios = updates.map((seconds) => median(whole) / seconds);
  const checks: [string, number][] = [
    ["times as fast as the whole, the same image (at least 20)", median(whole) / median(again)],
    ["times as fast as the whole, an update, median (at least 20)", median(ratios)],
    ["times as fast as the whole, an update, worst", Math.min(...ratios)],
    ["times, if Docker took time for changed layers alone, median", total / median(changes)],
  ];
  for (const [what, value] of checks) console.log(`${value.toFixed(2).padStart(7)} ${what}`);
} finally {
  await daemon[Symbol.asyncDispose]();
  await Deno.remove(work, { recursive: true });
}
