/**
 * What `deno compile` put into an executable.
 * @module
 */

const NAME = "d3n0l4nd";
const PT_NOTE = 4;

/** What is read here of the JSON that Deno runs an executable by. */
export interface EmbeddedMetadata {
  readonly permissions: Readonly<Record<string, readonly string[] | boolean | null>>;
  readonly log_level: string | null;
  readonly code_cache_key: string | null;
  readonly app_name?: string | null;
}

/** Reads the metadata in the executable at `path`. */
export function embeddedMetadata(path: string): EmbeddedMetadata {
  const file = Deno.readFileSync(path);
  const section = trailer(file) ?? noteSection(file);
  if (!section || latin1(section.subarray(0, 8)) !== NAME) {
    throw new Error(`${path} is no executable of deno compile`);
  }
  const length = Number(view(section).getBigUint64(8, true));
  return JSON.parse(new TextDecoder().decode(section.subarray(16, 16 + length)));
}

/** Up to Deno 2.8: after the ELF file, ended by 16 bytes with the length of it all. */
function trailer(file: Uint8Array): Uint8Array | undefined {
  const end = view(file.subarray(-16));
  if (end.getUint32(0, true) !== 0x501e) return undefined;
  return file.subarray(file.length - Number(end.getBigUint64(8, true)));
}

/** From Deno 2.9 on: a note of the owner SUI, which begins with the section's name. */
function noteSection(file: Uint8Array): Uint8Array | undefined {
  const elf = view(file);
  const headers = Number(elf.getBigUint64(32, true));
  const [size, count] = [elf.getUint16(54, true), elf.getUint16(56, true)];
  for (let header = headers; header < headers + count * size; header += size) {
    if (elf.getUint32(header, true) !== PT_NOTE) continue;
    const start = Number(elf.getBigUint64(header + 8, true));
    const end = start + Number(elf.getBigUint64(header + 32, true));
    for (let note = start; note < end;) {
      const nameSize = elf.getUint32(note, true);
      const length = elf.getUint32(note + 4, true);
      const name = latin1(file.subarray(note + 12, note + 12 + nameSize));
      const content = note + 12 + aligned(nameSize);
      if (name === "SUI\0") {
        return file.subarray(content + 2 + elf.getUint16(content, true), content + length);
      }
      note = content + aligned(length);
    }
  }
  return undefined;
}

function aligned(size: number): number {
  return Math.ceil(size / 4) * 4;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
