/**
 * Outputs that are whole or not there: each is made under a temporary name beside its own, and
 * renamed in the end. What a killed run has left is removed by the next one with the same target.
 * @module
 */

import { basename, dirname, join, resolve } from "node:path";
import { ImageError, UsageError } from "../errors.ts";
import { type Claim, claimNew, openIfThere, randomPart, removeIfLeftBehind } from "./claim.ts";
import { removeOnSignal } from "../process/cleanup.ts";

const SUFFIX = ".nix-image-part";

/** An output in the making. Disposing of it removes it, unless it was put in its place. */
class OutputPart implements Disposable {
  /** Where it is to be, absolute. */
  readonly target: string;
  readonly #claim: Claim;
  readonly #cleanup: Disposable;
  #done = false;

  protected constructor(target: string, make: (path: string) => Deno.FsFile | undefined) {
    this.target = resolve(target);
    const [directory, prefix] = [dirname(this.target), prefixOf(this.target)];
    removeLeftovers(directory, prefix);
    const name = () => join(directory, prefix + randomPart() + SUFFIX);
    // Before there is anything: a signal that comes meanwhile is served when all of this has run.
    this.#cleanup = removeOnSignal(() => this.#remove());
    try {
      this.#claim = writing(target, () => claimNew(name, make));
    } catch (error) {
      this.#cleanup[Symbol.dispose]();
      throw error;
    }
  }

  /** Where it is now. */
  get path(): string {
    return this.#claim.path;
  }

  /** What the lock is on: open for writing if it is a file. */
  protected get file(): Deno.FsFile {
    return this.#claim.file;
  }

  /**
   * Puts it in its place, whole and on the disk.
   *
   * @throws {ImageError} if it can not be.
   */
  commit(): void {
    writing(this.target, () => {
      this.file.syncSync();
      Deno.renameSync(this.path, this.target);
    });
    this.#done = true;
  }

  [Symbol.dispose](): void {
    this.#cleanup[Symbol.dispose]();
    try {
      if (!this.#done) this.#remove();
    } catch {
      // There is an error already that says more. The next run tries again.
    }
    this.#claim.file.close();
  }

  #remove(): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** A file in the making. */
export class OutputFile extends OutputPart {
  /**
   * Starts the file, with the permissions that the umask gives a new one.
   *
   * @throws {UsageError} if what is at `target` is no file.
   * @throws {ImageError} if there can be none.
   */
  constructor(target: string) {
    const found = whatIsAt(target);
    if (found?.isDirectory || target.endsWith("/")) {
      throw new UsageError(`${target} is a directory; name a file in it`);
    }
    if (found && !found.isFile && !found.isSymlink) {
      throw new UsageError(`${target} is not a file; write to it with nix-image stream`);
    }
    super(
      target,
      (path) => Deno.openSync(path, { write: true, createNew: true, mode: 0o644 }),
    );
  }

  /** Writes a part of `bytes`, at least one, and gives its length. */
  async write(bytes: Uint8Array): Promise<number> {
    try {
      return await this.file.write(bytes);
    } catch (error) {
      throw writeError(this.target, error);
    }
  }

  /** Puts `bytes` in the place of what was written at `position`. */
  overwrite(position: number, bytes: Uint8Array): void {
    writing(this.target, () => {
      this.file.seekSync(position, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) at += this.file.writeSync(bytes.subarray(at));
      this.file.seekSync(0, Deno.SeekMode.End);
    });
  }

  /** Takes back all that was written from `length` on. */
  truncate(length: number): void {
    writing(this.target, () => {
      this.file.truncateSync(length);
      this.file.seekSync(length, Deno.SeekMode.Start);
    });
  }
}

/** A file in an {@linkcode OutputDirectory}, open for writing. */
export interface FileInDirectory extends Disposable {
  /** See {@linkcode OutputFile.write}. */
  write(bytes: Uint8Array): Promise<number>;
}

/** A directory in the making. */
export class OutputDirectory extends OutputPart {
  /**
   * Starts the directory.
   *
   * @throws {UsageError} if there is something at `target`.
   * @throws {ImageError} if there can be no directory.
   */
  constructor(target: string) {
    if (whatIsAt(target)) throw new UsageError(`${target} is there already; name a new directory`);
    super(target, (path) => {
      Deno.mkdirSync(path);
      return openIfThere(path);
    });
  }

  /** Starts a file in it. */
  create(name: string): FileInDirectory {
    const file = writing(
      this.target,
      () => Deno.openSync(join(this.path, name), { write: true, createNew: true, mode: 0o644 }),
    );
    return {
      write: (bytes) =>
        file.write(bytes).catch((error) => Promise.reject(writeError(this.target, error))),
      [Symbol.dispose]: () => file.close(),
    };
  }

  /** Makes a file of `text` in it. */
  writeText(name: string, text: string): void {
    writing(
      this.target,
      () => Deno.writeTextFileSync(join(this.path, name), text, { mode: 0o644 }),
    );
  }

  /** Makes a directory in it, and those that it is in. */
  makeDirectory(name: string): void {
    writing(this.target, () => Deno.mkdirSync(join(this.path, name), { recursive: true }));
  }

  /** Gives a file in it another name. */
  rename(name: string, newName: string): void {
    writing(
      this.target,
      () => Deno.renameSync(join(this.path, name), join(this.path, newName)),
    );
  }

  /** Takes a file out of it. */
  remove(name: string): void {
    writing(this.target, () => Deno.removeSync(join(this.path, name)));
  }

  /** See {@linkcode OutputPart.commit}. */
  override commit(): void {
    writing(this.target, () => syncBelow(this.path));
    super.commit();
  }
}

function syncBelow(directory: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    if (isDirectory) syncBelow(path);
    using file = Deno.openSync(path);
    file.syncSync();
  }
}

function whatIsAt(target: string): Deno.FileInfo | undefined {
  return writing(target, () => {
    try {
      return Deno.lstatSync(target);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  });
}

/** Long names are cut, so that there is room for what comes behind. */
function prefixOf(target: string): string {
  return `.${[...basename(target)].slice(0, 40).join("")}.`;
}

function removeLeftovers(directory: string, prefix: string): void {
  const isPart = (name: string) =>
    name.startsWith(prefix) && /^[0-9a-f]{16}\.nix-image-part$/.test(name.slice(prefix.length));
  try {
    for (const { name } of Deno.readDirSync(directory)) {
      if (isPart(name)) removeIfLeftBehind(join(directory, name));
    }
  } catch {
    // If the directory is wrong, making our own part says so.
  }
}

function writing<T>(target: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writeError(target, error);
  }
}

function writeError(target: string, error: unknown): unknown {
  if (error instanceof Deno.errors.NotFound) {
    const message = `Cannot write ${target}: there is no directory ${dirname(resolve(target))}`;
    return new ImageError(message, { cause: error });
  }
  if (error instanceof Deno.errors.NotCapable) {
    const message = `Cannot write ${target}: Deno gives no program /dev, /proc and /sys`;
    return new ImageError(message, { cause: error });
  }
  // The file system's errors have a code, such as ENOSPC; what others mean is not known here.
  if (!(error instanceof Error) || !("code" in error)) return error;
  return new ImageError(`Cannot write ${target}: ${error.message}`, { cause: error });
}
