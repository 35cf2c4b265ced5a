/**
 * How fast images are made straight from a binary cache: `deno task bench:stores [ROUNDS]`.
 *
 * The closure is of 0.9 GB; the cache, of zstd, is served on loopback. Each round times, one after the
 * other, `nix copy` from the cache into an empty store, and `nix-image stream` from the same cache into
 * a file, without anything kept from earlier. Ratios are of the times of one round.
 *
 * Needs root, as store paths are made from Debian packages.
 */

import { BinaryCaches } from "../tests/support/binary_caches.ts";
import { debianClosure } from "../tests/support/debian_closure.ts";
import { nixImageCommand, succeed } from "../tests/support/program.ts";
import { type Figures, measure, median, output } from "./figures.ts";

const PACKAGES = ["git", "python3", "gcc", "g++", "nodejs", "postgresql-15"];
const ROUNDS = Number(Deno.args[0] ?? 3);

const work = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
const roots = await debianClosure(PACKAGES);
await using caches = await BinaryCaches.create(...roots);
const directory = await caches.cache({ compression: "zstd", listings: true, signedBy: "key" });
const port = "18765";
const server = new Deno.Command("python3", {
  args: ["-m", "http.server", "--bind", "127.0.0.1", "--directory", directory, port],
  stdout: "null",
  stderr: "null",
}).spawn();
try {
  const url = `http://127.0.0.1:${port}`;
  const spec = `${work}/spec.json`;
  const config = { Env: roots.map((path) => `P=${path}`) };
  await Deno.writeTextFile(
    spec,
    JSON.stringify({ name: "bench", tag: "1", contents: roots, config }),
  );
  await succeed(["sh", "-c", `until curl -fs ${url}/nix-cache-info; do sleep 0.1; done`]);
  const bin = `${work}/bin`;
  await Deno.mkdir(bin);
  for (const name of ["sh", "zstd"]) await Deno.symlink(`/usr/bin/${name}`, `${bin}/${name}`);
  const copy: Figures = { seconds: [], peak: [] }, image: Figures = { seconds: [], peak: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const fresh = `${work}/round-${round}`;
    await Deno.mkdir(fresh);
    await measure([
      ...["env", `XDG_CACHE_HOME=${fresh}/nix`, "nix", "--extra-experimental-features"],
      ...["nix-command", "copy", "--from", url, "--to", `local?root=${fresh}/root`],
      ...["--option", "trusted-public-keys", caches.key.public, ...roots],
    ], copy);
    await measure([
      ...["env", `PATH=${bin}`, `XDG_CACHE_HOME=${fresh}/cache`, ...nixImageCommand()],
      ...["stream", "--tar", "-q", spec, "--store", url],
      ...["--trusted-public-keys", caches.key.public],
    ], image);
    await output(["sh", "-c", 'chmod -R u+w "$1" && rm -rf "$1"', "sh", fresh]);
  }
  const ratios = copy.seconds.map((seconds, round) => seconds / image.seconds[round]!);
  const mib = ({ peak }: Figures) => (Math.max(...peak) / 2 ** 20).toFixed(0);
  console.log(`nix copy          ${median(copy.seconds).toFixed(1)} s, at most ${mib(copy)} MiB`);
  console.log(`nix-image stream  ${median(image.seconds).toFixed(1)} s, at most ${mib(image)} MiB`);
  console.log(`throughput of nix copy: ${median(ratios).toFixed(2)} times (at least 0.5)`);
} finally {
  server.kill();
  await server.status;
  await Deno.remove(work, { recursive: true });
}
