/**
 * Debian's package indices by `apt-get`, which checks their signatures: in a directory of their
 * own, so that nothing of the machine's changes, and root is not needed.
 * @module
 */

import { output } from "../figures.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** An index. */
export interface PackageIndex {
  /** The text of `Packages`. */
  readonly text: string;
  /** The mirror and the date of the suite's release file. */
  readonly origin: string;
}

/** The indices of suites, such as `bookworm` and `bookworm-security`. */
export async function aptIndices(
  suites: readonly string[],
  { mirror, architecture, directory }: { mirror: string; architecture: string; directory: string },
): Promise<Map<string, PackageIndex>> {
  const archive = (suite: string) => suite.endsWith("-security") ? "debian-security" : "debian";
  const options = `[signed-by=${KEYRING} arch=${architecture}]`;
  await Deno.mkdir(`${directory}/lists/partial`, { recursive: true });
  await Deno.writeTextFile(
    `${directory}/sources.list`,
    suites.map((suite) => `deb ${options} ${mirror}/${archive(suite)} ${suite} main\n`).join(""),
  );
  const settings = [
    `Dir::Etc::sourcelist=${directory}/sources.list`,
    "Dir::Etc::sourceparts=-",
    `Dir::State::Lists=${directory}/lists`,
    `Dir::Cache=${directory}`,
    "Acquire::Languages=none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
    "APT::Sandbox::User=",
  ].flatMap((setting) => ["-o", setting]);
  await output(["apt-get", ...settings, "--error-on=any", "update"]);
  const format = ["--format", "$(RELEASE) $(FILENAME)", "Identifier: Packages"];
  const targets = await output(["apt-get", ...settings, "indextargets", ...format]);

  const indices = new Map<string, PackageIndex>();
  for (const line of targets.trim().split("\n")) {
    const [suite = "", file = ""] = line.split(" ");
    const release = await Deno.readTextFile(file.replace(/_main_binary-.*/, "_InRelease"));
    const [, date = ""] = /^Date: (.*)$/m.exec(release) ?? [];
    indices.set(suite, {
      text: await output(["/usr/lib/apt/apt-helper", ...settings, "cat-file", file]),
      origin: `${mirror}/${archive(suite)}, ${date}`,
    });
  }
  return indices;
}
