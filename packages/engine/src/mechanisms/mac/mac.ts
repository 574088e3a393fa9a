/** What the MAC families share: signing is computing the code, verifying is comparing it. */
import { timingSafeEqual } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { Mac } from "../../primitives/mac/mac.ts";
import type { Family, Progress } from "../family.ts";

/**
 * The family of the code that `macOf` makes of a key and a parameter. Errors: CKR_SIGNATURE_LEN_RANGE for a code of another
 * length, CKR_SAVED_STATE_INVALID for a progress of something else.
 */
export function macFamily<P>(macOf: (key: Key, parameter: P) => Mac): Family<P> {
  function resume(key: Key, parameter: P, progress: Progress): Mac {
    const mac = macOf(key, parameter);
    if (!mac.isState(progress)) throw ck.CkError.savedStateInvalid();
    return mac;
  }

  return {
    sign: (key, parameter, data) => macOf(key, parameter).compute(data),
    verify(key, parameter, data, signature) {
      const mac = macOf(key, parameter);
      return isCode(mac, signature, () => mac.compute(data));
    },
    signatureInit: (key, parameter) => macOf(key, parameter).init(),
    signatureUpdate: (key, parameter, progress, data) => resume(key, parameter, progress).update(progress, data),
    signFinal: (key, parameter, progress) => resume(key, parameter, progress).final(progress),
    verifyFinal(key, parameter, progress, signature) {
      const mac = resume(key, parameter, progress);
      return isCode(mac, signature, () => mac.final(progress));
    },
  };
}

/** Compares in constant time. */
function isCode(mac: Mac, signature: Uint8Array, code: () => Uint8Array): boolean {
  if (signature.length !== mac.bytes) throw ck.CkError.signatureLenRange(mac.bytes);
  return timingSafeEqual(signature, code());
}
