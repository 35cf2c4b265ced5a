// Writes the files that a Nix function asks for. The builder of small derivations, so that these
// need neither a shell nor coreutils: write_files.js OUT, with a JSON array in the file $filesPath.

const [out] = Deno.args;
const files = JSON.parse(Deno.readTextFileSync(Deno.env.get("filesPath")));
for (const { path, text, link, executable } of files) {
  const file = `${out}${path}`;
  // Without text and link it is a directory.
  const directory = text === undefined && link === undefined ? file : file.replace(/\/[^/]*$/, "");
  Deno.mkdirSync(directory, { recursive: true });
  if (link !== undefined) Deno.symlinkSync(link, file);
  else if (text !== undefined) Deno.writeTextFileSync(file, text);
  if (executable) Deno.chmodSync(file, 0o755);
}
