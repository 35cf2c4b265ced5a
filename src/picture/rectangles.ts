/**
 * Rectangles with areas in proportion to sizes: treemaps.
 * @module
 */

/** A rectangle, in pixels; y grows downwards. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A number that has a share of the area, and what it is of. */
interface Sized {
  readonly size: number;
}

/** What has a place. */
export interface Placed<T> {
  readonly item: T;
  readonly at: Rectangle;
}

/**
 * Fills `area` with items in their order, like lines of text that start at the bottom: rows, in a
 * row columns from the left, and in a column items that would be slivers side by side, from the bottom.
 * Items without a size have no place.
 */
export function inRows<T extends Sized>(items: readonly T[], area: Rectangle): Placed<T>[] {
  return strips(items.filter(({ size }) => size > 0), area, "rows")
    .flatMap(([row, at]) => strips(row, at, "columns"))
    .flatMap(([column, at]) => strips(column, at, "rows", 1))
    .map(([[item], at]) => ({ item: item!, at }));
}

/**
 * Fills `area` with items that become as square as they can: the largest at the top left, the
 * smallest at the bottom right (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). Among items of equal
 * size the first comes first. Items without a size have no place.
 */
export function squarified<T extends Sized>(items: readonly T[], area: Rectangle): Placed<T>[] {
  const left = items.filter(({ size }) => size > 0).sort((a, b) => b.size - a.size);
  const placed: Placed<T>[] = [];
  let rest = area;
  for (let first = 0; first < left.length;) {
    const scale = rest.width * rest.height / sum(left.slice(first));
    const side = Math.min(rest.width, rest.height);
    let count = 1;
    let total = left[first]!.size;
    for (; first + count < left.length; count++) {
      const { size } = left[first + count]!;
      const now = worst(left[first]!.size, left[first + count - 1]!.size, total, side, scale);
      if (worst(left[first]!.size, size, total + size, side, scale) > now) break;
      total += size;
    }
    const row = left.slice(first, first + count);
    first += count;
    const across = first === left.length ? Infinity : total * scale / side;
    const upright = rest.width >= rest.height;
    const [at, other] = upright ? cutLeft(rest, across) : cutTop(rest, across);
    placed.push(...slices(row, at, !upright));
    rest = other;
  }
  return placed;
}

/** The worst ratio of sides in a row of items, of which only the largest and the smallest matter. */
function worst(largest: number, smallest: number, total: number, side: number, scale: number) {
  const thickness = total * scale / side;
  const ratio = (size: number) => size * scale / thickness ** 2;
  return Math.max(ratio(largest), 1 / ratio(smallest));
}

/**
 * Cuts `area` into rows from the bottom or columns from the left. A strip takes items for as long as
 * they become more square (Bederson, Shneiderman, Wattenberg: Ordered and Quantum Treemaps, 2002), or `most`.
 */
function strips<T extends Sized>(
  items: readonly T[],
  area: Rectangle,
  kind: "rows" | "columns",
  most = Infinity,
): [T[], Rectangle][] {
  const [length, breadth] = kind === "rows" ? [area.width, area.height] : [area.height, area.width];
  const scale = length * breadth / sum(items);
  const groups: T[][] = [];
  for (const item of items) {
    const strip = groups.at(-1);
    if (
      strip !== undefined && strip.length < most &&
      flatness([...strip, item], length, scale) <= flatness(strip, length, scale)
    ) {
      strip.push(item);
    } else {
      groups.push([item]);
    }
  }
  let rest = area;
  return groups.map((strip, index) => {
    const across = index === groups.length - 1 ? Infinity : sum(strip) * scale / length;
    const [at, other] = kind === "rows" ? cutBottom(rest, across) : cutLeft(rest, across);
    rest = other;
    return [strip, at];
  });
}

/** The mean ratio of sides in a strip. */
function flatness(strip: readonly Sized[], length: number, scale: number): number {
  const thickness = sum(strip) * scale / length;
  const ratios = strip.map(({ size }) => size * scale / thickness ** 2);
  return ratios.reduce((total, ratio) => total + Math.max(ratio, 1 / ratio), 0) / strip.length;
}

/** A row of items that fill `area`, side by side or one below the other. */
function slices<T extends Sized>(
  row: readonly T[],
  area: Rectangle,
  sideBySide: boolean,
): Placed<T>[] {
  let left = sum(row);
  let rest = area;
  return row.map((item) => {
    const part = item.size / left;
    left -= item.size;
    const [at, other] = sideBySide
      ? cutLeft(rest, rest.width * part)
      : cutTop(rest, rest.height * part);
    rest = other;
    return { item, at };
  });
}

function cutLeft(area: Rectangle, wanted: number): [Rectangle, Rectangle] {
  const width = Math.min(wanted, area.width);
  return [{ ...area, width }, { ...area, x: area.x + width, width: area.width - width }];
}

function cutTop(area: Rectangle, wanted: number): [Rectangle, Rectangle] {
  const height = Math.min(wanted, area.height);
  return [{ ...area, height }, { ...area, y: area.y + height, height: area.height - height }];
}

function cutBottom(area: Rectangle, wanted: number): [Rectangle, Rectangle] {
  const height = Math.min(wanted, area.height);
  const left = area.height - height;
  return [{ ...area, y: area.y + left, height }, { ...area, height: left }];
}

function sum(items: readonly Sized[]): number {
  return items.reduce((total, { size }) => total + size, 0);
}
