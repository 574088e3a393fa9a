/** How a MAC key authenticates an attribute-bound key: a secret key with HMAC, an RSA or EC key with a signature. */
import { createHmac, timingSafeEqual } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { Key } from "../../objects/key.ts";
import { signDigest, verifyDigest } from "../../primitives/ec/ecdsa-raw.ts";
import { hash } from "../../primitives/hash/hash.ts";
import { labelledKey } from "../../primitives/kdf/labelled-key.ts";
import { curveOf } from "../../primitives/keys/key-encodings.ts";
import type { RandomSource } from "../../primitives/random.ts";
import { modulusBits, publicOperation, rsaPrivateKey, rsaPublicKey } from "../../primitives/rsa/rsa.ts";
import { privateOperation } from "../../primitives/rsa/rsa-private.ts";
import { encodePss, verifyPss } from "../../primitives/rsa/rsa-pss-encoding.ts";
import { requireRsaRoom } from "./attribute-bound-encryption.ts";

export interface Integrity {
  /** Identifies the kind of authentication in the format. */
  readonly kind: number;
  sign(body: Uint8Array, random: RandomSource): Uint8Array;
  verify(body: Uint8Array, code: Uint8Array): boolean;
}

const LABEL = "grep11 attribute-bound integrity v1";
const PSS = { hash: "sha256", mgf: "sha256", saltLength: 32 } as const;

/** Throws CKR_KEY_TYPE_INCONSISTENT or CKR_KEY_SIZE_RANGE for unsuitable keys. */
export function integrityOf(macKey: Key): Integrity {
  if (macKey.objectClass === ck.CKO_SECRET_KEY) return byHmac(macKey);
  if (macKey.keyType === ck.CKK_RSA) return byRsa(macKey);
  const curve = macKey.keyType === ck.CKK_EC ? curveOf(macKey.value) : undefined;
  if (curve === undefined || !ck.isWeierstrass(curve)) {
    throw ck.CkError.keyTypeInconsistent(
      "the MAC key is a secret key, an RSA key or a key on a short Weierstrass curve",
    );
  }
  return {
    kind: 3,
    sign: (body) => signDigest(curve, macKey.value, digestOf(body)),
    verify: (body, code) =>
      code.length === 2 * curve.orderBytes && verifyDigest(curve, macKey.value, digestOf(body), code),
  };
}

/** HMAC uses a key derived from the MAC key, so that no HMAC mechanism with the MAC key computes the same code. */
function byHmac(macKey: Key): Integrity {
  const code = (body: Uint8Array) => {
    const key = labelledKey(LABEL, new Uint8Array(0), macKey.value);
    const digest = createHmac("sha256", key).update(body).digest();
    key.fill(0);
    return Uint8Array.from(digest);
  };
  return {
    kind: 1,
    sign: code,
    verify: (body, found) => found.length === 32 && timingSafeEqual(found, code(body)),
  };
}

function byRsa(macKey: Key): Integrity {
  requireRsaRoom(macKey);
  return {
    kind: 2,
    sign(body, random) {
      const rsa = rsaPrivateKey(macKey.value);
      return privateOperation(rsa, encodePss(PSS, digestOf(body), modulusBits(rsa), random(PSS.saltLength)));
    },
    verify(body, code) {
      const rsa = rsaPublicKey(macKey.value);
      const encoded = code.length === rsa.modulus.length ? publicOperation(rsa, code) : undefined;
      return encoded !== undefined && verifyPss(PSS, digestOf(body), modulusBits(rsa), encoded);
    },
  };
}

/** The digest covers a label, so that a signature of it is never valid for another purpose. */
function digestOf(body: Uint8Array): Uint8Array {
  return hash("sha256", concatenate(new TextEncoder().encode(`${LABEL}\0`), body));
}
