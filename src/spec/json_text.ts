/**
 * Reading JSON text; a syntax error is found with its line and column.
 * @module
 */

import { visible } from "../visible.ts";
import type { JsonValue } from "./image_spec.ts";

/** Deeper than any config; beyond some thousand levels, functions that recurse would fail. */
const MAX_DEPTH = 200;

/** What is wrong with a JSON text, and where. */
export class JsonTextError extends Error {
  override name = "JsonTextError";
}

/**
 * Reads JSON text.
 *
 * @throws {JsonTextError} with line and column (counted from 1, in characters) if it is no JSON,
 * and if it is nested more than 200 levels deep.
 */
export function parseJson(text: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // The engine's messages give the position only sometimes.
    const { offset, expected } = findSyntaxError(text);
    const before = text.slice(0, offset).split("\n");
    const column = [...before.at(-1) ?? ""].length + 1;
    throw new JsonTextError(
      `line ${before.length}, column ${column}: expected ${expected}, found ${
        tokenAt(text, offset)
      }`,
      { cause },
    );
  }
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw new JsonTextError(`nested more than ${MAX_DEPTH} levels deep`);
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? Object.values(item) : []
    );
  }
  return value;
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const STRING_PART = /[ !#-\[\]-\uffff]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The first place where `text`, which is no JSON, stops being the beginning of one. */
function findSyntaxError(text: string): { offset: number; expected: string } {
  const open: string[] = []; // the brackets that close what is open
  let offset = 0;
  let expected = "a value";
  const match = (pattern: RegExp) => {
    pattern.lastIndex = offset;
    if (!pattern.test(text)) return false;
    offset = pattern.lastIndex;
    return true;
  };
  const take = (character: string) => {
    if (text[offset] !== character) return false;
    offset++;
    return true;
  };
  const takeString = () => {
    if (!take('"')) return false;
    while (match(STRING_PART));
    if (take('"')) return true;
    expected = text[offset] === "\\" ? "a JSON escape sequence" : "the rest of the string";
    return false;
  };
  const takeKey = () => {
    expected = "a field name in double quotes";
    if (!takeString()) return false;
    skipBlanks();
    expected = '":"';
    return take(":");
  };
  const skipBlanks = () => match(/[ \t\r\n]*/y);

  for (;;) {
    // A value, or the beginning of one.
    skipBlanks();
    expected = "a value";
    if (take("{")) {
      skipBlanks();
      if (!take("}")) {
        open.push("}");
        if (!takeKey()) return { offset, expected };
        continue;
      }
    } else if (take("[")) {
      skipBlanks();
      if (!take("]")) {
        open.push("]");
        continue;
      }
    } else if (text[offset] === '"' ? !takeString() : !match(SCALAR)) {
      return { offset, expected };
    }

    // What may follow a value.
    for (;;) {
      skipBlanks();
      const bracket = open.at(-1);
      if (bracket === undefined) return { offset, expected: "the end of the text" };
      if (take(bracket)) {
        open.pop();
        continue;
      }
      expected = `"," or "${bracket}"`;
      if (!take(",")) return { offset, expected };
      break;
    }
    skipBlanks();
    if (open.at(-1) === "}" && !takeKey()) return { offset, expected };
  }
}

/** The word or character at `offset`, quoted. */
function tokenAt(text: string, offset: number): string {
  if (offset >= text.length) return "the end of the text";
  const word = /[\w$-]{1,20}/y;
  word.lastIndex = offset;
  const token = word.exec(text)?.[0] ?? String.fromCodePoint(text.codePointAt(offset) ?? 0);
  return visible(JSON.stringify(token));
}
