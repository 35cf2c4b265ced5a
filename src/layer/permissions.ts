/**
 * Ownership, mode and extended attributes by rule.
 * @module
 */

import { Buffer } from "node:buffer";
import { parseCapabilities } from "../spec/capabilities.ts";
import type { PermissionRule } from "../spec/image_spec.ts";
import { parsePathPattern, type PathPattern } from "../spec/path_pattern.ts";
import { STORE_DIR } from "../store/store_path.ts";
import type { MemberType } from "../tar/tar_header.ts";

/** What rules set. */
export interface Attributes {
  /** User, by number. */
  readonly uid: number;
  /** Group, by number. */
  readonly gid: number;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  /** Extended attributes by full name. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined;
}

type ExtendedAttribute = readonly [name: string, value: Uint8Array];

/** Where Linux keeps the capabilities of a file. */
const CAPABILITY = "security.capability";

/** A rule that is ready to be applied. */
interface Rule {
  readonly rule: PermissionRule;
  readonly pattern: PathPattern;
  /** Capabilities are one of them. */
  readonly xattrs: readonly ExtendedAttribute[];
  used: boolean;
}

/** The rules of a spec; where several set the same attribute of a path, the last one wins. */
export class PermissionRules {
  /** Whether a rule may match what store layers hold: `/nix`, `/nix/store` or something below. */
  readonly touchStore: boolean;
  /** Whether a rule sets what the pax format alone can hold. */
  readonly needPax: boolean;
  /** What determines the effect, for a layer's identity. */
  readonly identity: string;
  readonly #rules: readonly Rule[];

  /**
   * Rules in the order of the spec.
   *
   * @throws {Error} if a pattern or a text of capabilities can not be read.
   */
  constructor(rules: readonly PermissionRule[]) {
    this.#rules = rules.map((rule) => ({
      rule,
      pattern: parsePathPattern(rule.path),
      xattrs: extendedAttributes(rule),
      used: false,
    }));
    this.touchStore = this.#rules.some(({ pattern }) =>
      pattern.matches("/nix") || pattern.reaches(STORE_DIR)
    );
    this.needPax = this.#rules.some(({ xattrs }) => xattrs.length > 0);
    this.identity = JSON.stringify(
      rules.map((
        { path, type, uid, gid, mode, xattrs, capabilities },
      ) => [path, type, uid, gid, mode, Object.entries(xattrs ?? {}), capabilities]),
    );
  }

  /**
   * The attributes of a path; the object that was given where no rule applies.
   *
   * The mode of a symlink stays. Files alone get capabilities, files and directories alone what
   * begins with `user.`: Linux refuses the rest.
   *
   * @param path absolute; "/" is the root
   */
  apply(path: string, type: MemberType, attributes: Attributes): Attributes {
    let result = attributes;
    for (const rule of this.#rules) {
      if (rule.rule.type !== undefined && rule.rule.type !== type) continue;
      if (!rule.pattern.matches(path)) continue;
      const { uid, gid } = rule.rule;
      const mode = type === "symlink" ? undefined : rule.rule.mode;
      const xattrs = rule.xattrs.filter(([name]) => mayHave(type, name));
      if (uid === undefined && gid === undefined && mode === undefined && xattrs.length === 0) {
        continue;
      }
      rule.used = true;
      result = {
        uid: uid ?? result.uid,
        gid: gid ?? result.gid,
        mode: mode ?? result.mode,
        xattrs: xattrs.length === 0 ? result.xattrs : new Map([...result.xattrs ?? [], ...xattrs]),
      };
    }
    return result;
  }

  /** The rules that had an effect on no path so far: for a notice. */
  unmatched(): readonly PermissionRule[] {
    return this.#rules.filter(({ used }) => !used).map(({ rule }) => rule);
  }
}

function extendedAttributes({ xattrs = {}, capabilities }: PermissionRule): ExtendedAttribute[] {
  const attributes = Object.entries(xattrs).map((
    [name, value],
  ): ExtendedAttribute => [name, new Uint8Array(Buffer.from(value, "base64"))]);
  if (capabilities !== undefined) attributes.push([CAPABILITY, parseCapabilities(capabilities)]);
  return attributes;
}

/** What Linux lets something of this type have (xattr(7)). */
function mayHave(type: MemberType, name: string): boolean {
  if (name === CAPABILITY) return type === "file";
  return !name.startsWith("user.") || type === "file" || type === "directory";
}
