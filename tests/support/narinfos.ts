/**
 * What Nix 2.8 wrote with `nix copy --to file://…?secret-key=…`.
 * @module
 */

import { parseStorePath } from "../../src/store/store_path.ts";

/** The key that has signed both. */
export const PUBLIC_KEY = "test-1:nQv3MJ72UxGwG+60M7/aHX4JITemf/RuG86rem2Quf4=";

/** A path that refers to itself and to another one. */
export const ITSELF = {
  path: parseStorePath("/nix/store/lmrad33gbw75k3vml7abq21428xdyh3q-itself"),
  reference: parseStorePath("/nix/store/bkrjp2vamhiy88r9qsz78wd6n6gd9z4y-hello"),
  /** By `nix-hash --to-base16`. */
  narHash: "sha256:3ad885d5a3ffb5610eea820ac50e827d7ee2d4c4b7d75353f12b4c952002cad5",
  signature: "test-1:elDBJbDAeUJ6w6Tlokz8KJ24GG9qNsmUu2MjEjTr6Ful466d9gbKjOaBuOUnWTGO/RWbqUKxRu3" +
    "Vs9t9SE/5Aw==",
  text: `StorePath: /nix/store/lmrad33gbw75k3vml7abq21428xdyh3q-itself
URL: nar/1mfa08h9ak1by59m7mxpqkaf4zkxh87ca2l2x8763dgzlgaqbn1s.nar
Compression: none
FileHash: sha256:1mfa08h9ak1by59m7mxpqkaf4zkxh87ca2l2x8763dgzlgaqbn1s
FileSize: 216
NarHash: sha256:1mfa08h9ak1by59m7mxpqkaf4zkxh87ca2l2x8763dgzlgaqbn1s
NarSize: 216
References: bkrjp2vamhiy88r9qsz78wd6n6gd9z4y-hello lmrad33gbw75k3vml7abq21428xdyh3q-itself
Deriver: 4pr0ldys4927qwbzfd0ad5jaxhdnsi1s-itself.drv
Sig: test-1:elDBJbDAeUJ6w6Tlokz8KJ24GG9qNsmUu2MjEjTr6Ful466d9gbKjOaBuOUnWTGO/RWbqUKxRu3Vs9t9SE/5Aw==
`,
};

/** A directory with one file, of `nix store add-path`. */
export const ADDED = {
  path: parseStorePath("/nix/store/qhr2hq2mkiszwi1xg99cl89vw8xsx3yl-d"),
  text: `StorePath: /nix/store/qhr2hq2mkiszwi1xg99cl89vw8xsx3yl-d
URL: nar/18z4yyrr4d19j50irxxczhxnd6rxkgbzbmrfi11k2ill9bvggxpm.nar.xz
Compression: xz
FileHash: sha256:18z4yyrr4d19j50irxxczhxnd6rxkgbzbmrfi11k2ill9bvggxpm
FileSize: 168
NarHash: sha256:19l59z9nbs59axnhw6iqsz5bdagqb22kf0dp2zhkiq5m4b6k5247
NarSize: 288
References: 
Sig: test-1:chrP2F1iIzYFDdLk+b4AmlE4kqBsHeImRhYgp4Y3QF4S3vx5qZrP+kBmam1kikW1g7UGviYDqKi9FWOS5wr9CA==
CA: fixed:r:sha256:19l59z9nbs59axnhw6iqsz5bdagqb22kf0dp2zhkiq5m4b6k5247
`,
};
