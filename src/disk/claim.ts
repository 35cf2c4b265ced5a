/**
 * Telling what a running program is writing from what a program that was killed has left behind:
 * the first is locked. The lock ends with the process that holds it, however that ends.
 * @module
 */

/** Leads to a file or directory that is ours alone. */
export interface Claim {
  readonly path: string;
  /** Holds the lock until it is closed; what it is open for is the affair of who opened it. */
  readonly file: Deno.FsFile;
}

/**
 * Makes a file or directory under a new name and locks it.
 *
 * @param name gives another name each time
 * @param make makes what has the name, and fails if there is something; opens it, or gives
 *   undefined if it is gone again
 * @throws what `make` throws.
 */
export function claimNew(
  name: () => string,
  make: (path: string) => Deno.FsFile | undefined,
): Claim {
  for (;;) {
    const path = name();
    const file = make(path);
    if (file === undefined) continue;
    // Who looks for leftovers may have found it before it was locked, and is removing it.
    if (lockNew(file) && isSame(path, file)) return { path, file };
    file.close();
  }
}

/** Whether it is ours now, as far as there are locks. */
function lockNew(file: Deno.FsFile): boolean {
  const answer = lock(file);
  // Whoever has the lock is about to remove it, and does not take long; but others must see ours.
  if (answer === "unknown") lockWaiting(file);
  return answer !== "refused";
}

/** Opens a file or directory for reading; undefined if it is not there. */
export function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Removes a file or directory that {@linkcode claimNew} made, unless a process still holds it.
 * What can't be removed stays: it may be somebody else's, or in the works of a system without
 * locks.
 *
 * @param remove removes it, with all that is in it
 */
export function removeIfLeftBehind(path: string, remove: (path: string) => void = removeAll): void {
  try {
    // A link would have the lock of what it leads to.
    if (Deno.lstatSync(path).isSymlink) return;
    using file = Deno.openSync(path);
    if (lock(file) === "taken") remove(path);
  } catch {
    // Gone by now, or not ours.
  }
}

function removeAll(path: string): void {
  Deno.removeSync(path, { recursive: true });
}

/**
 * Has `body` run while no other program does the same with the same file or directory: it waits for
 * them. On a system without locks it does not.
 *
 * @param path a file or directory that is there
 */
export async function whileLocked<T>(path: string, body: () => Promise<T>): Promise<T> {
  using file = openIfThere(path);
  await file?.lock(true).catch(() => {});
  return await body();
}

/**
 * Opens a lock file, made if it is not there, and waits until nobody else holds it: nobody at all, or
 * (`shared`) nobody alone. On a system without locks it does not wait.
 *
 * @returns what holds the lock until it is disposed of
 * @throws if the file can not be made.
 */
export async function waitForLock(path: string, kind: "alone" | "shared"): Promise<Disposable> {
  for (;;) {
    const file = openLockFile(path);
    await file.lock(kind === "alone").catch(() => {});
    // Whoever held it may have removed it.
    if (isSame(path, file)) return file;
    file.close();
  }
}

/**
 * Takes a lock file for itself alone; undefined if somebody else has it. Where that can not be known,
 * `unlocked` decides.
 *
 * @throws if the file can not be made.
 */
export function takeLock(path: string, unlocked: () => boolean): Disposable | undefined {
  const file = openLockFile(path);
  const answer = lock(file);
  if (isSame(path, file) && (answer === "taken" || answer === "unknown" && unlocked())) return file;
  file.close();
  return undefined;
}

function openLockFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    // Where nothing can be written, one that is there can be locked all the same.
    const file = openIfThere(path);
    if (file === undefined) throw error;
    return file;
  }
}

function lock(file: Deno.FsFile): "taken" | "refused" | "unknown" {
  try {
    // Deno before 2.8 can only wait for a lock.
    if (typeof file.tryLockSync !== "function") return "unknown";
    return file.tryLockSync(true) ? "taken" : "refused";
  } catch {
    // Some network file systems have no locks.
    return "unknown";
  }
}

function lockWaiting(file: Deno.FsFile): void {
  try {
    file.lockSync(true);
  } catch {
    // See above.
  }
}

function isSame(path: string, file: Deno.FsFile): boolean {
  try {
    const [there, ours] = [Deno.lstatSync(path), file.statSync()];
    return there.ino === ours.ino && there.dev === ours.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** 16 characters that no other name has. */
export function randomPart(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 16);
}
