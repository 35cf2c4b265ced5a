/**
 * JSON as Python reads it: objects keep the order of their fields, numbers what Python would write.
 * @module
 */

/** A number as `json.dumps` writes what `json.loads` made of it. */
export class JsonNumber {
  /** Its digits. */
  readonly text: string;

  /** @param literal as JSON has it */
  constructor(literal: string) {
    if (/[.eE]/.test(literal)) this.text = floatText(Number(literal));
    else this.text = literal === "-0" ? "0" : literal;
  }
}

/** A value; objects are maps. */
export type OrderedValue =
  | null
  | boolean
  | string
  | JsonNumber
  | readonly OrderedValue[]
  | ReadonlyMap<string, OrderedValue>;

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]|[^\s[\]{},:"]+/g;

/** Reads a text that `parseJson` has read: it is JSON, and not nested too deep. */
export function parseOrdered(text: string): OrderedValue {
  const tokens = text.matchAll(TOKEN);
  // Never at the end: what was opened is closed.
  const next = () => tokens.next().value?.[0] ?? "";
  const value = (token: string): OrderedValue => {
    if (token === "{") {
      const fields = new Map<string, OrderedValue>();
      for (let key = next(); key !== "}"; key = next()) fields.set(JSON.parse(key), value(next()));
      return fields;
    }
    if (token === "[") {
      const items: OrderedValue[] = [];
      for (let item = next(); item !== "]"; item = next()) items.push(value(item));
      return items;
    }
    return /^[-\d]/.test(token) ? new JsonNumber(token) : JSON.parse(token);
  };
  return value(next());
}

/** The shortest digits that stand for the number, as Python's `repr` arranges them. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (Object.is(value, -0)) return "-0.0";
  const [digits = "", power = ""] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const plain = String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}
