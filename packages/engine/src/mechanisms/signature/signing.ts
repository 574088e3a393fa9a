/** The code that the families of signature mechanisms share. */
import * as ck from "@grep11/cryptoki";
import { hash, hashFinal, hashInit, hashUpdate } from "../../primitives/hash/hash.ts";
import type { Family, RunningState } from "../family.ts";
import { requireHashState } from "../hash-rows.ts";

/** The methods that sign a digest in one call. */
export type DigestSigner<P> = Pick<Family<P>, "cost" | "requireKey"> & Required<Pick<Family<P>, "sign" | "verify">>;

/** Returns the family that hashes a message, in parts or at once, and signs its digest. */
export function hashAndSign<P>(name: ck.HashName, signer: DigestSigner<P>): Family<P> {
  const digestOf = (runningState: RunningState) => hashFinal(requireHashState(runningState, name));
  return {
    ...(signer.cost && { cost: signer.cost }),
    ...(signer.requireKey && { requireKey: signer.requireKey }),
    sign: (key, parameter, data, random) => signer.sign(key, parameter, hash(name, data), random),
    verify: (key, parameter, data, signature) => signer.verify(key, parameter, hash(name, data), signature),
    signatureInit: () => hashInit(name),
    signatureUpdate: (_key, _parameter, runningState, data) => hashUpdate(requireHashState(runningState, name), data),
    signFinal: (key, parameter, runningState, random) => signer.sign(key, parameter, digestOf(runningState), random),
    verifyFinal: (key, parameter, runningState, signature) =>
      signer.verify(key, parameter, digestOf(runningState), signature),
  };
}

/** Returns the family that signs a digest that the caller has computed. Throws CKR_DATA_LEN_RANGE if the digest is empty. */
export function signGivenDigest<P>(signer: DigestSigner<P>): Family<P> {
  return {
    ...signer,
    sign: (key, parameter, data, random) => signer.sign(key, parameter, requireData(data), random),
    verify: (key, parameter, data, signature) => signer.verify(key, parameter, requireData(data), signature),
  };
}

function requireData(data: Uint8Array): Uint8Array {
  if (data.length === 0) throw ck.CkError.dataLenRange("there is no digest to sign");
  return data;
}

/**
 * Returns `signature`, which was computed in JavaScript. Throws CKR_DEVICE_ERROR unless `verify` accepts it: a faulty signature
 * could reveal the private key (docs/reference/security.md#signature-faults).
 */
export function verifyAfterSign(signature: Uint8Array, verify: (signature: Uint8Array) => boolean): Uint8Array {
  if (verify(signature)) return signature;
  throw new ck.CkError(ck.CKR_DEVICE_ERROR, "the signature does not verify");
}

/** Returns the result of `use`. Throws CKR_PUBLIC_KEY_INVALID if `use` throws, because a caller's public key may be invalid. */
export function withAnyKey<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new ck.CkError(ck.CKR_PUBLIC_KEY_INVALID, "the public key is not valid", { cause: error });
  }
}
