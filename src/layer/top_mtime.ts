/** The time that nixpkgs' builds give to what they make: 1980-01-01, the first that ZIP can hold. */
export const TOP_MTIME = 315532800;
