/**
 * What there is to say about an image, for people.
 * @module
 */

import type { ImageDescription, LayerDescription } from "../image/description.ts";
import type { JsonValue } from "../spec/image_spec.ts";
import { namePart } from "../store/store_path.ts";
import { firstOf, formatBytes, formatCount, formatTable, printable, shorten } from "./format.ts";

/** Bounds for images of others: in columns, and in lines. */
const LONGEST = 120;
const LONGEST_CONTENTS = 60;
const MOST_OF_FIELD = 20;
const MOST_LINES = 100;
const MOST_LAYERS = 200;

/** So many digits of a digest tell layers apart. */
const DIGITS = 12;

/** The image's names and config, its layers, and totals. */
export function imageTable(image: ImageDescription): string {
  return [
    formatTable(factRows(image)),
    layerTable(image),
    `${summary(image)}\n`,
  ].join("\n");
}

function factRows(image: ImageDescription): string[][] {
  const { names, id, manifestDigest, platform, created, config, annotations } = image;
  const rows = [
    ...field("Name", names),
    ...field("ID", id ?? []),
    ...field("Manifest", manifestDigest ?? []),
    ...field("Platform", platform),
    ...field("Created", created ?? []),
    ...Object.entries(config).flatMap(([name, value]) => field(name, valueLines(name, value))),
    ...field("Annotations", valueLines("Annotations", annotations)),
  ];
  const more = rows.length - MOST_LINES;
  return more > 0 ? [...rows.slice(0, MOST_LINES), [`+${more} lines`]] : rows;
}

function field(name: string, lines: string | readonly string[]): string[][] {
  return firstOf([lines].flat(), MOST_OF_FIELD).map((line, index) => [
    index === 0 ? shorten(name, LONGEST / 2) : "",
    shorten(line, LONGEST),
  ]);
}

/** Null and what is empty say nothing. */
function valueLines(name: string, value: JsonValue): string[] {
  if (value === null || value === "") return [];
  if (typeof value !== "object") return [String(value)];
  if (Array.isArray(value)) {
    if (name === "Env") return value.map(valueText);
    return value.length === 0 ? [] : [valueText(value)];
  }
  return Object.entries(value).map(([key, item]) => {
    const text = valueText(item);
    return text === "{}" || text === "" ? key : `${key}=${text}`;
  });
}

/** A string as it is, all else as JSON. */
export function valueText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Whether there is nothing to show in it. */
  readonly absent?: boolean;
  readonly cell: (layer: LayerDescription, index: number) => string;
}

function layerTable({ layers }: ImageDescription): string {
  const all: readonly Column[] = [
    { title: "LAYER", align: "right", cell: (_, index) => `${index + 1}` },
    {
      title: "DIFF ID",
      absent: layers.every(({ diffId }) => diffId === null),
      cell: ({ diffId }) => shortDigest(diffId ?? ""),
    },
    { title: "SIZE", align: "right", cell: ({ size }) => formatBytes(size) },
    {
      title: "BLOB",
      align: "right",
      absent: layers.every(({ blob }) => blob === null),
      cell: ({ blob }) => blob ? formatBytes(blob.size) : "",
    },
    { title: "FILES", align: "right", cell: ({ files }) => `${files ?? ""}` },
    { title: "PATHS", align: "right", cell: ({ storePaths }) => `${storePaths.length || ""}` },
    {
      title: "OUTSIDE",
      align: "right",
      cell: ({ outsideStore }) => outsideStore === null ? "" : formatBytes(outsideStore),
    },
    { title: "CONTENTS", cell: contentsOf },
    {
      title: "WHY",
      absent: layers.every(({ reason }) => reason === null),
      cell: ({ reason }) => reason ?? "",
    },
  ];
  const columns = all.filter(({ absent }) => !absent);
  const rows = layers.slice(0, MOST_LAYERS)
    .map((layer, index) => columns.map(({ cell }) => cell(layer, index)));
  const more = layers.length - rows.length;
  return formatTable(
    [columns.map(({ title }) => title), ...rows, ...more > 0 ? [[`+${more}`]] : []],
    { align: columns.map(({ align = "left" }) => align) },
  );
}

/** The store paths' names; for a layer without any, what its history says. */
function contentsOf({ storePaths, createdBy, comment }: LayerDescription): string {
  const names = firstOf(storePaths.map(({ path }) => namePart(path)), 3);
  return shorten(names.length > 0 ? names.join(" ") : createdBy ?? comment ?? "", LONGEST_CONTENTS);
}

function summary({ names, layers, size }: ImageDescription): string {
  const paths = new Set(layers.flatMap(({ storePaths }) => storePaths.map(({ path }) => path)));
  const stored = layers.every(({ blob }) => blob !== null)
    ? [`${formatBytes(layers.reduce((sum, { blob }) => sum + (blob?.size ?? 0), 0))} as stored`]
    : [];
  const outside = layers.reduce((sum, { outsideStore }) => sum + (outsideStore ?? 0), 0);
  const facts = [
    formatCount(layers.length, "layer"),
    formatCount(paths.size, "store path"),
    formatBytes(size),
    ...layers.length > 0 ? stored : [],
    ...outside > 0 ? [`${formatBytes(outside)} outside of the store`] : [],
  ];
  return `${title({ names })}: ${facts.join(", ")}`;
}

/** What to call an image. */
export function title({ names }: Pick<ImageDescription, "names">): string {
  return printable(shorten(names[0] ?? "(without a name)", LONGEST));
}

/** The beginning of a digest's digits. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1).slice(0, DIGITS);
}
