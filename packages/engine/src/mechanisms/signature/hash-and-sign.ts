/** What all hash-and-sign mechanisms share: they hash the message, in parts or at once, and sign its digest. */
import type * as ck from "@grep11/cryptoki";
import { hash, hashFinal, hashInit, hashUpdate } from "../../primitives/hash/hash.ts";
import type { Family, RunningState } from "../family.ts";
import { requireHashState } from "../hash-rows.ts";

/** The methods of a family that signs a digest in one call. */
export type DigestSigner<P> = Pick<Family<P>, "cost" | "requireKey"> & Required<Pick<Family<P>, "sign" | "verify">>;

/** Returns the family that hashes with `name` and has `signer` sign the digest. Its running state is the state of the hash. */
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
