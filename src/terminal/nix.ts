/**
 * Texts in the Nix language.
 * @module
 */

/** An attribute set of strings, of which the names are identifiers. */
export function nixAttributes(attributes: Readonly<Record<string, string>>): string {
  const lines = Object.entries(attributes).map(([name, value]) => `  ${name} = ${string(value)};`);
  return ["{", ...lines, "}"].join("\n");
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function string(text: string): string {
  return `"${text.replace(/["\\]|\$(?=\{)|[\n\r\t]/g, (found) => ESCAPES[found] ?? `\\${found}`)}"`;
}
