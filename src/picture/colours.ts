/**
 * The colours of layers: each has a hue of its own, and is the darker, the more often it changes. What
 * matters is told by the lightness, which colour-blind people see as others do, and by numbers.
 * @module
 */

/** A fill, and what can be read on it. */
export interface Colour {
  readonly fill: string;
  readonly text: string;
}

/** A step of lightness. */
interface Step {
  /** The greatest share of the updates that it stands for, from 0 to 1. */
  readonly upTo: number;
  /** Lightness and chroma in OKLCH. */
  readonly lightness: number;
  readonly chroma: number;
}

/** From seldom to often. */
export const STEPS: readonly Step[] = [
  { upTo: 0.02, lightness: 0.94, chroma: 0.045 },
  { upTo: 0.05, lightness: 0.86, chroma: 0.085 },
  { upTo: 0.15, lightness: 0.76, chroma: 0.115 },
  { upTo: 0.4, lightness: 0.65, chroma: 0.125 },
  { upTo: 1, lightness: 0.46, chroma: 0.12 },
];

/** For layers of which it is not known how often they change. */
const UNKNOWN = STEPS[1]!;

/** The angle that keeps any run of numbers apart from each other, in degrees. */
const GOLDEN_ANGLE = 137.508;
const FIRST_HUE = 250;

/** Below this lightness white is easier to read than black. */
const DARK = 0.58;

/** The colour of the layer at `index` that so many of the updates change, from 0 to 1. */
export function layerColour(index: number, share: number | undefined): Colour {
  const { lightness, chroma } = share === undefined ? UNKNOWN : stepOf(share);
  return colour(lightness, chroma, FIRST_HUE + index * GOLDEN_ANGLE);
}

/** A step without the hue of a layer. */
export function stepColour({ lightness }: Step): Colour {
  return colour(lightness, 0, 0);
}

function stepOf(share: number): Step {
  return STEPS.find(({ upTo }) => share <= upTo) ?? STEPS.at(-1)!;
}

function colour(lightness: number, chroma: number, hue: number): Colour {
  return {
    fill: srgb(lightness, chroma, hue),
    text: lightness < DARK ? "#fff" : "#111",
  };
}

/** OKLCH as sRGB in hexadecimal digits (CSS Color 4, section 9.2 and its sample code). */
function srgb(lightness: number, chroma: number, hue: number): string {
  const [a, b] = [
    chroma * Math.cos(hue * Math.PI / 180),
    chroma * Math.sin(hue * Math.PI / 180),
  ];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channels = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `#${channels.map(hexadecimal).join("")}`;
}

/** A channel of linear light, from 0 to 1, as two digits. */
function hexadecimal(linear: number): string {
  const within = Math.min(Math.max(linear, 0), 1);
  const encoded = within <= 0.0031308 ? 12.92 * within : 1.055 * within ** (1 / 2.4) - 0.055;
  return Math.round(255 * encoded).toString(16).padStart(2, "0");
}
