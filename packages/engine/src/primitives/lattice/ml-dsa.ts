/**
 * ML-DSA (FIPS 204). OpenSSL signs and verifies messages. Node does not support deterministic signatures and signatures of
 * digests (HashML-DSA); these use our Dilithium arithmetic, from which ML-DSA differs in two lengths and in the prefix of its
 * messages.
 */

import { sign, verify } from "node:crypto";
import type * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { hashOid } from "../hash/hash-oids.ts";
import { privateKeyObject, publicKeyObject } from "../keys/key-objects.ts";
import { dilithiumSign, dilithiumVerify } from "./dilithium.ts";
import { ML_DSA, type MlDsaName } from "./dilithium-parameters.ts";
import type { Xof } from "./lattice-xof.ts";
import { dilithiumPublicParts, dilithiumSecretParts } from "./pqc-keys.ts";

/** A hash function of HashML-DSA. */
export type Prehash = ck.HashName | Xof;

/** The input of a signature: a message or its digest, with a context of at most 255 bytes. */
export interface MlDsaInput {
  readonly data: Uint8Array;
  readonly context: Uint8Array;
  /** If present, `data` is a digest computed with this hash. */
  readonly prehash?: Prehash;
}

/** How many bytes of randomness a signature uses; zeros make it deterministic. */
export const ML_DSA_RANDOM_BYTES = 32;

/** Has OpenSSL make a randomised signature of a message. The key is a PrivateKeyInfo. */
export function mlDsaSignMessage(pkcs8: Uint8Array, data: Uint8Array, context: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, data, { key: privateKeyObject(pkcs8), context }));
}

/**
 * Returns whether the signature is valid for the message. The key is a SubjectPublicKeyInfo; throws EncodingError if OpenSSL
 * rejects it.
 */
export function mlDsaVerifyMessage(
  spki: Uint8Array,
  data: Uint8Array,
  context: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(null, data, { key: publicKeyObject(spki), context }, signature);
}

/** Signs with a raw expanded private key and 32 bytes, which are either random or zero. */
export function mlDsaSign(name: MlDsaName, privateKey: Uint8Array, input: MlDsaInput, random: Uint8Array): Uint8Array {
  const set = ML_DSA[name];
  return dilithiumSign(set, dilithiumSecretParts(set, privateKey), encodedInput(input), random);
}

/** Returns whether the signature is valid for the input; false also for a wrong length. The key is raw. */
export function mlDsaVerify(name: MlDsaName, publicKey: Uint8Array, input: MlDsaInput, signature: Uint8Array): boolean {
  return dilithiumVerify(ML_DSA[name], dilithiumPublicParts(publicKey), encodedInput(input), signature);
}

/** Returns M' of algorithms 2 and 4. */
function encodedInput({ data, context, prehash }: MlDsaInput): Uint8Array {
  const domain = Uint8Array.of(prehash === undefined ? 0 : 1, context.length);
  return prehash === undefined
    ? concatenate(domain, context, data)
    : concatenate(domain, context, hashOid(prehash), data);
}
