/** Doing many things for one test, some at a time. */

/**
 * Does `work` with each of these. What fails says with which; the others are done all the same.
 *
 * @param nameOf what to call one in an error
 * @param atOnce as many as there are processors, unless most of the time they wait
 */
export async function sideBySide<T>(
  cases: readonly T[],
  nameOf: (one: T) => string,
  work: (one: T) => Promise<void>,
  atOnce: number = navigator.hardwareConcurrency,
): Promise<void> {
  const waiting = [...cases];
  const failures: Error[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await work(next);
      } catch (cause) {
        failures.push(new Error(`${nameOf(next)}: ${cause}`, { cause }));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) throw new AggregateError(failures, failures.join("\n"));
}
