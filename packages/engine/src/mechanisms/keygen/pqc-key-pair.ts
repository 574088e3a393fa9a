/** What the post-quantum families share: generating key pairs, and getting the raw keys from opened ones. */
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

/** Generates a key pair of the parameter set. */
export function newKeyPair(set: PqcSet, random: RandomSource): KeyPairMaterial {
  const key = generatePqcKeyPair(set, random);
  const keyType = keyTypeOf(key);
  return {
    publicKey: { objectClass: ck.CKO_PUBLIC_KEY, keyType, value: keyEncodings.encodePublicKey(key) },
    privateKey: { objectClass: ck.CKO_PRIVATE_KEY, keyType, value: keyEncodings.encodePrivateKey(key) },
  };
}

/**
 * Returns the family that generates key pairs of `algorithm` for the parameter set in CKA_PARAMETER_SET or
 * CKA_IBM_PARAMETER_SET, with the standard's mechanism number or with IBM's. Errors: those of numberedSetIn; for a set that
 * the algorithm does not have, CKR_PARAMETER_SET_NOT_SUPPORTED or, with IBM's number, CKR_IBM_PQC_PARAMS_NOT_SUPPORTED
 * (docs/reference/ep11.md#ibm-errors).
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

/** Returns the raw key of an opened public key of `algorithm`. Throws CKR_KEY_TYPE_INCONSISTENT for other keys. */
export function rawPublicKey<A extends Algorithm>(key: Key, algorithm: A): RawPublicKey<A> {
  const parsed = keyEncodings.parsePublicKey(key.value);
  if (parsed.type !== "pqc") throw otherAlgorithm();
  return { set: requireSet(parsed.set, algorithm), publicKey: parsed.publicKey };
}

/** Returns the raw keys of an opened private key of `algorithm`. Throws CKR_KEY_TYPE_INCONSISTENT for other keys. */
export function rawPrivateKey<A extends Algorithm>(key: Key, algorithm: A): RawPrivateKey<A> {
  const parsed = keyEncodings.parsePrivateKey(key.value);
  if (parsed.type !== "pqc") throw otherAlgorithm();
  const set = requireSet(parsed.set, algorithm);
  const privateKey = parsed.privateKey ?? completePqcKey(parsed).privateKey;
  return { set, privateKey, publicKey: pqcPublicKeyOf(parsed).publicKey };
}

function requireSet<A extends Algorithm>(set: PqcSet, algorithm: A): SetOf<A> {
  if (isOf(set, algorithm)) return set;
  throw otherAlgorithm();
}

function isOf<A extends Algorithm>(set: PqcSet, algorithm: A): set is SetOf<A> {
  return set.algorithm === algorithm;
}

function otherAlgorithm(): ck.CkError {
  return ck.CkError.keyTypeInconsistent("the key is of another algorithm");
}
