/** In each of these policies one rule is switched off. The search must find the attack that the rule prevents. */
import * as ck from "@grep11/cryptoki";
import {
  ALL_SAFEGUARDS,
  adjustPolicy,
  HPCS_POLICY,
  type Policy,
  type Safeguard,
  STRICT_POLICY,
} from "../../src/objects/policy/policy.ts";
import type { SearchOptions } from "./search.ts";

/** What the shipped policies promise, and which KEKs operators are advised to trust under them. */
export const STRICT: SearchOptions = { operatorTrusts: "any", keepsExtractable: true };
export const HPCS: SearchOptions = { operatorTrusts: "own", keepsExtractable: false };

export interface Hole {
  readonly name: string;
  readonly policy: Policy;
  readonly options: SearchOptions;
}

function without(base: Policy, safeguard: Safeguard): Policy {
  const safeguards = new Set(ALL_SAFEGUARDS);
  safeguards.delete(safeguard);
  return { ...base, name: `${base.name} without "${safeguard}"`, safeguards };
}

const switchedOn = (base: Policy, name: string, controlPoint: number) =>
  adjustPolicy(base, `${base.name} with ${name}`, { on: [controlPoint] });

const strict = (name: string, policy: Policy): Hole => ({ name, policy, options: STRICT });
const hpcs = (name: string, policy: Policy): Hole => ({ name, policy, options: HPCS });

export const HOLES: readonly Hole[] = [
  strict(
    "keys may both wrap and decrypt (XCP_CPB_WRAP_CRYPT_KEYS on)",
    switchedOn(STRICT_POLICY, "WRAP_CRYPT_KEYS", ck.XCP_CPB_WRAP_CRYPT_KEYS),
  ),
  strict("removed rights are forgotten", without(STRICT_POLICY, "rights are remembered")),
  strict("a key without a purpose may get one later", without(STRICT_POLICY, "purpose is settled")),
  strict("the halves of a pair are checked separately", without(STRICT_POLICY, "halves are one key")),
  strict("any key with CKA_WRAP is a KEK, whatever its origin", without(STRICT_POLICY, "KEKs are made here")),
  strict("KEKs leave like other keys", without(STRICT_POLICY, "KEKs stay")),
  strict("keys may both unwrap and derive", {
    ...STRICT_POLICY,
    name: "strict with derivation",
    mixesDerivation: true,
  }),
  strict(
    "public keys without MAC are KEKs (XCP_CPB_WRAP_WITH_RAW_SPKI on)",
    switchedOn(STRICT_POLICY, "WRAP_WITH_RAW_SPKI", ck.XCP_CPB_WRAP_WITH_RAW_SPKI),
  ),
  hpcs("a key unwrapped with a trusted KEK may leave under any KEK", without(HPCS_POLICY, "trusted transport is kept")),
  hpcs(
    "callers can make keys trusted (XCP_CPB_USER_SET_TRUSTED on)",
    switchedOn(HPCS_POLICY, "USER_SET_TRUSTED", ck.XCP_CPB_USER_SET_TRUSTED),
  ),
];
