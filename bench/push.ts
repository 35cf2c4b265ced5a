/**
 * How fast `nix-image push` is: `deno task bench:push`.
 *
 * The image is of 0.9 GB in 100 layers; the registry is Debian's docker-registry on loopback. Each
 * round times, one after the other and each into an empty registry (skopeo remembers what a registry
 * has in other repositories): nix-image from the store without anything kept from earlier, by kind of
 * compression; and skopeo from an archive of the image that was made beforehand, whose making is
 * timed, too. Then the same image again, and one with a package that has a new
 * version. Ratios are of the times of one round, as other work on the host changes from round to round.
 *
 * Needs root, as store paths are made from Debian packages.
 */

import { nixEnvironment } from "../tasks/nix_environment.ts";
import { debianClosure } from "../tests/support/debian_closure.ts";
import { nixImageCommand, runCommand } from "../tests/support/program.ts";
import { type Registry, startRegistry } from "../tests/support/registries.ts";
import { median } from "./figures.ts";

const PACKAGES = ["git", "python3", "gcc", "g++", "nodejs", "postgresql-15"];
const BUMPED = "libpq5";
const ROUNDS = Number(Deno.args[0] ?? 3);
const COMPRESSIONS = ["gzip", "zstd", "none"] as const;

const work = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
const baseEnv = {
  ...nixEnvironment(),
  DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME") ?? "/root"}/.cache/deno`,
};
let runs = 0;
const freshCache = () => `${work}/cache-${++runs}`;
const placeIn = ({ host }: Registry) => `docker://${host}/bench/app:1`;

async function specOf(name: string, bumped: readonly string[]): Promise<string> {
  const roots = await debianClosure(PACKAGES, bumped);
  const spec = `${work}/${name}.json`;
  const config = { Env: roots.map((path) => `P=${path}`) };
  await Deno.writeTextFile(spec, JSON.stringify({ name, tag: "1", config }));
  return spec;
}

const figures: Record<string, number[]> = {};

/** Runs a command that has to succeed, keeps its seconds and returns what it said. */
async function timed(name: string, command: readonly string[], cache = ""): Promise<string> {
  const start = performance.now();
  const env = { ...baseEnv, XDG_CACHE_HOME: cache };
  const { code, stderr } = await runCommand(command, { env });
  if (code !== 0) throw new Error(`${command.slice(0, 5).join(" ")} failed\n${stderr}`);
  (figures[name] ??= []).push((performance.now() - start) / 1000);
  return stderr;
}

function push(name: string, spec: string, to: string, cache: string, compression = "gzip") {
  const options = [`--layer-compression=${compression}`];
  return timed(name, [...nixImageCommand(), "push", spec, to, ...options], cache);
}

try {
  const first = await specOf("first", []), second = await specOf("second", [BUMPED]);
  const archive = `${work}/image.tar`;
  const skopeo = ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"];
  const said: Record<string, string> = {};
  for (let round = 0; round < ROUNDS; round++) {
    await Deno.remove(archive).catch(() => {});
    const build = [...nixImageCommand(), "build", "-q", "--compressor", "none", "-o", archive];
    await timed("build of an archive", [...build, first], freshCache());
    for (const compression of COMPRESSIONS) {
      const cache = freshCache();
      await using registry = await startRegistry();
      const to = placeIn(registry);
      await push(`first push, ${compression}`, first, to, cache, compression);
      if (compression === "none") continue;
      const format = `--dest-compress-format=${compression}`;
      const from = `docker-archive:${archive}`;
      await using other = await startRegistry();
      await timed(`skopeo copy, ${compression}`, [...skopeo, format, from, placeIn(other)]);
      if (compression !== "gzip") continue;
      said.again = await push("the same again", first, to, cache);
      said.changed = await push(`${BUMPED} changed`, second, to, cache);
    }
  }

  const { size } = await Deno.stat(archive);
  console.log(`${(size / 1e6).toFixed(0)} MB, ${ROUNDS} rounds, medians`);
  for (const [name, seconds] of Object.entries(figures)) {
    const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
    const rate = /^first|^skopeo/.test(name)
      ? `, ${(size / 1e6 / median(seconds)).toFixed(0)} MB/s`
      : "";
    console.log(`${name.padEnd(20)} ${median(seconds).toFixed(2).padStart(6)} s (${range})${rate}`);
  }
  for (const [name, stderr] of Object.entries(said)) {
    console.log(`${name}: ${/^Blobs: .*$/m.exec(stderr)?.[0]}`);
  }
  const ratio = (compression: string, others: readonly string[]) =>
    median(
      figures[`first push, ${compression}`]!.map((seconds, round) =>
        others.reduce((sum, name) => sum + figures[name]![round]!, 0) / seconds
      ),
    );
  const checks: [string, number][] = [
    ["seconds for the same image again (under 1.5)", Math.max(...figures["the same again"]!)],
    ...(["gzip", "zstd"] as const).flatMap((compression): [string, number][] => {
      const copy = `skopeo copy, ${compression}`;
      return [
        [`times as fast as skopeo alone, ${compression} (at least 1)`, ratio(compression, [copy])],
        [
          `times as fast as build and skopeo, ${compression}`,
          ratio(compression, ["build of an archive", copy]),
        ],
      ];
    }),
  ];
  for (const [what, value] of checks) console.log(`${value.toFixed(2).padStart(7)} ${what}`);
} finally {
  await Deno.remove(work, { recursive: true });
}
