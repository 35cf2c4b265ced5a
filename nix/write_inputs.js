// Writes the store paths that a derivation names as its inputs, and $also, so that Nix finds them
// all when it looks for the references of the output: write_inputs.js OUT DRV. They have to be
// inputs of this very build.

const [out, drv] = Deno.args;
const made = new Map();
const { inputs, sources } = read(drv);
const outputs = inputs.flatMap(([input, names]) => names.map((name) => outputOf(input, name)));
const also = Deno.readTextFileSync(Deno.env.get("alsoPath"));
Deno.writeTextFileSync(out, [...outputs, ...sources, also, ""].join("\n"));

function outputOf(input, name) {
  if (!made.has(input)) made.set(input, read(input).outputs);
  return made.get(input).find(([output]) => output === name)[1];
}

/** The first three fields of a derivation, whose strings have nothing that is escaped. */
function read(file) {
  const [, fields] = /^Derive\((.*?\]),"/.exec(Deno.readTextFileSync(file)) ?? [];
  if (fields === undefined) throw new Error(`${file}: not a derivation as Nix writes them`);
  const json = fields.replaceAll("(", "[").replaceAll(")", "]");
  const [outputs, inputs, sources] = JSON.parse(`[${json}]`);
  return { outputs, inputs, sources };
}
