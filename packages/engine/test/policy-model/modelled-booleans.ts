/** Defines the booleans of keys in the model, their names, and choices of them for templates. */
import * as ck from "@grep11/cryptoki";
import { bitOf } from "../../src/objects/booleans.ts";

export const E = bitOf(ck.CKA_ENCRYPT);
export const D = bitOf(ck.CKA_DECRYPT);
export const S = bitOf(ck.CKA_SIGN);
export const V = bitOf(ck.CKA_VERIFY);
export const W = bitOf(ck.CKA_WRAP);
export const U = bitOf(ck.CKA_UNWRAP);
export const A = bitOf(ck.CKA_DERIVE);
export const DATA = bitOf(ck.CKA_IBM_USE_AS_DATA);
export const X = bitOf(ck.CKA_EXTRACTABLE);
export const WWT = bitOf(ck.CKA_WRAP_WITH_TRUSTED);
export const TRUSTED = bitOf(ck.CKA_TRUSTED);
export const LOCAL = bitOf(ck.CKA_LOCAL);
export const MODIFIABLE = bitOf(ck.CKA_MODIFIABLE);
export const BOUND = bitOf(ck.CKA_IBM_ATTRBOUND);

export const RIGHTS = E | D | S | V | W | U | A | DATA;

/** The booleans that the model considers. All others make no difference to it. */
export const MODELLED = RIGHTS | X | WWT | TRUSTED | LOCAL | MODIFIABLE | BOUND;

const NAMES: readonly (readonly [number, string])[] = [
  [LOCAL, "made here"],
  [X, "extractable"],
  [WWT, "WRAP_WITH_TRUSTED"],
  [TRUSTED, "TRUSTED"],
  [BOUND, "attribute-bound"],
  [E, "ENCRYPT"],
  [D, "DECRYPT"],
  [S, "SIGN"],
  [V, "VERIFY"],
  [W, "WRAP"],
  [U, "UNWRAP"],
  [A, "DERIVE"],
  [DATA, "USE_AS_DATA"],
];

export function namesOf(booleans: number, except = 0): string {
  const names = NAMES.filter(([bit]) => (booleans & bit & ~except) !== 0).map(([, name]) => name);
  return names.length === 0 ? "no right" : names.join(", ");
}

/**
 * Choices of the attributes that decide how a key may leave: not at all, under any KEK, or only under a trusted KEK.
 */
export const LEAVINGS: readonly number[] = [0, X, X | WWT];

/** Returns every combination of `purposes`, each of which is a set of rights. */
export function choicesOf(purposes: readonly number[]): number[] {
  const count = 2 ** purposes.length;
  return Array.from({ length: count }, (_, choice) =>
    purposes.reduce((word, purpose, index) => ((choice >> index) & 1 ? word | purpose : word), 0),
  );
}
