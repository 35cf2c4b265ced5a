// Writes the reference graph that Nix gives to a derivation with structured attributes (plain
// exportReferencesGraph has no sizes): write_graph.js OUT.

const [out] = Deno.args;
const { graph } = JSON.parse(Deno.readTextFileSync(".attrs.json"));
Deno.writeTextFileSync(out, JSON.stringify(graph));
