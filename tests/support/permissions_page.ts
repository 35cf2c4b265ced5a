/**
 * The tables of docs/permissions.md.
 * @module
 */

/** What the page says that the program may do. */
export interface ListedPermissions {
  /** As `--allow-read`. */
  readonly options: readonly string[];
  readonly variables: readonly string[];
  readonly programs: readonly string[];
}

/** Reads the page. */
export function listedPermissions(): ListedPermissions {
  const page = Deno.readTextFileSync(new URL("../../docs/permissions.md", import.meta.url));
  return {
    options: column(page, "Permission"),
    variables: column(page, "Variable"),
    programs: column(page, "Program"),
  };
}

/** The code in the first column of the table with this head. */
function column(page: string, head: string): string[] {
  const [, rows = ""] =
    new RegExp(`^\\| ${head} +\\|.*\\n\\|[ -|]*\\n((?:\\|.*\\n)+)`, "m").exec(page) ?? [];
  return [...rows.matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name);
}
