import assert from "node:assert/strict";
import fc from "fast-check";
import { planLayers } from "../../src/layering/layering.ts";
import type { PictureLayer } from "../../src/picture/blocks.ts";
import { layerColour, STEPS } from "../../src/picture/colours.ts";
import { closurePage } from "../../src/picture/page.ts";
import { closurePicture } from "../../src/picture/picture.ts";
import { escaped, fitted, textWidth } from "../../src/picture/text.ts";
import type { Closure } from "../../src/store/closure.ts";
import { generatedClosure } from "../support/generated_closure.ts";
import { askPython } from "../support/python.ts";
import { closures } from "../layering/closures.ts";

const NAME = "app:1";

function layersOf(closure: Closure, limit: number): PictureLayer[] {
  return planLayers(closure, { strategy: "auto", limit })
    .map((layer, index) => ({ ...layer, share: index / limit }));
}

Deno.test("A picture is the same for a closure in another order", () => {
  fc.assert(
    fc.property(closures, fc.integer({ min: 1, max: 8 }), (closure, limit) => {
      const turned = new Map([...closure].reverse());
      for (const draw of [closurePicture, closurePage]) {
        assert.equal(
          draw(closure, layersOf(closure, limit), { name: NAME }),
          draw(turned, layersOf(turned, limit), { name: NAME }),
        );
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("A picture is XML and has each path and reason once, whatever their characters", async () => {
  const closure = generatedClosure(1, 40);
  const reason = `a & b < c > "d" 'e' ]]> \u0001 \ud800 \uffff <script>`;
  const layers = layersOf(closure, 9).map((layer) => ({ ...layer, reason }));
  const base = { name: reason, sizes: [5e6] };
  const picture = closurePicture(closure, layers, { name: reason, base });
  const titles = await askPython<string[]>("svg_titles.py", picture);
  const paths = titles.filter((title) => /^\S+-\d+-\S+, [\d.]+ [kM]?B\nLayer/.test(title));
  assert.equal(paths.length, 40);
  const shown = reason.replace("\u0001", "\ufffd").replace("\uffff", "\ufffd").toWellFormed();
  for (const title of paths) assert.equal(title.split("\n")[2], shown);
});

Deno.test("Pictures and pages refer to nothing outside of them", () => {
  const closure = generatedClosure(1, 40);
  const layers = layersOf(closure, 9);
  const name = "</script><img src=http://example.org/>";
  const picture = closurePicture(closure, layers, { name });
  assert.doesNotMatch(picture, /<(script|image|use|a|foreignObject)\b|\son\w+=|href|@import/i);
  const page = closurePage(closure, layers, { name });
  for (const text of [picture, page]) {
    assert.doesNotMatch(text, /url\((?!#)|<img|<link|<iframe/);
    const addresses = new Set(text.match(/https?:[^\s"&<>]*/g));
    // The second one is the image's name, as text.
    assert.deepEqual([...addresses].sort(), ["http://example.org/", "http://www.w3.org/2000/svg"]);
  }
});

Deno.test("What is written on layers can be read (WCAG 2.2, contrast of 4.5)", () => {
  const luminance = (colour: string) => {
    const digits = colour.length === 4 ? colour.replace(/\w/g, "$&$&") : colour;
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const value = parseInt(digits.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (const share of [undefined, ...STEPS.map(({ upTo }) => upTo)]) {
    for (let index = 0; index < 127; index++) {
      const { fill, text } = layerColour(index, share);
      const [dark, light] = [luminance(fill), luminance(text)].sort((a, b) => a - b);
      assert.ok((light! + 0.05) / (dark! + 0.05) >= 4.5, `${text} on ${fill}`);
    }
  }
});

Deno.test("The more often a layer changes, the darker it is, whatever its hue", () => {
  const grey = (fill: string) =>
    [0.2126, 0.7152, 0.0722].reduce(
      (sum, weight, index) => sum + weight * parseInt(fill.slice(1 + 2 * index, 3 + 2 * index), 16),
      0,
    );
  for (const [index, { upTo }] of STEPS.slice(1).entries()) {
    const range = (share: number) =>
      Array.from({ length: 127 }, (_, layer) => grey(layerColour(layer, share).fill));
    assert.ok(Math.max(...range(upTo)) < Math.min(...range(STEPS[index]!.upTo)), `${upTo}`);
  }
});

Deno.test("fitted() keeps as much of a text as fits", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.nat(400), (text, width) => {
    const shown = fitted(text, 10, width);
    assert.ok(shown === "" || textWidth(shown, 10) <= width);
    if (textWidth(text, 10) <= width) assert.equal(shown, text);
    else assert.ok(shown === "" || shown.endsWith("…"));
  }));
  const long = "i".repeat(1_000_000);
  assert.ok(fitted(long, 10, 100).length > 25);
});

Deno.test("escaped() leaves nothing that XML 1.0 forbids", () => {
  assert.equal(escaped(`<a b="c" d='e'>&`), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
  assert.equal(escaped("a\u0000\ud800\ufffeb"), "a\ufffd\ufffd\ufffdb");
});
