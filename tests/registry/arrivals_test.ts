import assert from "node:assert/strict";
import { Arrivals } from "../../src/registry/arrivals.ts";

/** Follows a directory until so many bytes have arrived. */
async function arrivedIn(directory: string, steps: readonly (() => void)[]) {
  const told: (number | undefined)[] = [];
  let finished = 0;
  let next: () => void = () => {};
  {
    using _arrivals = new Arrivals(directory, 1000, {
      arrived(bytes, total) {
        assert.equal(total, 1000);
        told.push(bytes);
        next();
      },
      finish: () => finished++,
    });
    for (const step of steps) {
      step();
      await new Promise<void>((resolve) => next = resolve);
    }
  }
  assert.equal(finished, 1);
  return told;
}

Deno.test("Arrivals counts files that grow, are renamed, go and are replaced", async () => {
  const parent = await Deno.makeTempDir();
  const directory = `${parent}/later`;
  const write = (name: string, size: number) => () =>
    Deno.writeFileSync(`${directory}/${name}`, new Uint8Array(size));
  const told = await arrivedIn(directory, [
    () => {
      Deno.mkdirSync(directory);
      write("a", 100)();
    },
    write("a", 300),
    () => Deno.renameSync(`${directory}/a`, `${directory}/b`),
    write("c", 50),
    () => Deno.removeSync(`${directory}/b`),
    write("d", 200),
    write("d", 10),
  ]);
  assert.deepEqual(told, [100, 300, 300, 350, 350, 550, 560]);
  await Deno.remove(parent, { recursive: true });
});
