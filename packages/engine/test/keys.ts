import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import { type Key, type KeyMaterial, NO_KEY } from "../src/objects/key.ts";

/** Makes an opened key without rights and session. */
export function openedKey(material: KeyMaterial): Key {
  return { ...NO_KEY, ...material };
}

export function secretKey(keyType: number, value: Uint8Array): Key {
  return openedKey({ objectClass: ck.CKO_SECRET_KEY, keyType, value });
}

/** `value` is a PrivateKeyInfo. */
export function privateKey(keyType: number, value: Uint8Array): Key {
  return openedKey({ objectClass: ck.CKO_PRIVATE_KEY, keyType, value });
}

/** `value` is a SubjectPublicKeyInfo. */
export function publicKey(keyType: number, value: Uint8Array): Key {
  return openedKey({ objectClass: ck.CKO_PUBLIC_KEY, keyType, value });
}

/** Matches a CkError of this CKR: `expect(call).toThrow(ckr(CKR_X))`. */
export function ckr(rv: number): unknown {
  return expect.objectContaining({ name: "CkError", rv });
}
