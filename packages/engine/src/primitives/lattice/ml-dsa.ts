/**
 * ML-DSA (FIPS 204). OpenSSL signs and verifies messages. Deterministic signatures and signatures of digests (HashML-DSA),
 * which Node does not support, use our Dilithium arithmetic.
 */
import { sign, verify } from "node:crypto";
import type * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { hashOid } from "../hash/hash.ts";
import { privateKeyObject, publicKeyObject } from "../keys/key-objects.ts";
import { dilithiumSign, dilithiumVerify } from "./dilithium.ts";
import { ML_DSA, type MlDsaName } from "./dilithium-parameters.ts";
import type { Xof } from "./lattice-xof.ts";
import { dilithiumPublicParts, dilithiumSecretParts } from "./pqc-keys.ts";

export type Prehash = ck.HashName | Xof;

export interface MlDsaInput {
  /** The message, or its digest if there is `prehash`. */
  readonly data: Uint8Array;
  /** At most 255 bytes. */
  readonly context: Uint8Array;
  readonly prehash?: Prehash;
}

/** Length of the random bytes in a signature; zeros make it deterministic. */
export const ML_DSA_RANDOM_BYTES = 32;

/** OpenSSL makes a randomised signature. */
export function mlDsaSignMessage(pkcs8: Uint8Array, data: Uint8Array, context: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, data, { key: privateKeyObject(pkcs8), context }));
}

/** Throws EncodingError if OpenSSL rejects the key. */
export function mlDsaVerifyMessage(
  spki: Uint8Array,
  data: Uint8Array,
  context: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(null, data, { key: publicKeyObject(spki), context }, signature);
}

/** The private key is raw and expanded. */
export function mlDsaSign(name: MlDsaName, privateKey: Uint8Array, input: MlDsaInput, random: Uint8Array): Uint8Array {
  const set = ML_DSA[name];
  return dilithiumSign(set, dilithiumSecretParts(set, privateKey), encodedInput(input), random);
}

/** Returns false also for a signature of the wrong length. The public key is raw. */
export function mlDsaVerify(name: MlDsaName, publicKey: Uint8Array, input: MlDsaInput, signature: Uint8Array): boolean {
  return dilithiumVerify(ML_DSA[name], dilithiumPublicParts(publicKey), encodedInput(input), signature);
}

/** Returns M' of algorithms 2 and 4 in FIPS 204. */
function encodedInput({ data, context, prehash }: MlDsaInput): Uint8Array {
  const domain = Uint8Array.of(prehash === undefined ? 0 : 1, context.length);
  return prehash === undefined
    ? concatenate(domain, context, data)
    : concatenate(domain, context, hashOid(prehash), data);
}
