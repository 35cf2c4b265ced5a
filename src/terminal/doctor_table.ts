/**
 * What was found of a host, for people.
 * @module
 */

import { type Check, GROUPS } from "../doctor/check.ts";
import type { Findings } from "../doctor/doctor.ts";
import type { Problems, Use } from "../doctor/uses.ts";
import type { Colours } from "./colours.ts";
import { printable, shorten } from "./format.ts";

/** In two columns, before all else. */
const MARKS: Readonly<Record<Check["status"], string>> = {
  ok: "ok",
  missing: "--",
  failed: "!!",
  unknown: "..",
};

const COLOURS = { ok: "good", missing: "warning", failed: "error", unknown: "detail" } as const;

/** Bounds for what programs say, in characters. */
const LONGEST_VERSION = 12, LONGEST_MESSAGE = 600;
/** Less is no room for sentences. */
const LEAST_ROOM = 24;

/** How to show it. */
export interface DoctorTableOptions {
  /** The width of lines. */
  readonly columns: number;
  readonly colours: Colours;
}

interface Row {
  readonly status: Check["status"];
  readonly name: string;
  readonly version: string;
  readonly text: string;
  readonly remedies: readonly string[];
}

/** All of it: groups of what was looked at, then what works. */
export function doctorTable(
  { checks, uses }: Findings,
  options: DoctorTableOptions,
): string {
  const groups = GROUPS.map((group) => ({
    title: group,
    rows: checks.filter((check) => check.group === group).map(checkRow),
  }));
  return render([...groups, { title: "what works here", rows: useRows(uses, checks) }], options);
}

/** What is wrong; an empty text if nothing is. */
export function problemTable({ checks, uses }: Problems, options: DoctorTableOptions): string {
  const rows = [...checks.map(checkRow), ...useRows(uses, checks)];
  return render([{ title: "problems", rows }], options);
}

function checkRow({ status, name, version = "", message, purpose, remedies = [] }: Check): Row {
  const isGood = status === "ok";
  const parts = isGood ? [purpose, message] : [message, purpose && `for ${purpose}`];
  return {
    status,
    name,
    version: shorten(printable(version), LONGEST_VERSION),
    text: parts.filter(Boolean).join("; "),
    remedies: isGood ? [] : remedies,
  };
}

/** Those that are options of verbs. */
const OPTIONS: Readonly<Record<string, string>> = {
  closure: "stream --closure",
  docker: "load --engine docker",
  podman: "load --engine podman",
  containerd: "load --engine containerd",
};

/** Those with the same answer share a row. */
function useRows(uses: readonly Use[], checks: readonly Check[]): Row[] {
  const rows = new Map<string, Use[]>();
  for (const use of uses) {
    const key = use.lacks.join();
    rows.set(key, [...rows.get(key) ?? [], use]);
  }
  return Array.from(rows.values(), (same): Row => {
    const lacks = same[0]?.lacks ?? [];
    const names = same.map(({ name }) => OPTIONS[name] ?? name).join(", ");
    if (lacks.length === 0) {
      return { status: "ok", name: "", version: "", text: names, remedies: [] };
    }
    const why = lacks.map((lack) => {
      const status = checks.find(({ name }) => name === lack)?.status;
      return `${lack} ${status === "missing" ? "is missing" : "does not work"}`;
    });
    return {
      status: "failed",
      name: "",
      version: "",
      text: `${names}: ${why.join(", ")}`,
      remedies: [],
    };
  });
}

function render(
  groups: readonly { readonly title: string; readonly rows: readonly Row[] }[],
  { columns, colours }: DoctorTableOptions,
): string {
  const shown = groups.filter(({ rows }) => rows.length > 0);
  const all = shown.flatMap(({ rows }) => rows).filter(({ name }) => name !== "");
  const nameWidth = Math.max(0, ...all.map(({ name }) => name.length));
  const versionWidth = Math.max(0, ...all.map(({ version }) => version.length));
  const mark = (status: Check["status"]) => colours[COLOURS[status]](MARKS[status]);
  const lines = shown.flatMap(({ title, rows }) => [
    title,
    ...rows.flatMap(({ status, name, version, text, remedies }) => {
      const head = name === ""
        ? ""
        : `${name.padEnd(nameWidth)}  ${version.padEnd(versionWidth)}  `;
      const indent = 6 + head.length;
      const room = Math.max(columns - indent, LEAST_ROOM);
      const advice = remedies.map((each, index) => (index === 0 ? "-> " : "or ") + each);
      const [first = "", ...others] = [text, ...advice].flatMap((each) =>
        wrap(shorten(printable(each), LONGEST_MESSAGE), room)
      );
      return [
        `  ${mark(status)}  ${head}${first}`,
        ...others.map((line) => " ".repeat(indent) + line),
      ];
    }),
    "",
  ]);
  return lines.map((line) => `${line.trimEnd()}\n`).join("").replace(/\n\n$/, "\n");
}

/** Lines of at most so many characters, but for longer words. */
function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
