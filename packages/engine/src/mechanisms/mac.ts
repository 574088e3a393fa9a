/** What the MAC families share: signing is computing the code, verifying is comparing it. */
import { timingSafeEqual } from "node:crypto";
import { CkError } from "@grep11/cryptoki";
import type { Key } from "../objects/key.ts";
import type { Mac } from "../primitives/mac.ts";
import type { Family, Progress } from "./family.ts";

/**
 * The family of the code that `macOf` makes of a key, in its full length. Errors: CKR_SIGNATURE_LEN_RANGE for a code of
 * another length, CKR_SAVED_STATE_INVALID for a progress of something else.
 */
export function macFamily(macOf: (key: Key) => Mac): Family<undefined> {
  function resume(key: Key, progress: Progress): Mac {
    const mac = macOf(key);
    if (!mac.isState(progress)) throw CkError.savedStateInvalid();
    return mac;
  }

  return {
    sign: (key, _parameter, data) => macOf(key).compute(data),
    verify(key, _parameter, data, signature) {
      const mac = macOf(key);
      return isCode(mac, signature, () => mac.compute(data));
    },
    signatureInit: (key) => macOf(key).init(),
    signatureUpdate: (key, _parameter, progress, data) => resume(key, progress).update(progress, data),
    signFinal: (key, _parameter, progress) => resume(key, progress).final(progress),
    verifyFinal(key, _parameter, progress, signature) {
      const mac = resume(key, progress);
      return isCode(mac, signature, () => mac.final(progress));
    },
  };
}

/** Compares in constant time. */
function isCode(mac: Mac, signature: Uint8Array, code: () => Uint8Array): boolean {
  if (signature.length !== mac.bytes) throw CkError.signatureLenRange(mac.bytes);
  return timingSafeEqual(signature, code());
}
