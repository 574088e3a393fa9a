/** The code that the families of post-quantum mechanisms share. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import { keyTypeOf } from "../../objects/key-types.ts";
import { numberedSetIn } from "../../objects/parameter-sets.ts";
import * as keyEncodings from "../../primitives/keys/key-encodings.ts";
import { completePqcKey, generatePqcKeyPair, pqcPublicKeyOf } from "../../primitives/lattice/pqc-keys.ts";
import type { PqcSet } from "../../primitives/lattice/pqc-sets.ts";
import type { RandomSource } from "../../primitives/random.ts";
import type { Family, KeyPairMaterial } from "../family.ts";

type Algorithm = PqcSet["algorithm"];
type SetOf<A extends Algorithm> = Extract<PqcSet, { readonly algorithm: A }>;

export interface RawPublicKey<A extends Algorithm> {
  readonly set: SetOf<A>;
  readonly publicKey: Uint8Array;
}

export interface RawPrivateKey<A extends Algorithm> extends RawPublicKey<A> {
  readonly privateKey: Uint8Array;
}

export function newKeyPair(set: PqcSet, random: RandomSource): KeyPairMaterial {
  const key = generatePqcKeyPair(set, random);
  const keyType = keyTypeOf(key);
  return {
    publicKey: { objectClass: ck.CKO_PUBLIC_KEY, keyType, value: keyEncodings.encodePublicKey(key) },
    privateKey: { objectClass: ck.CKO_PRIVATE_KEY, keyType, value: keyEncodings.encodePrivateKey(key) },
  };
}

/**
 * Generates key pairs for the parameter set in CKA_PARAMETER_SET or CKA_IBM_PARAMETER_SET. For a set that the algorithm does
 * not have, IBM's mechanism throws another error than the standard one (docs/reference/ep11.md#ibm-errors). Other errors:
 * those of numberedSetIn.
 */
export function numberedKeyPairGen(
  algorithm: "ml-dsa" | "ml-kem" | "slh-dsa",
  naming: "standard" | "ibm",
): Family<undefined> {
  const unsupported = naming === "ibm" ? ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED : ck.CKR_PARAMETER_SET_NOT_SUPPORTED;
  return {
    generateKeyPair: (_parameter, publicTemplate, privateTemplate, random) =>
      newKeyPair(numberedSetIn([publicTemplate, privateTemplate], algorithm, unsupported), random),
  };
}

/** Throws CKR_KEY_TYPE_INCONSISTENT for keys of other algorithms. */
export function rawPublicKey<A extends Algorithm>(key: Key, algorithm: A): RawPublicKey<A> {
  const parsed = keyEncodings.parsePublicKey(key.value);
  if (parsed.type !== "pqc") throw otherAlgorithm();
  return { set: requireSet(parsed.set, algorithm), publicKey: parsed.publicKey };
}

/** Throws CKR_KEY_TYPE_INCONSISTENT for keys of other algorithms. */
export function rawPrivateKey<A extends Algorithm>(key: Key, algorithm: A): RawPrivateKey<A> {
  const parsed = keyEncodings.parsePrivateKey(key.value);
  if (parsed.type !== "pqc") throw otherAlgorithm();
  const set = requireSet(parsed.set, algorithm);
  const privateKey = parsed.privateKey ?? completePqcKey(parsed).privateKey;
  return { set, privateKey, publicKey: pqcPublicKeyOf(parsed).publicKey };
}

function requireSet<A extends Algorithm>(set: PqcSet, algorithm: A): SetOf<A> {
  if (set.algorithm === algorithm) return set as SetOf<A>;
  throw otherAlgorithm();
}

function otherAlgorithm(): ck.CkError {
  return ck.CkError.keyTypeInconsistent("the key is of another algorithm");
}
