/**
 * The options --strategy, --previous and --history.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { LayeringWishes } from "../image/plan.ts";
import { LAYERING_STRATEGIES, type LayeringStrategy } from "../layering/strategies.ts";
import { didYouMean } from "../spec/did_you_mean.ts";
import type { EarlierPlan } from "../image/earlier_plan.ts";
import type { Closure } from "../store/closure.ts";
import type { EarlierImage, EarlierSources } from "./earlier.ts";

/** Options that tell of earlier versions, and how layers are decided on. */
export interface EarlierOptions extends EarlierSources {
  /** Takes the place of the spec's `layering`. */
  readonly strategy?: string;
  /** An image, or what `plan --json` printed. */
  readonly previous?: string;
  /** The same of earlier versions, or graphs of their closures, oldest first. */
  readonly history?: readonly string[];
}

/** What the options are for. */
export interface WishesContext {
  readonly strategy: LayeringStrategy;
  /** What is planned. */
  readonly image: EarlierImage;
  readonly report: { readonly warn: (message: string) => void };
}

/** What the options say. */
export interface Wished {
  readonly wishes: LayeringWishes;
  /** The previous version, if one was named that says something of its store paths. */
  readonly previous?: EarlierPlan;
}

/**
 * The strategy with this name.
 *
 * @throws {UsageError} if there is none.
 */
export function checkStrategy(name: string | undefined): LayeringStrategy | undefined {
  const known = LAYERING_STRATEGIES.find((strategy) => strategy === name);
  if (name === undefined || known !== undefined) return known;
  const guess = didYouMean(name, LAYERING_STRATEGIES);
  const hint = guess === undefined
    ? `expected one of ${LAYERING_STRATEGIES.join(", ")}`
    : `did you mean ${guess}?`;
  throw new UsageError(`--strategy: unknown strategy ${JSON.stringify(name)}, ${hint}`);
}

/**
 * What the options say of layers.
 *
 * @throws {ImageError} if an earlier version can not be read, or is none.
 */
export async function layeringWishes(
  options: EarlierOptions,
  { strategy, image, report }: WishesContext,
): Promise<Wished> {
  const { previous, history = [] } = options;
  if (previous === undefined && history.length === 0) return { wishes: { strategy } };
  // Most plans are made without.
  const { earlierClosures, earlierPlan } = await import("./earlier.ts");
  const closures: ((closure: Closure) => Closure)[] = [];
  for (const file of history) {
    closures.push(await earlierClosures(file, image, options, report.warn));
  }
  const wishes: LayeringWishes = {
    strategy,
    history: (closure) => closures.map((earlier) => earlier(closure)),
  };
  const plan = previous === undefined
    ? undefined
    : await earlierPlan("--previous", previous, image, options, report.warn);
  if (strategy !== "updates") {
    report.warn(
      `${plan === undefined ? "--history" : "--previous"}: the strategy ${strategy} looks at no ` +
        "earlier versions; updates does",
    );
  }
  if (plan === undefined) return { wishes };
  const carried = plan.layers.filter(({ paths }) => paths.length > 0);
  if (carried.length > 0) return { wishes: { ...wishes, previous: carried }, previous: plan };
  if (plan.layers.length === 0) return { wishes, previous: plan };
  report.warn(
    `--previous ${previous}: its history names no store paths, as those of nix-image and of ` +
      "nixpkgs' streamLayeredImage do; all is planned afresh",
  );
  return { wishes };
}
