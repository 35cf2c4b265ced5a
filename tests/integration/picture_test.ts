import assert from "node:assert/strict";
import { expectedUpdate } from "../../src/layering/expected_update.ts";
import { planLayers } from "../../src/layering/layering.ts";
import type { PictureFacts, PictureLayer } from "../../src/picture/blocks.ts";
import { closurePage } from "../../src/picture/page.ts";
import { closurePicture } from "../../src/picture/picture.ts";
import type { Closure } from "../../src/store/closure.ts";
import { namePart, type StorePath } from "../../src/store/store_path.ts";
import { Chromium } from "../support/chromium.ts";
import { generatedClosure } from "../support/generated_closure.ts";
import { decodePng } from "../support/png.ts";
import { nixImage } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { storePath } from "../support/store_paths.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Label extends Box {
  readonly text: string;
  readonly fontSize: number;
  /** The number of the layer that it is drawn on. */
  readonly layer: string | null;
}

interface Area extends Box {
  readonly name: string;
  readonly layer: string;
  readonly fill: string;
}

interface Seen {
  readonly page: Box;
  readonly labels: Label[];
  readonly areas: Area[];
}

/** What a browser makes of a picture: all text, and all areas with a name. */
const LOOK = `(() => {
  const box = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  };
  const layer = (element) => element.closest(".layer")?.dataset.layer ?? null;
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    page: box(document.querySelector("svg")),
    labels: all("svg text").map((element) => ({
      ...box(element),
      text: element.textContent,
      fontSize: parseFloat(getComputedStyle(element).fontSize),
      layer: layer(element),
    })),
    areas: all(".layer rect:has(title)").map((element) => ({
      ...box(element),
      name: element.textContent.split("\\n")[0],
      layer: layer(element),
      fill: getComputedStyle(element).fill,
    })),
  };
})()`;

const NAME = "registry.example/app:1";

function layersOf(closure: Closure, limit: number): PictureLayer[] {
  const layers = planLayers(closure, { strategy: "auto", limit });
  const expected = expectedUpdate(closure, layers).layers;
  return layers.map((layer, index) => ({ ...layer, share: expected[index]!.share }));
}

