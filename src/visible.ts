/**
 * Texts of others in messages: names in archives, values in documents.
 * @module
 */

/** `text` without characters that end a line or act on a terminal. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** The first `most` characters of `text`, without any that act on a terminal. */
export function shortened(text: string, most: number): string {
  // A character has at most two units; texts may be millions long.
  const characters = [...visible(text.slice(0, 2 * most + 2))];
  if (characters.length <= most) return characters.join("");
  return characters.slice(0, most - 1).join("") + "…";
}

const MAX_QUOTED = 100;

/** A name in quotes, as JSON has it, of at most 100 characters. */
export function quoted(name: string): string {
  return shortened(JSON.stringify(name.slice(0, 2 * MAX_QUOTED)), MAX_QUOTED);
}
