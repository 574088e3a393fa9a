/** The code that the families of MAC mechanisms share: signing computes the MAC, verifying compares it. */
import { timingSafeEqual } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { Mac } from "../../primitives/mac/mac.ts";
import type { Family, RunningState } from "../family.ts";

/**
 * Returns the family of the MAC that `macOf` creates. Errors: CKR_SIGNATURE_LEN_RANGE for a MAC of another length,
 * CKR_SAVED_STATE_INVALID for a running state of another mechanism.
 */
export function macFamily<P>(macOf: (key: Key, parameter: P) => Mac): Family<P> {
  function resume(key: Key, parameter: P, runningState: RunningState): Mac {
    const mac = macOf(key, parameter);
    if (!mac.isState(runningState)) throw ck.CkError.savedStateInvalid();
    return mac;
  }

  return {
    sign: (key, parameter, data) => macOf(key, parameter).compute(data),
    verify(key, parameter, data, signature) {
      const mac = macOf(key, parameter);
      return isCode(mac, signature, () => mac.compute(data));
    },
    signatureInit: (key, parameter) => macOf(key, parameter).init(),
    signatureUpdate: (key, parameter, runningState, data) =>
      resume(key, parameter, runningState).update(runningState, data),
    signFinal: (key, parameter, runningState) => resume(key, parameter, runningState).final(runningState),
    verifyFinal(key, parameter, runningState, signature) {
      const mac = resume(key, parameter, runningState);
      return isCode(mac, signature, () => mac.final(runningState));
    },
  };
}

/** Compares in constant time. */
function isCode(mac: Mac, signature: Uint8Array, code: () => Uint8Array): boolean {
  if (signature.length !== mac.bytes) throw ck.CkError.signatureLenRange(mac.bytes);
  return timingSafeEqual(signature, code());
}