function closureWith(paths: readonly [name: string, narSize: number][]): Closure {
  return new Map(paths.map(([name, narSize]) => [storePath(name), { narSize, references: [] }]));
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function isWithin(inner: Box, outer: Box): boolean {
  return inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width &&
    inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height;
}

/** That text can be read: large enough, on the page, apart, and on what it is the name of. */
function assertReadable({ page, labels, areas }: Seen): void {
  for (const label of labels) {
    assert.ok(label.fontSize >= 9, `${label.text} is small`);
    assert.ok(isWithin(label, page), `${label.text} is off the page`);
    if (label.layer === null) continue;
    const own = areas.filter(({ layer }) => layer === label.layer);
    if (/^\d+( · [\d.<]+ %)?$/.test(label.text)) {
      const top = Math.min(...own.map(({ y }) => y));
      const left = Math.min(...own.map(({ x }) => x));
      const right = Math.max(...own.map(({ x, width }) => x + width));
      const bottom = Math.max(...own.map(({ y, height }) => y + height));
      const block = { x: left, y: top, width: right - left, height: bottom - top };
      assert.ok(isWithin(label, block), `the number ${label.text} leaves its layer`);
    } else {
      const under = own.find((area) => isWithin(label, area));
      assert.ok(under, `${label.text} leaves its area`);
      const isSize = under.name.endsWith(`, ${label.text}`);
      assert.ok(
        isSize || under.name.startsWith(label.text.replace(/…$/, "")),
        `${label.text} is on ${under.name}`,
      );
    }
  }
  for (const [index, label] of labels.entries()) {
    for (const other of labels.slice(index + 1)) {
      assert.ok(!overlap(label, other), `${label.text} and ${other.text} overlap`);
    }
  }
}

/** That areas have the ratio of the sizes, whatever layer they are in. */
function assertProportional({ areas }: Seen, sizes: ReadonlyMap<string, number>): void {
  const size = ({ name }: Area) => sizes.get(name.slice(0, name.lastIndexOf(", "))) ?? 0;
  const total = areas.reduce((sum, { width, height }) => sum + width * height, 0);
  const bytes = areas.reduce((sum, area) => sum + size(area), 0);
  assert.equal(areas.length, sizes.size);
  for (const area of areas) {
    const expected = total * size(area) / bytes;
    // Edges are given in hundredths of a pixel.
    const tolerance = 0.01 * (area.width + area.height) + 0.01 + expected / 1000;
    assert.ok(Math.abs(area.width * area.height - expected) <= tolerance, area.name);
  }
}

/** How far two colours are apart in OKLab, where 0.02 is what an eye just sees. */
function distance(a: string, b: string): number {
  const [one, other] = [a, b].map((css) => {
    const [red, green, blue] = css.match(/\d+/g)!.map((channel) => {
      const value = Number(channel) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  }) as [number[], number[]];
  return Math.hypot(...one.map((value, index) => value - other[index]!));
}

function sizesOf(closure: Closure): Map<string, number> {
  return new Map([...closure].map(([path, { narSize }]) => [namePart(path), narSize]));
}

async function browse(test: (browser: Chromium, scratch: Scratch) => Promise<void>): Promise<void> {
  await using scratch = new Scratch();
  await using browser = await Chromium.start(1260, 940);
  await test(browser, scratch);
}

async function look(
  browser: Chromium,
  scratch: Scratch,
  [closure, layers, facts]: [Closure, readonly PictureLayer[], PictureFacts],
): Promise<Seen> {
  const file = `${scratch.path}/${crypto.randomUUID()}.svg`;
  Deno.writeTextFileSync(file, closurePicture(closure, layers, facts));
  await browser.open(file);
  return await browser.evaluate<Seen>(LOOK);
}

Deno.test("The picture of 150 paths is readable in a browser", async () => {
  await browse(async (browser, scratch) => {
    const closure = generatedClosure(7, 150);
    const layers = layersOf(closure, 40);
    const seen = await look(browser, scratch, [closure, layers, { name: NAME }]);
    assertReadable(seen);
    assertProportional(seen, sizesOf(closure));

    const named = new Set(
      seen.areas.filter((area) =>
        seen.labels.some((label) => label.layer !== null && isWithin(label, area))
      ),
    );
    const area = (areas: Iterable<Area>) =>
      [...areas].reduce((sum, { width, height }) => sum + width * height, 0);
    assert.ok(area(named) > 0.8 * area(seen.areas), "most of the area has a name");

    const fills = new Map(seen.areas.map(({ layer, fill }) => [layer, fill]));
    const chain = [...fills].sort(([a], [b]) => Number(a) - Number(b)).map(([, fill]) => fill);
    assert.equal(chain.length, layers.length);
    assert.equal(new Set(chain).size, layers.length, "no two layers have the same colour");
    for (const [index, fill] of chain.slice(1).entries()) {
      assert.ok(distance(fill, chain[index]!) > 0.06, `layers ${index + 1} and ${index + 2}`);
    }

    // From below: the lowest layer of all touches the lower edge, the highest one the upper edge.
    const bottom = Math.max(...seen.areas.map(({ y, height }) => y + height));
    const top = Math.min(...seen.areas.map(({ y }) => y));
    const touches = (layer: string, edge: (area: Area) => boolean) =>
      assert.ok(seen.areas.some((area) => area.layer === layer && edge(area)), `layer ${layer}`);
    touches("1", ({ y, height }) => Math.abs(y + height - bottom) < 0.1);
    touches(`${layers.length}`, ({ y }) => Math.abs(y - top) < 0.1);

    const pixels = decodePng(await browser.screenshot());
    const colours = new Set<string>();
    for (let y = 0; y < pixels.height; y += 2) {
      for (let x = 0; x < pixels.width; x += 2) colours.add(pixels.at(x, y));
    }
    assert.ok(colours.size > 100, `${colours.size} colours`);
    const visible = chain.map((fill) =>
      `#${fill.match(/\d+/g)!.map((byte) => Number(byte).toString(16).padStart(2, "0")).join("")}`
    );
    const missing = visible.filter((fill) => !colours.has(fill));
    assert.ok(missing.length < layers.length / 10, `not to be seen: ${missing.join(" ")}`);
  });
});

Deno.test("The ten most expensive layers are listed with sizes, shares and names", async () => {
  await browse(async (browser, scratch) => {
    const closure = generatedClosure(8, 150);
    const layers = layersOf(closure, 40);
    await look(browser, scratch, [closure, layers, { name: NAME }]);
    const rows = await browser.evaluate<[string, string][]>(
      `[...document.querySelectorAll(".row")].map((row) =>
        [row.dataset.layer, [...row.querySelectorAll("text")].map((text) => text.textContent).join("|")])`,
    );
    const costs = layers.map(({ paths, share }, index) => ({
      number: `${index + 1}`,
      cost: share! * paths.reduce((sum, path) => sum + closure.get(path)!.narSize, 0),
      largest: paths.toSorted((a, b) => closure.get(b)!.narSize - closure.get(a)!.narSize)[0]!,
    })).sort((a, b) => b.cost - a.cost).slice(0, 10);
    assert.deepEqual(rows.map(([number]) => number), costs.map(({ number }) => number));
    for (const [index, { cost, largest }] of costs.entries()) {
      const text = rows[index]![1];
      assert.ok(text.includes(`${(cost / 1e6).toFixed(1)} MB an update`), text);
      assert.match(text, /[\d.]+ MB × [\d.]+ %/);
      assert.ok(text.includes(namePart(largest)), text);
    }
  });
});

Deno.test("Pictures of closures of all kinds are readable", async () => {
  const long = "x".repeat(190);
  const giant = closureWith([
    ["giant-1.0", 99e7],
    ...Array.from({ length: 100 }, (_, index): [string, number] => [`small-${index}`, 1e5]),
  ]);
  const longNames = closureWith(
    Array.from({ length: 40 }, (_, index) => [`${index}-${long}`, 1e6 * (index + 1)]),
  );
  const many = generatedClosure(3, 1000);
  const one = closureWith([["hello-2.12", 226560]]);
  const few = generatedClosure(5, 30);
  const strange = layersOf(few, 12).map((layer) => ({
    ...layer,
    reason: `<b>"&'\u0000\u202e\ud800 ${"漢😀".repeat(90)}`,
  }));
  const equal = closureWith(
    Array.from({ length: 64 }, (_, index) => [`equal-${index}`, 1_000_000]),
  );
  const pictures: Record<string, [Closure, readonly PictureLayer[], PictureFacts]> = {
    "one path of nearly all bytes": [giant, layersOf(giant, 10), { name: NAME }],
    "long names": [longNames, layersOf(longNames, 20), { name: `${long}/${long}:1` }],
    "1,000 paths": [many, layersOf(many, 99), { name: NAME }],
    "one path": [one, layersOf(one, 99), { name: NAME }],
    "equal sizes": [equal, layersOf(equal, 64), { name: NAME }],
    "strange reasons": [few, strange, { name: strange[0]!.reason }],
    "shares that are not known": [
      few,
      strange.map(({ paths }) => ({ paths, reason: "" })),
      { name: NAME },
    ],
    "a base image and a top layer": [few, layersOf(few, 12), {
      name: NAME,
      base: { name: "debian:12", sizes: [123e6, 0, 5e6] },
      top: { size: 40e6, inLayer: false },
    }],
    "a single image": [few, layersOf(few, 1), {
      name: NAME,
      top: { size: 40e6, inLayer: true },
    }],
    "an image without store paths": [new Map(), [], { name: NAME }],
    "paths of no size": [closureWith([["empty", 0]]), [{
      paths: [storePath("empty")],
      reason: "",
      share: 1,
    }], { name: NAME }],
  };
  await browse(async (browser, scratch) => {
    for (const [kind, picture] of Object.entries(pictures)) {
      const seen = await look(browser, scratch, picture);
      try {
        assertReadable(seen);
        if (
          !kind.startsWith("a base") && !kind.startsWith("a single") && kind !== "paths of no size"
        ) {
          assertProportional(seen, sizesOf(picture[0]));
        }
      } catch (error) {
        throw new Error(kind, { cause: error });
      }
    }
  });
});

Deno.test("The page shows what a path uses and what uses it, and asks no network", async () => {
  await browse(async (browser, scratch) => {
    const closure = generatedClosure(9, 150);
    const layers = layersOf(closure, 40);
    const file = `${scratch.path}/layers.html`;
    Deno.writeTextFileSync(file, closurePage(closure, layers, { name: NAME }));
    await browser.open(file);

    const path = [...closure].filter(([, { references }]) => references.length > 1)
      .sort(([, a], [, b]) => b.narSize - a.narSize)[0]![0];
    const used = reach(path, (at) => closure.get(at)!.references);
    const users = reach(
      path,
      (at) => [...closure].filter(([, info]) => info.references.includes(at)).map(([user]) => user),
    );
    const at = await browser.evaluate<Box>(`(() => {
      const is = (element) => element.ariaLabel.startsWith(${
      JSON.stringify(namePart(path) + ", ")
    });
      const { x, y, width, height } = [...document.querySelectorAll(".path")].find(is).getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2, width, height };
    })()`);
    await browser.movePointer(at.x, at.y);
    // Which paths have which frame: a frame is in the middle of what it is around.
    const framed = (kind: string) =>
      browser.evaluate<string[]>(
        `[...document.querySelectorAll(".mark.${kind}:not(.halo)")].map((mark) => {
        const middle = (element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return [x + width / 2, y + height / 2];
        };
        const [x, y] = middle(mark);
        const far = (path) => Math.hypot(middle(path)[0] - x, middle(path)[1] - y);
        const [path] = [...document.querySelectorAll(".path")].sort((a, b) => far(a) - far(b));
        return path.ariaLabel.split(",")[0];
      }).sort()`,
      );
    const names = (paths: Iterable<StorePath>) => [...paths].map(namePart).sort();
    assert.deepEqual(await framed("here"), [namePart(path)]);
    assert.deepEqual(await framed("uses"), names(used));
    assert.deepEqual(await framed("users"), names(users));

    const tip = () =>
      browser.evaluate<string>(`document.getElementById("tip").hidden ? "" : tip.innerText`);
    const layer = layers.findIndex(({ paths }) => paths.includes(path));
    const text = await tip();
    for (
      const part of [
        namePart(path),
        `Layer ${layer + 1}: `,
        layers[layer]!.reason,
        `Uses ${used.size} path`,
        `Used by ${users.size} path`,
      ]
    ) assert.ok(text.includes(part), `${part}: ${text}`);

    await browser.movePointer(5, 5);
    assert.equal(await tip(), "");
    assert.deepEqual(await framed("here"), []);

    const loaded = await browser.evaluate<string[]>(
      `performance.getEntriesByType("resource").map(({ name }) => name)`,
    );
    assert.deepEqual(loaded, []);
  });
});

Deno.test("plan --graph draws the layers of a spec, and prints what it does without", async () => {
  await using scratch = new Scratch();
  const closure = generatedClosure(4, 60);
  const graph = `${scratch.path}/graph.json`;
  Deno.writeTextFileSync(graph, JSON.stringify(Object.fromEntries(closure)));
  const roots = [...closure.keys()].filter((path) =>
    ![...closure.values()].some(({ references }) => references.includes(path))
  );
  const spec = scratch.spec({ name: "app", tag: "1", contents: roots, maxLayers: 20 });
  const args = ["plan", "--closure", graph, spec];
  const plain = await nixImage(args);
  assert.equal(plain.code, 0, plain.stderr);
  const layers = planLayers(closure, { strategy: "updates", limit: 19 });

  for (const [ending, draws] of [["svg", /^<svg /], ["html", /^<!DOCTYPE html>/]] as const) {
    const file = `${scratch.path}/layers.${ending}`;
    const { code, text, stderr } = await nixImage([...args, "--graph", file]);
    assert.equal(code, 0, stderr);
    assert.equal(text, plain.text);
    const drawn = Deno.readTextFileSync(file);
    assert.match(drawn, draws);
    assert.ok(drawn.includes(`>${layers.length + 1} layers, 60 store paths, `));
    for (const path of closure.keys()) assert.ok(drawn.includes(`<title>${namePart(path)}, `));
    for (const { reason } of layers) assert.ok(drawn.includes(`\n${reason}</title>`), reason);
  }

  const wrong = await nixImage([...args, "--graph", `${scratch.path}/layers.png`]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--graph.*ends in \.svg or \.html/);
  const nowhere = await nixImage([...args, "--graph", `${scratch.path}/none/layers.svg`]);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /there is no directory .*none/);
});

function reach(start: StorePath, next: (path: StorePath) => readonly StorePath[]): Set<StorePath> {
  const found = new Set(next(start));
  for (const path of found) for (const further of next(path)) found.add(further);
  return found;
}
