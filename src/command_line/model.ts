/**
 * The command line as a value: what completions, the man page and the pages of docs/verbs are made
 * from.
 * @module
 */

import type { Argument, CommandUnknownOpts, Option } from "commander";
import { verbHelp, type Verbs } from "./verb.ts";

/** What is to be typed for a value: the name of a file, a directory, ..., or anything. */
export type ValueKind = "file" | "directory" | "destination" | "choice" | "word";

/** The value of an option, or an argument. */
export interface ValueModel {
  /** As help shows it, without brackets: `image|spec`. */
  readonly placeholder: string;
  readonly kind: ValueKind;
  /** Those of the kind `choice`; empty otherwise. */
  readonly choices: readonly string[];
}

/** An option that help shows. */
export interface OptionModel {
  /** Such as `-o`. */
  readonly short?: string;
  /** Such as `--output`. */
  readonly long: string;
  /** Without choices and default. */
  readonly description: string;
  readonly value?: ValueModel;
  /** What holds without the option, where that is a value: in words. */
  readonly byDefault?: string;
  /** Whether it has to be given. */
  readonly required: boolean;
  /** Whether more than one is heeded, which the description says, then. */
  readonly repeatable: boolean;
}

/** An argument that is no option. */
export interface ArgumentModel extends ValueModel {
  readonly description: string;
  readonly required: boolean;
  /** Whether there may be several. */
  readonly variadic: boolean;
}

/** Options under one heading of help. */
export interface OptionGroup {
  /** Without a colon. */
  readonly heading: string;
  readonly options: readonly OptionModel[];
}

/** A verb. */
export interface VerbModel {
  readonly name: string;
  readonly summary: string;
  /** Each without line breaks. */
  readonly paragraphs: readonly string[];
  readonly arguments: readonly ArgumentModel[];
  /** Those without a heading of their own come first. */
  readonly groups: readonly OptionGroup[];
  readonly output: string;
  readonly examples: readonly string[];
  /** Where it is more than 0, 1 (failed), 2 (wrong usage or spec). */
  readonly exitStatus?: string;
  /** Pages of docs/ that say more, such as `plan.md`. */
  readonly pages: readonly string[];
}

/** Verbs under one heading of `nix-image --help`. */
export interface VerbGroup {
  readonly heading: string;
  readonly verbs: readonly VerbModel[];
}

/** What these verbs are, in their order: all of them are loaded. */
export async function commandLineModel(verbs: Verbs): Promise<VerbGroup[]> {
  return await Promise.all(
    Object.entries(verbs).map(async ([heading, listed]) => ({
      heading,
      verbs: await Promise.all(listed.map(async ({ load }) => verbModel(await load()))),
    })),
  );
}

/** All options of a verb. */
export function optionsOf({ groups }: VerbModel): OptionModel[] {
  return groups.flatMap(({ options }) => options);
}

/** What is typed, with all names of an option: `-o, --output <file>`. */
export function optionTerm({ short, long, value }: OptionModel): string {
  const names = short === undefined ? long : `${short}, ${long}`;
  return value === undefined ? names : `${names} <${value.placeholder}>`;
}

/** As an argument stands in a synopsis: `[spec]`, `<images...>`. */
export function argumentTerm({ placeholder, variadic, required }: ArgumentModel): string {
  const term = variadic ? `${placeholder}...` : placeholder;
  return required ? `<${term}>` : `[${term}]`;
}

/** The words of a synopsis: `nix-image pull [options] --output <file> <name>`. */
export function synopsis(verb: VerbModel): string {
  const needed = optionsOf(verb).filter(({ required }) => required)
    .map((option) => `${option.long}${option.value ? ` <${option.value.placeholder}>` : ""}`);
  return ["nix-image", verb.name, "[options]", ...needed, ...verb.arguments.map(argumentTerm)]
    .join(" ");
}

function verbModel(command: CommandUnknownOpts): VerbModel {
  const { exitStatus, pages = [], output, examples } = verbHelp(command);
  const groups = new Map<string, OptionModel[]>();
  for (const option of command.createHelp().visibleOptions(command)) {
    const heading = (option.helpGroupHeading ?? "Options").replace(/:$/, "");
    groups.set(heading, [...groups.get(heading) ?? [], optionModel(option)]);
  }
  return {
    name: command.name(),
    summary: command.summary(),
    paragraphs: command.description().split("\n\n").map((text) => text.replaceAll("\n", " ")),
    arguments: command.registeredArguments.map(argumentModel),
    groups: [...groups].map(([heading, options]) => ({ heading, options })),
    output,
    examples,
    ...exitStatus === undefined ? {} : { exitStatus },
    pages,
  };
}

function optionModel(option: Option): OptionModel {
  const { flags, short, long, description, mandatory, defaultValue } = option;
  if (long === undefined) throw new Error(`An option without a long name: ${flags}`);
  // What the program finds out by itself is said at the end, as commander says what is fixed.
  const {
    1: said = "",
    2: byDefault = defaultValue === undefined ? undefined : `${defaultValue}`,
  } = /^(.*?)(?: \(default: (.+)\))?$/.exec(description) ?? [];
  const placeholder = /[<[](.+?)(?:\.\.\.)?[>\]]$/.exec(flags)?.[1];
  return {
    ...short === undefined ? {} : { short },
    long,
    description: said,
    ...placeholder === undefined ? {} : { value: valueModel(placeholder, option.argChoices) },
    ...placeholder === undefined || byDefault === undefined ? {} : { byDefault },
    required: mandatory,
    repeatable: option.variadic || /\bseveral times\b/.test(description),
  };
}

function argumentModel(argument: Argument): ArgumentModel {
  const { description, required, variadic, argChoices } = argument;
  return { ...valueModel(argument.name(), argChoices), description, required, variadic };
}

/** What words of placeholders stand for; other words stand for words. */
const KINDS: Readonly<Record<string, ValueKind>> = {
  "a": "file",
  "b": "file",
  "destination": "destination",
  "dir": "directory",
  "drv": "file",
  "file": "file",
  "graph.json": "file",
  "image": "file",
  "images": "file",
  "path": "file",
  "plan.json": "file",
  "registry": "destination",
  "spec": "file",
  "specs": "file",
};

function valueModel(placeholder: string, given: readonly string[] | undefined): ValueModel {
  const words = placeholder.split("|");
  const choices = given ?? (placeholder === "true|false" ? words : []);
  const kinds = words.map((word) => KINDS[word]);
  const kind = choices.length > 0 ? "choice" : kinds.find((kind) => kind !== undefined) ?? "word";
  return { placeholder, kind, choices };
}
