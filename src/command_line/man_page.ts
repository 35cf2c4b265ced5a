/**
 * The man page nix-image(1), from the descriptions of the verbs.
 * @module
 */

import {
  type ArgumentModel,
  argumentTerm,
  type OptionGroup,
  type OptionModel,
  optionsOf,
  type VerbGroup,
  type VerbModel,
} from "./model.ts";
import { bold, entry, escaped, italic, prose, verbatim } from "./roff.ts";
import { ENVIRONMENT, EXIT_STATUS, FILES } from "./surroundings.ts";

const OWN_OPTIONS = "Options";

/** Its text, as roff for the macros of man(7). */
export function manPage(groups: readonly VerbGroup[], version: string): string {
  const verbs = groups.flatMap((group) => group.verbs);
  const shared = sharedGroups(verbs);
  return [
    `.TH NIX\\-IMAGE 1 "" "${escaped(`nix-image ${version}`)}" "User Commands"`,
    // Left-aligned, without hyphenation: names and options are not torn.
    ".nh",
    ".ad l",
    ".SH NAME",
    prose("nix-image - make, inspect and send container images of Nix store paths"),
    ".SH SYNOPSIS",
    `${bold("nix-image")} ${italic("command")} [${italic("options")}]`,
    ".SH DESCRIPTION",
    DESCRIPTION.map(prose).join("\n.PP\n"),
    ".SH COMMANDS",
    ...groups.map(overview),
    ...verbs.map((verb) => verbSection(verb, shared)),
    '.SH "OPTIONS OF SEVERAL COMMANDS"',
    ...shared.flatMap(({ heading, options }) => [
      `.SS "${escaped(heading)}"`,
      ...options.map(optionEntry),
    ]),
    ".SH FILES",
    ...FILES.map(([path, meaning]) => entry(italic(path), prose(meaning))),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.map(([names, meaning]) => entry(names.map(bold).join(", "), prose(meaning))),
    '.SH "EXIT STATUS"',
    ...EXIT_STATUS.map(([status, meaning]) => entry(bold(String(status)), prose(meaning))),
    ".SH EXAMPLES",
    ...EXAMPLES.flatMap(([text, command]) => [".PP", prose(text), verbatim(command)]),
    '.SH "SEE ALSO"',
    SEE_ALSO.map(([page, section]) => `${bold(page)}(${section})`).join(",\n"),
    "",
  ].join("\n");
}

const DESCRIPTION = [
  "nix-image makes container images of Nix store paths: without Docker, without root, and without " +
  "evaluating nixpkgs. It reads a spec, a JSON file whose fields are named as the arguments of " +
  "nixpkgs' dockerTools, and streams the image into a container engine, sends it to a registry, or " +
  "writes it to a file. The same spec and store paths always make the same bytes.",
  "Where an image is asked for, it may be a docker-archive (also one compressed by gzip, zstd, xz or " +
  "bzip2), an OCI archive, or the directory of an OCI layout.",
  "Results go to standard output or to the file that --output names. Progress, warnings and errors " +
  "go to standard error.",
];

const EXAMPLES = [
  [
    "A spec of an image with GNU hello, loaded into Docker:",
    `nix-build '<nixpkgs>' -A hello
echo '{"name": "hello", "contents": ["./result"],
  "config": {"Cmd": ["/bin/hello"]}}' > spec.json
nix-image stream spec.json | docker load`,
  ],
  ["Which store paths share a layer, and why:", "nix-image plan --explain spec.json"],
  [
    "Send it to a registry, without what the registry has:",
    "nix-image push spec.json docker://registry.example/team/app:1.0",
  ],
] as const;

const SEE_ALSO = [
  ["docker-load", 1],
  ["nix-build", 1],
  ["nix-store", 1],
  ["podman-load", 1],
  ["skopeo", 1],
  ["containers-auth.json", 5],
] as const;

/** Groups of options, besides the verbs' own, that several verbs have. */
function sharedGroups(verbs: readonly VerbModel[]): OptionGroup[] {
  const byContent = new Map<string, OptionGroup[]>();
  for (const group of verbs.flatMap(({ groups }) => groups)) {
    if (group.heading === OWN_OPTIONS) continue;
    const content = JSON.stringify(group);
    byContent.set(content, [...byContent.get(content) ?? [], group]);
  }
  return [...byContent.values()].flatMap(([group, ...others]) =>
    group === undefined || others.length === 0 ? [] : [group]
  );
}

function overview({ heading, verbs }: VerbGroup): string {
  const lines = verbs.map(({ name, summary }) => entry(bold(name), prose(summary)));
  return [".PP", `${escaped(heading)}:`, ...lines].join("\n");
}

function verbSection(verb: VerbModel, shared: readonly OptionGroup[]): string {
  const { name, paragraphs, groups, output, exitStatus, examples } = verb;
  const isShared = (group: OptionGroup) =>
    shared.some((other) => JSON.stringify(other) === JSON.stringify(group));
  const elsewhere = groups.filter(isShared).map(({ heading }) => heading);
  return [
    `.SS "${escaped(`nix-image ${name}`)}"`,
    synopsisOf(verb),
    ...paragraphs.map((text) => `.PP\n${prose(text)}`),
    ...verb.arguments.map(argumentEntry),
    ...groups.filter((group) => !isShared(group)).flatMap(({ heading, options }) => [
      ...heading === OWN_OPTIONS ? [] : [".PP", `${escaped(heading)}:`],
      ...options.map(optionEntry),
    ]),
    ...elsewhere.length === 0 ? [] : [
      ".PP",
      "And OPTIONS OF SEVERAL COMMANDS:",
      prose(`${elsewhere.join("; ")}.`),
    ],
    ".PP",
    `Output: ${prose(output)}`,
    ...exitStatus === undefined ? [] : [".PP", `Exit status: ${prose(exitStatus)}`],
    ".PP",
    examples.length === 1 ? "Example:" : "Examples:",
    verbatim(examples.join("\n")),
  ].join("\n");
}

function synopsisOf(verb: VerbModel): string {
  const needed = optionsOf(verb).filter(({ required }) => required)
    .map(({ long, value }) => `${bold(long)}${value ? ` ${italic(value.placeholder)}` : ""}`);
  return [
    `${bold(`nix-image ${verb.name}`)} [${italic("options")}]`,
    ...needed,
    ...verb.arguments.map((argument) => {
      const term = italic(argumentTerm(argument).slice(1, -1));
      return argument.required ? term : `[${term}]`;
    }),
  ].join(" ");
}

function argumentEntry(argument: ArgumentModel): string {
  const { placeholder, description } = argument;
  return entry(italic(placeholder), withChoices(description, argument));
}

function optionEntry({ short, long, value, description, byDefault }: OptionModel): string {
  const names = [...short === undefined ? [] : [short], long].map(bold).join(", ");
  const term = value === undefined ? names : `${names} ${italic(value.placeholder)}`;
  return entry(term, withChoices(description, value ?? { choices: [] }, byDefault));
}

function withChoices(
  description: string,
  { choices }: { readonly choices: readonly string[] },
  byDefault?: string,
): string {
  const said = [
    ...choices.length === 0 ? [] : [`one of ${choices.join(", ")}`],
    ...byDefault === undefined ? [] : [`default: ${byDefault}`],
  ].join("; ");
  return prose(said === "" ? description : `${description} (${said})`);
}
