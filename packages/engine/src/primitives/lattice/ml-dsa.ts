/**
 * ML-DSA (FIPS 204). OpenSSL signs and verifies messages. What Node does not offer, signing without randomness and signing
 * digests (HashML-DSA), uses our Dilithium arithmetic, from which ML-DSA differs in two lengths and the prefix of its messages.
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

/** What is signed: a message or its digest, with a context of at most 255 bytes. */
export interface MlDsaInput {
  readonly data: Uint8Array;
  readonly context: Uint8Array;
  /** `data` is a digest made with this hash. */
  readonly prehash?: Prehash;
}

/** How many random bytes a signature needs; zeros make it deterministic. */
export const ML_DSA_RANDOM_BYTES = 32;

/** A hedged signature of a message, by OpenSSL. The key is a PrivateKeyInfo. */
export function mlDsaSignMessage(pkcs8: Uint8Array, data: Uint8Array, context: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, data, { key: privateKeyObject(pkcs8), context }));
}

/** Whether the signature verifies for the message. The key is a SubjectPublicKeyInfo; throws EncodingError if OpenSSL rejects it. */
export function mlDsaVerifyMessage(
  spki: Uint8Array,
  data: Uint8Array,
  context: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(null, data, { key: publicKeyObject(spki), context }, signature);
}

/** Signs with a raw expanded private key and 32 bytes that are random, or zero. */
export function mlDsaSign(name: MlDsaName, privateKey: Uint8Array, input: MlDsaInput, random: Uint8Array): Uint8Array {
  const set = ML_DSA[name];
  return dilithiumSign(set, dilithiumSecretParts(set, privateKey), encodedInput(input), random);
}

/** Whether the signature verifies for the input. The key is raw. False also for a wrong length. */
export function mlDsaVerify(name: MlDsaName, publicKey: Uint8Array, input: MlDsaInput, signature: Uint8Array): boolean {
  return dilithiumVerify(ML_DSA[name], dilithiumPublicParts(publicKey), encodedInput(input), signature);
}

/** M' of algorithms 2 and 4. */
function encodedInput({ data, context, prehash }: MlDsaInput): Uint8Array {
  const domain = Uint8Array.of(prehash === undefined ? 0 : 1, context.length);
  return prehash === undefined
    ? concatenate(domain, context, data)
    : concatenate(domain, context, hashOid(prehash), data);
}
