/**
 * How many layers an image may have, and what uses them.
 * @module
 */

import { UsageError } from "../errors.ts";
import { DEFAULT_LAYERS, type LayerTarget, MOST_LAYERS, TARGETS } from "../layering/targets.ts";
import type { ImageSpec } from "../spec/image_spec.ts";
import type { PlannedBase } from "./image_plan.ts";

/** Layers of one kind. */
interface Use {
  /** Such as `the top layer takes 1`. */
  readonly text: string;
  readonly layers: number;
}

/** How many layers there may be in all, and what has used them so far. */
export class LayerBudget {
  readonly #most: number;
  /** What says so, for errors: `maxLayers: 5`. */
  readonly #limit: string;
  readonly #uses: readonly Use[];

  private constructor(most: number, limit: string, uses: readonly Use[]) {
    this.#most = most;
    this.#limit = limit;
    this.#uses = uses;
  }

  /**
   * What a spec and a target allow, the base image's layers and the top layer used already.
   *
   * @throws {UsageError} if the spec allows more than the target, or less than is used.
   */
  static of(spec: ImageSpec, base: PlannedBase | null, target?: LayerTarget): LayerBudget {
    const uses = [
      ...base === null ? [] : [
        { text: `${base.name} has ${base.layers.length}`, layers: base.layers.length },
      ],
      { text: "the top layer is another one", layers: 1 },
    ];
    const taken = target === undefined ? MOST_LAYERS : TARGETS[target].maxLayers;
    const isFree = spec.type === "single" || spec.layeringPipeline !== null;
    const usual = isFree ? MOST_LAYERS : DEFAULT_LAYERS;
    const most = spec.maxLayers ?? Math.min(usual, taken);
    const isTargets = spec.maxLayers === null && taken < usual;
    const budget = new LayerBudget(
      most,
      isTargets ? `--target ${target}: ${most} layers` : `maxLayers: ${most}`,
      uses,
    );
    const isLimited = spec.type === "layered" || target !== undefined;
    if (isLimited && budget.left < 0 && most <= taken) throw budget.tooFew();
    if (most > taken) {
      const all = budget.forGroups(spec.groups.length);
      const left = taken - all.#used;
      throw new UsageError(
        `maxLayers: ${most} are more than the ${taken} that the target ${target} takes: ` +
          `${all.#list()}${left > 0 ? `, which leaves ${left} for other store paths` : ""}`,
      );
    }
    return budget;
  }

  /** How many layers are left. */
  get left(): number {
    return this.#most - this.#used;
  }

  get #used(): number {
    return this.#uses.reduce((sum, { layers }) => sum + layers, 0);
  }

  #list(): string {
    return this.#uses.map(({ text }) => text).join(", ");
  }

  /** What is left when each of so many groups has a layer. */
  forGroups(count: number): LayerBudget {
    if (count === 0) return this;
    const text = count === 1 ? "a group needs one" : `${count} groups need ${count}`;
    return new LayerBudget(this.#most, this.#limit, [...this.#uses, { text, layers: count }]);
  }

  /** There is not enough for what is `wanted`, such as `store paths need at least one`. */
  tooFew(wanted?: string): UsageError {
    const needs = [...this.#uses.map(({ text }) => text), ...wanted === undefined ? [] : [wanted]];
    const last = needs.length > 1 ? `, and ${needs.pop()}` : "";
    return new UsageError(`${this.#limit} are too few: ${needs.join(", ")}${last}`);
  }

  /** A pipeline makes more layers than are left. */
  tooMany(made: number): UsageError {
    return new UsageError(
      `layeringPipeline: makes ${made} layers, and there is room for ${this.left} ` +
        `(${this.#limit}; ${this.#list()}): end it with ["flatten"], ["limit_layers", ${this.left}]`,
    );
  }
}
