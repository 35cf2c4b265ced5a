/**
 * The environment in which the demo and the tests start Nix.
 * @module
 */

/**
 * What to add to the environment of `nix-build`. Nothing on a machine where Nix is set up. As root
 * without the group of build users (a container with Debian's nix-bin, say) a build would fail:
 * there, and for this one call only, builds run as root and without a sandbox.
 */
export function nixEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  if (Deno.env.get("USER") === undefined && Deno.uid() === 0) environment.USER = "root";
  if (Deno.uid() === 0 && !/^nixbld:/m.test(Deno.readTextFileSync("/etc/group"))) {
    const own = Deno.env.get("NIX_CONFIG");
    environment.NIX_CONFIG = [...own ? [own] : [], "build-users-group =", "sandbox = false"].join(
      "\n",
    );
  }
  return environment;
}
