/**
 * The project's documentation, taken apart.
 * @module
 */

import { PROJECT } from "../../tasks/program_command.ts";

/** A fenced block of a page. */
export interface CodeBlock {
  /** The page, from the project's root. */
  readonly page: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  /** The word behind the fence, such as `sh`; may be empty. */
  readonly language: string;
  readonly code: string;
}

/** All pages, by their paths from the project's root: those at the top and those of docs/. */
export function readPages(): ReadonlyMap<string, string> {
  const pages = [...markdownIn(""), ...markdownIn("docs/"), ...markdownIn("docs/verbs/")].sort();
  return new Map(pages.map((page) => [page, Deno.readTextFileSync(`${PROJECT}/${page}`)]));
}

function markdownIn(directory: string): string[] {
  return [...Deno.readDirSync(`${PROJECT}/${directory}`)]
    .map(({ name }) => directory + name).filter((name) => name.endsWith(".md"));
}

/** The fenced blocks of a page, in order. */
export function codeBlocks(page: string, text: string): CodeBlock[] {
  const fenced = /^```([a-z]*)\n([^]*?)^```$/gm;
  return [...text.matchAll(fenced)].map(({ 1: language = "", 2: code = "", index }) => ({
    page,
    line: text.slice(0, index).split("\n").length + 1,
    language,
    code,
  }));
}
