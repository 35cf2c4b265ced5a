/**
 * How fast `nix-image stream` is, and how much memory it takes: `deno task bench`.
 *
 * Each round times, one after the other and each into `| cat >/dev/null`: nix-image, a streamer in
 * Python that archives each layer twice as nixpkgs' does, and GNU tar over the same store paths.
 * Ratios are of the medians of one run. The store paths are made from Debian packages (as root).
 */

import { debianClosure } from "../tests/support/debian_closure.ts";
import { nixImageCommand } from "../tests/support/program.ts";
import { type Figures, measure, median, output } from "./figures.ts";

const PACKAGES = ["git", "python3", "gcc", "g++", "nodejs", "postgresql-15"];
const ROUNDS = Number(Deno.args[0] ?? 5);
const MIB = 1 << 20;

/** Writes `count` small files in 100 store paths of a chroot store; gives its root and the graph. */
async function manyFiles(directory: string, count: number): Promise<string> {
  const graph = [];
  for (let i = 0; i < 100; i++) {
    const path = `/nix/store/${String(i).padStart(32, "0")}-many-files`;
    await Deno.mkdir(`${directory}${path}/dir`, { recursive: true });
    for (let j = 0; j < count / 100; j++) {
      Deno.writeTextFileSync(`${directory}${path}/dir/file-${j}`, "x".repeat(1000 + j % 1000));
    }
    graph.push({ path, narSize: 1500 * count / 100, references: [] });
  }
  await Deno.writeTextFile(`${directory}/graph.json`, JSON.stringify(graph));
  const contents = graph.map(({ path }) => path);
  await Deno.writeTextFile(
    `${directory}/spec.json`,
    JSON.stringify({
      name: "many",
      config: {
        Env: contents.map((path) => `P=${path}`),
      },
    }),
  );
  return directory;
}

const work = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
try {
  const roots = await debianClosure(PACKAGES);
  const paths = (await output(["nix-store", "--query", "--requisites", ...roots])).trim().split(
    "\n",
  );
  const spec = `${work}/spec.json`;
  // The top layer links to nothing: all three read the same files and no others.
  await Deno.writeTextFile(
    spec,
    JSON.stringify({ name: "bench", tag: "1", config: { Env: roots.map((path) => `P=${path}`) } }),
  );
  const program = nixImageCommand();
  const stream = [...program, "stream", "--tar", "--quiet", spec];
  const script = (await output([...program, "stream", "--script", spec])).trim();
  const top = `${work}/top.tar`;
  await output([
    "sh",
    "-c",
    'mkdir "$1/top" && tar --numeric-owner --owner=0 --group=0 ' +
    '--mtime=@315532800 -cf "$2" -C "$1/top" .',
    "sh",
    work,
    top,
  ]);
  const twoPasses = new URL("../tests/support/two_pass_streamer.py", import.meta.url).pathname;
  const contenders: Record<string, string[]> = {
    "nix-image": stream,
    "python": ["python3", twoPasses, `${script}.json`, top],
    "tar": ["tar", "--sort=name", "-cPf", "-", ...paths],
  };
  const figures: Record<string, Figures> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, command] of Object.entries(contenders)) {
      const kept = figures[name] ??= { seconds: [], peak: [] };
      // The first round warms the page cache.
      await measure(command, round === 0 ? { seconds: [], peak: [] } : kept);
    }
  }
  const few = { seconds: [], peak: [] }, many = { seconds: [], peak: [] };
  for (const [count, kept] of [[21_000, few], [210_000, many]] as const) {
    const root = await manyFiles(`${work}/${count}`, count);
    const options = ["--store-root", root, "--closure", `${root}/graph.json`];
    for (let round = 0; round < 3; round++) {
      await measure(
        [...program, "stream", "--tar", "--quiet", ...options, `${root}/spec.json`],
        kept,
      );
    }
  }
  const empty = { seconds: [], peak: [] }, help = { seconds: [], peak: [] };
  await Deno.writeTextFile(`${work}/empty.ts`, "");
  for (let round = 0; round < 11; round++) {
    await measure([Deno.execPath(), "run", `${work}/empty.ts`], empty);
    await measure([...program, "--help"], help);
  }

  const own = figures["nix-image"]!;
  const seconds = (name: string) => median(figures[name]!.seconds);
  console.log(`${paths.length} store paths, ${ROUNDS} rounds, medians`);
  for (const [name, { seconds, peak }] of Object.entries(figures)) {
    const [low, high] = [Math.min(...seconds), Math.max(...seconds)];
    console.log(
      `${name.padEnd(10)} ${median(seconds).toFixed(2)} s (${low.toFixed(2)} to ${
        high.toFixed(2)
      }), ` +
        `peak ${(median(peak) / MIB).toFixed(0)} MiB`,
    );
  }
  const more = (median(many.peak) - median(few.peak)) / MIB;
  const checks: [string, number][] = [
    [
      "times as fast as two passes of Python (at least 4)",
      seconds("python") / seconds("nix-image"),
    ],
    ["times the wall time of GNU tar (at most 2)", seconds("nix-image") / seconds("tar")],
    ["MiB peak memory (under 128)", Math.max(...own.peak) / MIB],
    ["MiB more for ten times the files (at most 32)", more],
    ["times an empty script for --help (at most 3)", median(help.seconds) / median(empty.seconds)],
  ];
  for (const [what, value] of checks) console.log(`${value.toFixed(2).padStart(7)} ${what}`);
} finally {
  await Deno.remove(work, { recursive: true });
}
