/**
 * How two images differ, for people.
 * @module
 */

import type {
  ComparedImage,
  ComparedLayer,
  FileChange,
  FileChanges,
  FileFacts,
  ImageComparison,
  LayerChanges,
  Pull,
} from "../image/comparison.ts";
import type { ConfigChange } from "../image/config_changes.ts";
import type { StorePathDescription } from "../image/description.ts";
import type { Change, StorePathChanges } from "../image/store_path_changes.ts";
import { namePart } from "../store/store_path.ts";
import { type Colours, colours } from "./colours.ts";
import { formatBytes, formatCount, formatTable, shorten } from "./format.ts";
import { shortDigest, title, valueText } from "./image_table.ts";

/** So many lines of a kind are shown: `+`, `-` or `~`. */
const MOST = 20;

/** Of names and values, in columns. */
const LONGEST = 60;

type Row = readonly string[];

/** What differs, section by section, and what is to pull. */
export function comparisonTable(
  comparison: ImageComparison,
  shown: Colours = colours(false),
): string {
  const { from, to, layers, storePaths, files, config, pull } = comparison;
  const sections = [
    formatTable([["from", ...imageCells(from)], ["to", ...imageCells(to)]]),
    section("Layers", layers, layerRows(layers), ["left", "left", "right", "right"]),
    section("Store paths", storePaths, storePathRows(storePaths)),
    section("Files outside of the store", files, fileRows(files)),
    section("Config", { changed: config }, configRows(config)),
    pullLine(pull, layers),
  ];
  const colourOf: Record<string, (text: string) => string> = {
    "  +": shown.good,
    "  -": shown.error,
    "  ~": shown.warning,
  };
  return sections.filter((text) => text !== "").join("\n")
    .replace(/^ {2}[-+~]/gm, (mark) => colourOf[mark]?.(mark) ?? mark);
}

function imageCells(image: ComparedImage): Row {
  return [title(image), shortDigest(image.id ?? ""), image.platform, formatBytes(image.size)];
}

/** What a section is about. */
type Changes = Partial<Record<"added" | "removed" | "changed", readonly unknown[]>>;

function section(
  name: string,
  changes: Changes,
  rows: readonly Row[],
  align: ("left" | "right")[] = [],
): string {
  if (rows.length === 0) return "";
  const counts = (["changed", "removed", "added"] as const).flatMap((kind) => {
    const count = changes[kind]?.length ?? 0;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return `${name}: ${counts.join(", ")}\n${formatTable(rows, { align })}`;
}

/** A row for each of the first ones, and how many more there are. */
function marked<T>(mark: string, things: readonly T[], cells: (thing: T) => Row): Row[] {
  const more = things.length - MOST;
  return [
    ...things.slice(0, MOST).map((thing) => [`  ${mark}`, ...cells(thing)]),
    ...more > 0 ? [[`  ${mark}`, `and ${more} more`]] : [],
  ];
}

function layerRows({ added, removed }: LayerChanges): Row[] {
  const cells = ({ diffId, size, blob }: ComparedLayer) => [
    shortDigest(diffId ?? ""),
    formatBytes(size),
    ...blob ? [`blob ${formatBytes(blob.size)}`] : [],
  ];
  return [...marked("-", removed, cells), ...marked("+", added, cells)];
}

function storePathRows({ added, removed, changed }: StorePathChanges): Row[] {
  const cells = ({ path, size }: StorePathDescription) => [nameOf(path), "", formatBytes(size)];
  return [
    ...marked("~", changed, changeCells),
    ...marked("-", removed, cells),
    ...marked("+", added, cells),
  ];
}

function changeCells({ from, to }: Change<StorePathDescription>): Row {
  const [old, now] = [nameOf(from.path), nameOf(to.path)];
  const what = from.path === to.path ? "other files" : old === now ? "another build" : now;
  const [was, is] = [formatBytes(from.size), formatBytes(to.size)];
  return [old, `-> ${what}`, was === is ? was : `${was} -> ${is}`];
}

function nameOf(path: StorePathDescription["path"]): string {
  return shorten(namePart(path), LONGEST);
}

function fileRows({ added, removed, changed }: FileChanges): Row[] {
  const cells = (path: string) => [shorten(path, LONGEST)];
  return [
    ...marked("~", changed, fileCells),
    ...marked("-", removed, cells),
    ...marked("+", added, cells),
  ];
}

function fileCells({ path, from, to }: FileChange): Row {
  const facts: [name: string, from: string, to: string][] = [
    ["", from.type, to.type],
    ["mode ", from.mode.toString(8), to.mode.toString(8)],
    ["owner ", `${from.uid}:${from.gid}`, `${to.uid}:${to.gid}`],
    ["", `${from.size} B`, `${to.size} B`],
    ["target ", targetOf(from), targetOf(to)],
  ];
  const differing = facts.filter(([, was, is]) => was !== is)
    .map(([name, was, is]) => `${name}${was} -> ${is}`);
  return [shorten(path, LONGEST), differing.join(", ")];
}

function targetOf({ target }: FileFacts): string {
  return target === "" ? "(none)" : shorten(target, LONGEST);
}

function configRows(changes: readonly ConfigChange[]): Row[] {
  return marked("~", changes, ({ path, from, to }) => {
    const keys = path[0] === "config" ? path.slice(1) : path;
    const [was, is] = [from, to].map((value) => {
      if (value === null) return "(nothing)";
      if (path[0] === "history" && Array.isArray(value)) return formatCount(value.length, "step");
      return shorten(valueText(value), LONGEST);
    });
    return [shorten(keys.join(" "), LONGEST), `${was} -> ${is}`];
  });
}

function pullLine({ layers, compressedLayers, size }: Pull, { shared }: LayerChanges): string {
  if (layers === 0) return "Nothing to pull: there are no other layers\n";
  const all = formatCount(layers + shared.length, "layer");
  const how = compressedLayers === layers
    ? "compressed"
    : compressedLayers === 0
    ? "not compressed"
    : `${compressedLayers} of them compressed`;
  return `To pull: ${layers} of ${all}, ${formatBytes(size)}, ${how}\n`;
}
