/**
 * Results as text.
 * @module
 */

import { mean, meanSummary, type Summary } from "./summary.ts";

/** The results of a contender, by closure. */
export interface Row {
  readonly contender: string;
  readonly byClosure: ReadonlyMap<string, Summary>;
}

const HEAD = [
  "pulled, % of the image   waste, %                           chain, %",
  "  mean  median    90 %    mean  x auto  most over auto       mean  x auto  layers     ms",
];
const NAME_WIDTH = 19;

/** A table of at most 100 columns, under a title; `reference` is what ratios are to. */
export function resultTable(title: string, rows: readonly Row[], reference: Row): string {
  const lines = HEAD.map((head, index) =>
    `${(index === 0 ? title : "").padEnd(NAME_WIDTH)}${head}`
  );
  for (const row of rows) lines.push(row.contender.padEnd(NAME_WIDTH) + cells(row, reference));
  return `${lines.join("\n")}\n`;
}

function cells(row: Row, reference: Row): string {
  const own = meanSummary([...row.byClosure.values()]);
  const other = meanSummary([...reference.byClosure.values()]);
  const percent = (part: number, width: number) => (100 * part).toFixed(2).padStart(width);
  const ratio = (a: number, b: number) => (b > 0 ? (a / b).toFixed(2) : "-").padStart(8);
  const { closure, waste } = mostOver(row, reference);
  const over = `${waste < 0 ? "" : "+"}${(100 * waste).toFixed(2)} ${closure}`.slice(0, 19);
  return [
    percent(own.mean, 6),
    percent(own.median, 8),
    percent(own.percentile90, 8),
    percent(own.waste, 8),
    ratio(own.waste, other.waste),
    row === reference ? " ".repeat(21) : `  ${over.padEnd(19)}`,
    percent(own.chain, 6),
    ratio(own.chain, other.chain),
    own.layers.toFixed(0).padStart(8),
    own.milliseconds.toFixed(1).padStart(7),
  ].join("").trimEnd();
}

/** The closure with the most waste beyond that of `reference`, as a fraction of the image. */
export function mostOver(row: Row, reference: Row): { closure: string; waste: number } {
  return [...row.byClosure]
    .map(([closure, { waste }]) => ({
      closure,
      waste: waste - reference.byClosure.get(closure)!.waste,
    }))
    .reduce((worst, each) => each.waste > worst.waste ? each : worst);
}

/** The mean of something over closures, as a multiple of that of `reference`; 1 if both are 0. */
export function timesReference(key: "waste" | "chain", row: Row, reference: Row): number {
  const of = ({ byClosure }: Row) => mean([...byClosure.values()].map((summary) => summary[key]));
  return of(row) === of(reference) ? 1 : of(row) / of(reference);
}
