/** CKM_IBM_ED25519_SHA512 and CKM_IBM_ED448_SHA3: pure EdDSA over the message, without context (RFC 8032, 5.1 and 5.2). */
import { sign, verify } from "node:crypto";
import { CkError } from "@grep11/cryptoki";
import { type Curve, ED448, ED25519 } from "../primitives/curves.ts";
import { privateKeyObject, publicKeyObject } from "../primitives/key-objects.ts";
import { requireCurve } from "./ec-curve.ts";
import type { Family } from "./family.ts";

/** Signatures of two encoded numbers. Errors: CKR_SIGNATURE_LEN_RANGE, CKR_MECHANISM_INVALID for keys on other curves. */
function eddsa(curve: Curve): Family<undefined> {
  const length = 2 * curve.publicBytes;
  return {
    requireKey(key) {
      requireCurve(key, (found) => found === curve, curve.name);
    },
    sign: (key, _parameter, data) => new Uint8Array(sign(null, data, privateKeyObject(key.value))),
    verify(key, _parameter, data, signature) {
      if (signature.length !== length) throw CkError.signatureLenRange(length);
      return verify(null, data, publicKeyObject(key.value), signature);
    },
  };
}

export const ed25519: Family<undefined> = eddsa(ED25519);
export const ed448: Family<undefined> = eddsa(ED448);
