import assert from "node:assert/strict";
import fc from "fast-check";
import { inRows, type Placed, type Rectangle, squarified } from "../../src/picture/rectangles.ts";

const AREA: Rectangle = { x: 10, y: 20, width: 800, height: 600 };

type Item = { readonly size: number };

const sizes = fc.oneof(
  fc.array(fc.nat(1000), { maxLength: 60 }),
  fc.array(fc.nat(30).map((power) => 2 ** power), { maxLength: 60 }),
);

/** That the items with a size fill the area, each in proportion, and none is on another. */
function assertFilled(placed: readonly Placed<Item>[], items: readonly Item[]): void {
  const shown = items.filter(({ size }) => size > 0);
  assert.deepEqual(new Set(placed.map(({ item }) => item)), new Set(shown));
  assert.equal(placed.length, shown.length);
  const total = shown.reduce((sum, { size }) => sum + size, 0);
  const rounding = 1e-6;
  for (const [index, { item, at }] of placed.entries()) {
    const expected = AREA.width * AREA.height * item.size / total;
    assert.ok(Math.abs(at.width * at.height - expected) < rounding * AREA.width * AREA.height);
    assert.ok(at.x >= AREA.x - rounding && at.x + at.width <= AREA.x + AREA.width + rounding);
    assert.ok(at.y >= AREA.y - rounding && at.y + at.height <= AREA.y + AREA.height + rounding);
    for (const { at: other } of placed.slice(index + 1)) {
      const width = Math.min(at.x + at.width, other.x + other.width) - Math.max(at.x, other.x);
      const height = Math.min(at.y + at.height, other.y + other.height) - Math.max(at.y, other.y);
      assert.ok(width < rounding || height < rounding, "two areas overlap");
    }
  }
}

Deno.test("squarified() and inRows() fill the area in proportion to sizes", () => {
  fc.assert(fc.property(sizes, (numbers) => {
    const items = numbers.map((size) => ({ size }));
    assertFilled(squarified(items, AREA), items);
    assertFilled(inRows(items, AREA), items);
  }));
});

Deno.test("squarified() makes what the paper's example has", () => {
  // Bruls, Huizing, van Wijk, figure 5: 6, 6, 4, 3, 2, 2, 1 in a rectangle of 6 times 4.
  const items = [6, 6, 4, 3, 2, 2, 1].map((size) => ({ size }));
  const placed = squarified(items, { x: 0, y: 0, width: 6, height: 4 });
  const near = (at: Rectangle, x: number, y: number, width: number, height: number) => {
    const found = [at.x, at.y, at.width, at.height];
    [x, y, width, height].forEach((value, index) =>
      assert.ok(Math.abs(found[index]! - value) < 1e-9, `${found}`)
    );
  };
  near(placed[0]!.at, 0, 0, 3, 2);
  near(placed[1]!.at, 0, 2, 3, 2);
  near(placed[2]!.at, 3, 0, 12 / 7, 7 / 3);
  near(placed[3]!.at, 3 + 12 / 7, 0, 9 / 7, 7 / 3);
});

Deno.test("inRows() goes from the bottom up, and never back", () => {
  fc.assert(fc.property(sizes, (numbers) => {
    const items = numbers.filter((size) => size > 0).map((size) => ({ size }));
    const placed = inRows(items, AREA);
    assert.deepEqual(placed.map(({ item }) => item), items);
    for (const [index, { at }] of placed.slice(1).entries()) {
      const before = placed[index]!.at;
      const isAbove = at.y + at.height <= before.y + 1e-6;
      const isRight = at.x >= before.x + before.width - 1e-6;
      assert.ok(isAbove || isRight);
    }
  }));
});
