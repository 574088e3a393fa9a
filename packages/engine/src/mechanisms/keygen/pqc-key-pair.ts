/** What the post-quantum families share: new key pairs, and the raw keys in opened ones. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import { numberedSetIn } from "../../objects/parameter-sets.ts";
import { keyTypeOf } from "../../objects/parsed-key-type.ts";
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

/** A new key pair of `set`. */
export function newKeyPair(set: PqcSet, random: RandomSource): KeyPairMaterial {
  const key = generatePqcKeyPair(set, random);
  const keyType = keyTypeOf(key);
  return {
    publicKey: { objectClass: ck.CKO_PUBLIC_KEY, keyType, value: keyEncodings.encodePublicKey(key) },
    privateKey: { objectClass: ck.CKO_PRIVATE_KEY, keyType, value: keyEncodings.encodePrivateKey(key) },
  };
}

/**
 * The generation of pairs of `algorithm` by CKA_PARAMETER_SET or CKA_IBM_PARAMETER_SET, under the standard's number of the
 * mechanism or under IBM's. Errors: those of numberedSetIn; a set that the algorithm has not is
 * CKR_PARAMETER_SET_NOT_SUPPORTED or, under IBM's number, CKR_IBM_PQC_PARAMS_NOT_SUPPORTED (docs/reference/ep11.md#ibm-errors).
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

/** The raw key of a public key of `algorithm`. Throws CKR_KEY_TYPE_INCONSISTENT. */
export function rawPublicKey<A extends Algorithm>(key: Key, algorithm: A): RawPublicKey<A> {
  const parsed = keyEncodings.parsePublicKey(key.value);
  if (parsed.type !== "pqc") throw otherAlgorithm();
  return { set: requireSet(parsed.set, algorithm), publicKey: parsed.publicKey };
}

/** The raw keys of a private key of `algorithm`. Throws CKR_KEY_TYPE_INCONSISTENT. */
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
