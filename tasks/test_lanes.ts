/**
 * Integration tests side by side.
 * @module
 */

import { startDockerd } from "../tests/support/dockerd.ts";
import { denoTest, print } from "./deno_test.ts";
import type { Counts } from "./junit.ts";
import { TESTED_ALONE, TESTED_WHERE_CALM } from "./test_order.ts";

/** One more than the processors of a small machine: in some of them a test waits. */
const LANES = 3;

/**
 * Runs these files in their order: first those that can be side by side, in lanes, then those that want
 * a calm machine all at once, then the others one by one. Each file is a run of its own, with the Docker
 * daemon of its lane, which no other file uses meanwhile.
 */
export async function runInLanes(
  files: readonly string[],
  signal: AbortSignal,
): Promise<Counts[]> {
  const among = (names: Readonly<Record<string, string>>) => (file: string) =>
    Object.keys(names).some((name) => file.endsWith(`/${name}`));
  const alone = files.filter(among(TESTED_ALONE)), calm = files.filter(among(TESTED_WHERE_CALM));
  const beside = files.filter((file) => !alone.includes(file) && !calm.includes(file));
  return [
    ...await runBeside(beside, LANES, signal),
    ...await runBeside(calm, calm.length, signal),
    ...await runBeside(alone, 1, signal),
  ];
}

async function runBeside(
  files: readonly string[],
  lanes: number,
  signal: AbortSignal,
): Promise<Counts[]> {
  const waiting = [...files], done: Counts[] = [];
  const length = signal.aborted ? 0 : Math.min(lanes, files.length);
  const lane = async () => {
    await using dockerd = await startDockerd();
    const env = { NIX_IMAGE_TEST_DOCKER_HOST: dockerd.host };
    for (let file; !signal.aborted && (file = waiting.shift()) !== undefined;) {
      done.push(await denoTest([file], { env, signal, ...length > 1 && { onOutput: print } }));
    }
  };
  // All daemons have ended before this does, whatever happens to one lane.
  const lanesDone = await Promise.allSettled(Array.from({ length }, lane));
  for (const result of lanesDone) if (result.status === "rejected") throw result.reason;
  return done;
}
