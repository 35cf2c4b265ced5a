/**
 * Sizes, durations and tables as plain text for people.
 * @module
 */

const UNITS = ["kB", "MB", "GB", "TB"] as const;

/** A number of bytes in decimal units: `999 B`, `1.2 kB`, `45.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = "";
  for (unit of UNITS) {
    value /= 1000;
    if (value < 999.95) break;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** A duration given in milliseconds: `0.4 s`, `42 s`, `3 min 5 s`, `2 h 14 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A duration for those who look for where the time goes: `12 ms`, `3.456 s`. */
export function formatMilliseconds(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  return whole < 1000 ? `${whole} ms` : `${(whole / 1000).toFixed(3)} s`;
}

/**
 * `text` with everything but printable ASCII replaced by `?`, so that no name can send control
 * characters to a terminal, and a character is a column.
 */
export function printable(text: string): string {
  return text.replace(/[^ -~]/gu, "?");
}

/** `text`, or its beginning and three dots, in so many columns. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(width - 3, 0))}...`;
}

/** The first `most` of some things, and how many more there are. */
export function firstOf(texts: readonly string[], most: number): string[] {
  return texts.length > most ? [...texts.slice(0, most), `+${texts.length - most}`] : [...texts];
}

/** A number of things, such as `1 layer` or `2 layers`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const UNSAFE = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** `value` as JSON for people and programs, without characters that act on a terminal. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    UNSAFE,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * A table with two spaces between columns, a line for each row.
 *
 * @param options.align how to align each column: left where not given
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  { align = [] }: { align?: readonly ("left" | "right")[] } = {},
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, cell.length));
  }
  return cells.map((row) => {
    const padded = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return align[column] === "right" ? cell.padStart(width) : cell.padEnd(width);
    });
    return padded.join("  ").trimEnd() + "\n";
  }).join("");
}
