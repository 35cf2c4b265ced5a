/**
 * What a terminal shows.
 * @module
 */

/**
 * The lines that a terminal shows when it has got `text`, as far as progress uses it: carriage
 * return, new line, and of ECMA-48 CUU, EL, ED and SGR. Lines must not be longer than it is wide.
 */
export function screenOf(text: string): string[] {
  const lines = [""];
  let row = 0, column = 0;
  // deno-lint-ignore no-control-regex
  for (const [token] of text.matchAll(/\x1b\[\d*[A-Za-z]|[^]/g)) {
    const before = (lines[row] ?? "").slice(0, column);
    const [, count, kind] = /^.\[(\d*)([A-Za-z])$/.exec(token) ?? [];
    if (token === "\r") column = 0;
    else if (token === "\n") {
      row++;
      lines[row] ??= "";
    } else if (kind === "A") row = Math.max(0, row - Number(count || 1));
    else if (kind === "K") lines[row] = before;
    else if (kind === "J") lines.splice(row, lines.length, before);
    else if (kind === undefined) {
      lines[row] = before.padEnd(column) + token + (lines[row] ?? "").slice(column + 1);
      column++;
    } else if (kind !== "m") throw new Error(`Unknown sequence ${JSON.stringify(token)}`);
  }
  return lines.map((line) => line.trimEnd());
}
