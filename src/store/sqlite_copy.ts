/**
 * Copies of SQLite databases whose bytes depend on what is in them, not on how it came there.
 * @module
 */

import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { ImageError } from "../errors.ts";

/** A row by column. */
export type Row = Readonly<Record<string, SQLInputValue>>;

/**
 * Where a database tells which release of SQLite wrote it last: for information, says its format.
 * https://www.sqlite.org/fileformat.html#write_library_version_number_and_version_valid_for_number
 */
const WRITER_VERSION = { offset: 96, value: 3_040_000 };

/**
 * Writes what the database `from` holds to the new file `to`, table by table and by the first
 * columns in order, in one transaction. (VACUUM does nearly that; Deno refuses it to programs that
 * may not do everything.)
 *
 * @param change gives each row as it is to be
 * @throws {ImageError} if SQLite fails.
 */
export function copyDatabase(
  from: string,
  to: string,
  change: (table: string, row: Row) => Row,
): void {
  try {
    using source = new DatabaseSync(from, { readOnly: true });
    using copy = new DatabaseSync(to, { enableForeignKeyConstraints: false });
    copy.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
    const objects = source.prepare(
      "SELECT type, name, sql FROM sqlite_schema " +
        "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
    ).all();
    for (const { sql } of objects) copy.exec(String(sql));
    for (const { type, name } of objects) {
      if (type === "table") copyTable(source, copy, String(name), change);
    }
    copy.exec("COMMIT");
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    throw new ImageError(`Cannot copy the database ${from} to ${to}: ${error.message}`, {
      cause: error,
    });
  }
  setWriterVersion(to);
}

function copyTable(
  source: DatabaseSync,
  copy: DatabaseSync,
  table: string,
  change: (table: string, row: Row) => Row,
): void {
  const name = `"${table}"`;
  const columns = source.prepare(`PRAGMA table_info(${name})`).all().length;
  const order = columns > 1 ? "1, 2" : "1";
  const insert = copy.prepare(`INSERT INTO ${name} VALUES (${Array(columns).fill("?").join()})`);
  for (const row of source.prepare(`SELECT * FROM ${name} ORDER BY ${order}`).iterate()) {
    insert.run(...Object.values(change(table, row as Row)));
  }
}

function setWriterVersion(path: string): void {
  using file = Deno.openSync(path, { write: true });
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, WRITER_VERSION.value);
  file.seekSync(WRITER_VERSION.offset, Deno.SeekMode.Start);
  if (file.writeSync(bytes) !== bytes.length) throw new ImageError(`Cannot write to ${path}`);
}
