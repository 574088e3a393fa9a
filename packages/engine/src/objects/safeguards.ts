/**
 * Rules about rights and transport that control points alone do not give. Every policy keeps all of them; those about rights
 * that exclude each other have an effect where the control point of the exclusion is off (docs/policy-model.md shows the
 * attack that works without each).
 */

/** What each safeguard says, for documents. */
export const SAFEGUARDS = {
  "rights are remembered":
    "rights that exclude each other do so from the first time they were set, whatever was taken away since",
  "purpose is settled":
    "a key gets a right later only if it had one of the same purpose when it was made, or one that rules out what excludes it: a copy of its blob may have got the other",
  "halves are one key": "the two halves of a pair count as one key: what one half may do rules out rights of the other",
  "KEKs are made here":
    "WrapKey takes only KEKs that were generated here and whose value nobody brought in or chose, or that are CKA_TRUSTED",
  "KEKs stay":
    "a key that ever had CKA_WRAP or CKA_UNWRAP leaves only attribute-bound, with its rights and its history",
  "trusted transport is kept":
    "a key that is unwrapped under a trusted KEK leaves only under a trusted one: it may have had CKA_WRAP_WITH_TRUSTED",
} as const;

export type Safeguard = keyof typeof SAFEGUARDS;

/** All of them: what a policy has that does not say otherwise. */
export const ALL_SAFEGUARDS: ReadonlySet<Safeguard> = new Set(Object.keys(SAFEGUARDS) as Safeguard[]);
