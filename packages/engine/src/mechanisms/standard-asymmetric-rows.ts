/** Rows of PKCS #11 v3.2 behind IBM's list that work with key pairs, and derivations. */
import type { MechanismRow } from "./row.ts";

/** In list order. */
export const STANDARD_ASYMMETRIC_ROWS: readonly MechanismRow[] = [];
