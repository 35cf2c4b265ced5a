/**
 * A directory for work in progress, for those who may not need one.
 * @module
 */

import { WorkDirectory } from "./work_directory.ts";

/** One {@linkcode WorkDirectory}, made when it is first asked for. */
export class LazyWorkDirectory implements AsyncDisposable {
  #made: Promise<WorkDirectory> | undefined;

  /** Where it is; the same for all who ask, at the same time too. */
  readonly path = async (): Promise<string> => (await (this.#made ??= WorkDirectory.create())).path;

  async [Symbol.asyncDispose](): Promise<void> {
    // Who asked was told why there is none.
    const made = await this.#made?.catch(() => undefined);
    await made?.[Symbol.asyncDispose]();
  }
}
