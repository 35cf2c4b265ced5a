/**
 * How fast `nix-image stream conf.json` is against a streamer in Python that does the same as
 * nixpkgs' own: `deno task bench:conf [ROUNDS]`.
 *
 * Each round times, one after the other and each into `| cat >/dev/null`: Python; nix-image without
 * digests that were kept, as in the first run and in builds of Nix; and nix-image with those of the
 * run before. The archives are the same, which is looked at first. The store paths
 * are made from Debian packages (as root).
 */

import { createHash } from "node:crypto";
import { debianClosure } from "../tests/support/debian_closure.ts";
import { closureOf } from "../tests/support/nix_paths.ts";
import { nixImageCommand } from "../tests/support/program.ts";
import { type Figures, measure, median, output } from "./figures.ts";

const PACKAGES = ["git", "python3", "gcc", "g++", "nodejs", "postgresql-15"];
const ROUNDS = Number(Deno.args[0] ?? 5);
const LAYERS = 99;
const MIB = 1 << 20;

/** The paths in layers as nixpkgs' former default had them: most alone, the rest in the last one. */
function layersOf(paths: readonly string[]): string[][] {
  return [...paths.slice(0, LAYERS - 1).map((path) => [path]), paths.slice(LAYERS - 1)];
}

const work = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
try {
  const paths = await closureOf(...await debianClosure(PACKAGES));
  await Deno.mkdir(`${work}/customisation`);
  await output(["tar", "-cf", `${work}/customisation/layer.tar`, "-T", "/dev/null"]);
  const layer = await Deno.readFile(`${work}/customisation/layer.tar`);
  const checksum = createHash("sha256").update(layer).digest("hex");
  await Deno.writeTextFile(`${work}/customisation/checksum`, checksum);
  const conf = `${work}/conf.json`;
  const time = "1970-01-01T00:00:01+00:00";
  await Deno.writeTextFile(
    conf,
    JSON.stringify({
      architecture: "amd64",
      config: {},
      os: "linux",
      store_dir: "/nix/store",
      from_image: null,
      store_layers: layersOf(paths),
      customisation_layer: `${work}/customisation`,
      repo_tag: "bench:1",
      created: time,
      mtime: time,
      uid: "0",
      gid: "0",
      uname: "root",
      gname: "root",
    }),
  );
  const streamer = new URL("../tests/support/conf_streamer.py", import.meta.url).pathname;
  const own = [...nixImageCommand(), "stream", "--quiet", conf];
  const denoDir = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME") ?? "/root"}/.cache/deno`;
  const inCache = (name: string) => [
    "env",
    `XDG_CACHE_HOME=${work}/${name}`,
    `DENO_DIR=${denoDir}`,
    ...own,
  ];
  // What is no directory keeps nothing.
  const contenders: Record<string, string[]> = {
    "python": ["python3", "-B", streamer, conf, ""],
    "nix-image, first run": inCache("conf.json"),
    "nix-image, again": inCache("cache"),
  };
  const digests = new Set<string>();
  for (const command of Object.values(contenders)) {
    digests.add(await output(["sh", "-c", '"$@" | sha256sum', "sh", ...command]));
  }
  if (digests.size !== 1) throw new Error("The archives are not the same");
  const figures: Record<string, Figures> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(contenders)) {
      await measure(command, figures[name] ??= { seconds: [], peak: [] });
    }
  }
  console.log(`${paths.length} store paths, ${LAYERS} layers, ${ROUNDS} rounds, medians`);
  const python = median(figures["python"]!.seconds);
  for (const [name, { seconds, peak }] of Object.entries(figures)) {
    const [low, high] = [Math.min(...seconds), Math.max(...seconds)];
    console.log(
      `${name.padEnd(20)} ${median(seconds).toFixed(2)} s (${low.toFixed(2)} to ${
        high.toFixed(2)
      }), ${(python / median(seconds)).toFixed(1)} times as fast as Python, ` +
        `peak ${(median(peak) / MIB).toFixed(0)} MiB`,
    );
  }
} finally {
  await Deno.remove(work, { recursive: true });
}
