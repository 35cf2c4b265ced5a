/**
 * How fast `nix-image export` is, and how much memory it takes: `deno task bench:export`.
 *
 * Each round times, one after the other, `umoci unpack` of an OCI layout of 0.9 GB with gzip layers,
 * nix-image on the same layout, and nix-image on the docker-archive that the layout was made from.
 * Ratios are of the times of one round, as other work on the host changes from round to round.
 * umoci needs root.
 */

import { nixImageCommand } from "../tests/support/program.ts";
import { type Figures, measure, median, output } from "./figures.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const MIB = 1 << 20;
const STORE_PATHS = 120;
const FILES = 24_000;
/** In bytes: many small files, and a few that make up most of the image. */
const SIZES = [300, 800, 2000, 3000, 5000, 8000, 12_000, 20_000, 45_000, 300_000];

/** Files of random bytes, which gzip does not make smaller, and of text, which it does. */
async function makeStore(root: string): Promise<void> {
  const random = new Uint8Array(1 << 20);
  for (let at = 0; at < random.length; at += 1 << 16) {
    crypto.getRandomValues(random.subarray(at, at + (1 << 16)));
  }
  const words = Array.from(random.subarray(0, 4000), (byte, index) => `${byte}${index % 97}`);
  const text = Array.from(random, (byte, index) => words[byte + index % 3000]).join(" ");
  const sources = [random, new TextEncoder().encode(text).subarray(0, random.length)];
  const graph = [];
  for (let i = 0, file = 0; i < STORE_PATHS; i++) {
    const path = `/nix/store/${String(i).padStart(32, "0")}-bench`;
    await Deno.mkdir(`${root}${path}/lib/deep`, { recursive: true });
    let narSize = 0;
    for (let j = 0; j < FILES / STORE_PATHS; j++, file++) {
      const size = SIZES[file % SIZES.length]!;
      const source = sources[file % 3 === 0 ? 0 : 1]!;
      const at = file * 7919 % (source.length - size);
      const directory = ["", "lib/", "lib/deep/"][file % 3];
      Deno.writeFileSync(`${root}${path}/${directory}${j}`, source.subarray(at, at + size));
      narSize += size;
    }
    graph.push({ path, narSize, references: [] });
  }
  const Env = graph.map(({ path }) => `P=${path}`);
  await Deno.writeTextFile(`${root}/graph.json`, JSON.stringify(graph));
  await Deno.writeTextFile(
    `${root}/spec.json`,
    JSON.stringify({ name: "bench", tag: "v1", maxLayers: 12, config: { Env } }),
  );
}

const work = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
try {
  const root = `${work}/root`;
  await makeStore(root);
  const archive = `${work}/image.tar`, layout = `${work}/layout`, bundle = `${work}/bundle`;
  await output([
    ...[...nixImageCommand(), "build", `${root}/spec.json`, "--compressor", "none", "-o", archive],
    ...["--quiet", "--store-root", root, "--closure", `${root}/graph.json`],
  ]);
  const copy = ["skopeo", "--insecure-policy", "copy", "--quiet"];
  await output([...copy, `docker-archive:${archive}`, `oci:${layout}:v1`]);
  const exporting = [...nixImageCommand(), "export", "--quiet"];
  const contenders: Record<string, string[]> = {
    "umoci": ["umoci", "--log=error", "unpack", "--image", `${layout}:v1`, bundle],
    "export, OCI layout": [...exporting, layout],
    "export, docker-archive": [...exporting, archive],
  };
  const figures: Record<string, Figures> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, command] of Object.entries(contenders)) {
      const kept = figures[name] ??= { seconds: [], peak: [] };
      // The first round warms the page cache.
      await measure(command, round === 0 ? { seconds: [], peak: [] } : kept);
      await Deno.remove(bundle, { recursive: true }).catch(() => {});
    }
  }

  const { size } = await Deno.stat(archive);
  console.log(`${(size / 1e9).toFixed(2)} GB in ${FILES} files, ${ROUNDS} rounds, medians`);
  for (const [name, { seconds, peak }] of Object.entries(figures)) {
    const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
    const memory = `peak ${(Math.max(...peak) / MIB).toFixed(0)} MiB`;
    console.log(`${name.padEnd(22)} ${median(seconds).toFixed(2)} s (${range}), ${memory}`);
  }
  const own = Object.entries(figures).filter(([name]) => name !== "umoci");
  for (const [name, { seconds, peak }] of own) {
    const ratios = seconds.map((value, round) => figures.umoci!.seconds[round]! / value);
    const checks: [string, number][] = [
      [`times as fast as umoci unpack (at least 1): ${name}`, median(ratios)],
      [`MiB peak memory (under 200): ${name}`, Math.max(...peak) / MIB],
    ];
    for (const [what, value] of checks) console.log(`${value.toFixed(2).padStart(7)} ${what}`);
  }
} finally {
  await Deno.remove(work, { recursive: true });
}
