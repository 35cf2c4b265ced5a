/**
 * How long an executable takes to start, against an empty program made by the same compiler:
 * `deno task bench:start [ROUNDS]`, with COMPILE_DENO and DENORT_BIN as tests/support/compile-kit
 * gives them, or fetched. Each round times one after the other.
 */

import { compileKit, executable } from "../tests/support/executable.ts";
import { type Figures, measure, median, output } from "./figures.ts";

const ROUNDS = Number(Deno.args[0] ?? 20);

const work = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
try {
  const kit = await compileKit();
  const empty = `${work}/empty`;
  await Deno.writeTextFile(`${empty}.js`, "");
  await output([
    ...["env", ...Object.entries(kit.env).map(([name, value]) => `${name}=${value}`), kit.deno],
    ...["compile", "--quiet", "--no-config", "--no-code-cache", "--output", empty, `${empty}.js`],
  ]);
  const program = await executable();
  const contenders: Record<string, string[]> = {
    "an empty program": [empty],
    "--help": [program, "--help"],
    "--version": [program, "--version"],
    "stream --help": [program, "stream", "--help"],
    "schema": [program, "schema"],
  };
  const figures: Record<string, Figures> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, command] of Object.entries(contenders)) {
      const kept = figures[name] ??= { seconds: [], peak: [] };
      // The first round warms the page cache.
      await measure(command, round === 0 ? { seconds: [], peak: [] } : kept);
    }
  }

  const [own, none] = [(await Deno.stat(program)).size, (await Deno.stat(empty)).size];
  console.log(
    `${own} bytes, ${((own - none) / (1 << 20)).toFixed(2)} MiB more than an empty program`,
  );
  console.log(`${ROUNDS} rounds, medians, and ratios of the times of one round`);
  const first = figures["an empty program"]!.seconds;
  for (const [name, { seconds }] of Object.entries(figures)) {
    const range = `${milliseconds(Math.min(...seconds))} to ${milliseconds(Math.max(...seconds))}`;
    const ratio = median(seconds.map((value, round) => value / first[round]!)).toFixed(2);
    console.log(
      `${name.padEnd(18)} ${milliseconds(median(seconds))} ms (${range}), ${ratio} times`,
    );
  }
} finally {
  await Deno.remove(work, { recursive: true });
}

function milliseconds(seconds: number): string {
  return (seconds * 1000).toFixed(0);
}
