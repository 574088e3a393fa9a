/**
 * Rules about rights and transport beyond the control points. All of them apply in every policy; those about exclusive rights
 * matter where the control point of the exclusion is off (docs/policy-model.md shows the attack that works without each).
 */

/** Each safeguard and its rule, for documents. */
export const SAFEGUARDS = {
  "rights are remembered":
    "exclusive rights exclude each other from the first time one of them is set, even if it is removed later",
  "purpose is settled":
    "a key gets another right later only if it already had one of the same purpose, or one that excludes the opposite purpose: a copy of its blob may have been given that",
  "halves are one key": "the two halves of a pair count as one key: rights of one half exclude rights of the other",
  "KEKs are made here":
    "WrapKey accepts only KEKs that were generated here, not from a password, or that are CKA_TRUSTED",
  "KEKs stay":
    "a key that ever had CKA_WRAP or CKA_UNWRAP leaves only as an attribute-bound key, with its rights and its history",
  "trusted transport is kept":
    "a key that was unwrapped with a trusted KEK leaves only under a trusted one: it may have had CKA_WRAP_WITH_TRUSTED",
} as const;

export type Safeguard = keyof typeof SAFEGUARDS;

/** All of them, the default of a policy. */
export const ALL_SAFEGUARDS: ReadonlySet<Safeguard> = new Set(Object.keys(SAFEGUARDS) as Safeguard[]);
