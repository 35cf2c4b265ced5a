/**
 * The pages of docs/verbs, as Markdown, from the descriptions of the verbs.
 * @module
 */

import {
  argumentTerm,
  type OptionModel,
  optionTerm,
  synopsis,
  type VerbGroup,
  type VerbModel,
} from "./model.ts";
import { EXIT_STATUS } from "./surroundings.ts";

const MADE = "<!-- Made by `deno task docs` from the descriptions in src/command_line/. -->";

/** Texts by the names of their files. */
export function verbPages(groups: readonly VerbGroup[]): Record<string, string> {
  const pages = groups.flatMap(({ verbs }) => verbs).map((verb) => [
    `${verb.name}.md`,
    verbPage(verb),
  ]);
  return { "README.md": overview(groups), ...Object.fromEntries(pages) };
}

function overview(groups: readonly VerbGroup[]): string {
  return paragraphs([
    MADE,
    "# The verbs",
    "A page for each, with what `nix-image VERB --help` says. All of them are in the man page, too: " +
    "`nix-image man`.",
    ...groups.flatMap(({ heading, verbs }) => [
      `## ${heading}`,
      table(
        ["Verb", ""],
        verbs.map(({ name, summary }) => [`[\`${name}\`](${name}.md)`, cell(summary)]),
      ),
    ]),
    "## Output",
    "Results go to standard output or to the file that `--output` names. Progress, warnings and " +
    "errors go to standard error. Files and directories are there when they are whole.",
    "## Exit status",
    table(["Status", "Meaning"], EXIT_STATUS.map(([status, text]) => [`${status}`, cell(text)])),
  ]);
}

function verbPage(verb: VerbModel): string {
  const { name, output, exitStatus, examples, pages } = verb;
  return paragraphs([
    MADE,
    `# nix-image ${name}`,
    `\`\`\`\n${synopsis(verb)}\n\`\`\``,
    ...verb.paragraphs.map(prose),
    ...verb.arguments.length === 0 ? [] : [
      "## Arguments",
      table(
        ["Argument", "Meaning"],
        verb.arguments.map((argument) => [
          code(argumentTerm(argument)),
          meaning(argument.description, argument.choices),
        ]),
      ),
    ],
    ...verb.groups.flatMap(({ heading, options }) => [`## ${heading}`, optionTable(options)]),
    "## Output",
    `${prose(output)} Progress, warnings and errors go to standard error.`,
    "## Exit status",
    exitStatus === undefined
      ? "0, 1 (failed), 2 (wrong usage or spec): [all verbs](README.md#exit-status)."
      : `${prose(exitStatus)} 2 if the usage is wrong.`,
    "## Examples",
    `\`\`\`sh\n${examples.join("\n")}\n\`\`\``,
    ...pages.length === 0 ? [] : [
      "## See also",
      pages.map((page) => `- [docs/${page}](../${page})`).join("\n"),
    ],
  ]);
}

function optionTable(options: readonly OptionModel[]): string {
  const rows = options.map((option) => [
    code(optionTerm(option)),
    meaning(option.description, option.value?.choices ?? [], option.required),
    cell(option.byDefault ?? ""),
  ]);
  const columns = options.some(({ byDefault }) => byDefault !== undefined) ? 3 : 2;
  return table(
    ["Option", "Meaning", "Default"].slice(0, columns),
    rows.map((row) => row.slice(0, columns)),
  );
}

function meaning(description: string, choices: readonly string[], required = false): string {
  const said = [
    ...required ? ["required"] : [],
    ...choices.length === 0 ? [] : [`one of ${choices.map(code).join(", ")}`],
  ].join("; ");
  return said === "" ? cell(description) : `${cell(description)} (${said})`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cell(text: string): string {
  return prose(text).replaceAll("|", "\\|");
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** Text without formatting; options in it are code, and pages of docs/ links. */
function prose(text: string): string {
  return text.replace(/[\\`*[\]<>]/g, "\\$&")
    .replace(/(?<![\w-])--[a-z][\w-]*/g, "`$&`")
    .replace(/\bdocs\/([\w-]+\.md)/g, "[$&](../$1)");
}

function paragraphs(parts: readonly string[]): string {
  return `${parts.join("\n\n")}\n`;
}
