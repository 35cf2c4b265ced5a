/**
 * The disks of the machine: files of their own, private and temporary.
 * @module
 */

import { ImageError } from "../errors.ts";
import { runShell } from "../process/run.ts";

/** The file of a new disk, open for writing. */
export class DiskFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  /** @throws {ImageError} if it can not be made. */
  constructor(path: string) {
    this.#path = path;
    this.#file = writing(
      path,
      () => Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }),
    );
  }

  /**
   * Writes all of it behind what has been written.
   *
   * @throws {ImageError} if it can not be written.
   */
  write(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(writing(this.#path, () => this.#file.writeSync(rest)));
    }
  }

  /** The next bytes go to the start of the disk. */
  rewind(): void {
    this.#file.seekSync(0, Deno.SeekMode.Start);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Writes what a stream has to a new file, whole blocks of a disk; the number of bytes. */
export async function writeDisk(
  file: string,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  using disk = new DiskFile(file);
  const reader = stream.getReader({ mode: "byob" });
  let size = 0;
  let buffer = new ArrayBuffer(1 << 20);
  try {
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done) return size;
      disk.write(value);
      size += value.length;
      buffer = value.buffer;
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
}

// Smaller blocks, which small disks get by default, hold no long links and attributes.
/** Neither a journal nor checksums: nobody needs the disk when the machine has been killed. */
const FEATURES = "^has_journal,^metadata_csum,^64bit,^dir_index,^resize_inode,uninit_bg";

const MAKE_DISK = `
PATH=$PATH:/usr/sbin:/sbin
export PATH
exec mke2fs -q -F -t ext4 -b 4096 -m 0 -O "$3" -E lazy_itable_init=1,nodiscard "$1" "$2"
`;

/**
 * Makes a file system (ext4) on a disk of `size` MiB, which takes room as it fills.
 *
 * @throws {ImageError} if it can not be made.
 */
export async function makeWorkDisk(file: string, size: number): Promise<void> {
  writing(file, () => {
    using disk = Deno.openSync(file, { write: true, createNew: true, mode: 0o600 });
    disk.truncateSync(size * 2 ** 20);
  });
  await runShell(MAKE_DISK, [file, `${size}M`, FEATURES]);
}

function writing<T>(file: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new ImageError(
      `Cannot write ${file}, a disk for runAsRoot: ${(error as Error).message}; ` +
        "TMPDIR says where temporary files go",
      { cause: error },
    );
  }
}
