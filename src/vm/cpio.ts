/**
 * Writing cpio archives in the "newc" form: what a kernel takes as its initial file system.
 *
 * The form: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
 * @module
 */

/** A member. The permission bits are 0755 for directories and executables, 0644 for other files. */
export type CpioEntry =
  & {
    /** From the root and without a leading slash; its directory comes before it. */
    readonly path: string;
  }
  & (
    | { readonly kind: "directory" }
    | { readonly kind: "file"; readonly content: Uint8Array; readonly executable: boolean }
    | { readonly kind: "symlink"; readonly target: string }
    | { readonly kind: "character-device"; readonly major: number; readonly minor: number }
  );

const MODES: Readonly<Record<CpioEntry["kind"], number>> = {
  directory: 0o040755,
  file: 0o100644,
  symlink: 0o120777,
  "character-device": 0o020600,
};

const HEADER_SIZE = 110, ALIGNMENT = 4;
const ENCODER = new TextEncoder();

/** An archive that depends on its entries alone: all is root's and of 1970, inodes count from 1. */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  entries.forEach((entry, index) => {
    let mode = MODES[entry.kind], content: Uint8Array = new Uint8Array(0), device = [0, 0];
    if (entry.kind === "file") {
      content = entry.content;
      if (entry.executable) mode |= 0o111;
    } else if (entry.kind === "symlink") content = ENCODER.encode(entry.target);
    else if (entry.kind === "character-device") device = [entry.major, entry.minor];
    const links = entry.kind === "directory" ? 2 : 1;
    parts.push(
      header(entry.path, [index + 1, mode, 0, 0, links, 0, content.length, 0, 0, ...device]),
    );
    parts.push(content, padding(content.length));
  });
  parts.push(header("TRAILER!!!", [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  return joined(parts);
}

/** @param numbers the fields between the magic number and the size of the name */
function header(path: string, numbers: readonly number[]): Uint8Array {
  const name = ENCODER.encode(`${path}\0`);
  const fields = [...numbers, name.length, 0].map((number) => number.toString(16).padStart(8, "0"));
  const size = HEADER_SIZE + name.length;
  const bytes = new Uint8Array(size + padding(size).length);
  ENCODER.encodeInto(`070701${fields.join("")}`, bytes);
  bytes.set(name, HEADER_SIZE);
  return bytes;
}

function padding(size: number): Uint8Array {
  return new Uint8Array(-size & (ALIGNMENT - 1));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
