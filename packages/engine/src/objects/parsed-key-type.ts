/** From what a DER key turned out to be to its CKK_*. */
import { CKK_DH, CKK_DSA, CKK_EC, CKK_RSA } from "@grep11/cryptoki";
import type { PrivateKey, PublicKey } from "../primitives/key-encodings.ts";

const KEY_TYPES = {
  rsa: CKK_RSA,
  ec: CKK_EC,
  dsa: CKK_DSA,
  dh: CKK_DH,
} as const satisfies Record<(PublicKey | PrivateKey)["type"], number>;

/** The CKK_* of a parsed key; CKK_EC for every curve, as EP11 has it (ep11 facts 5.1). */
export function keyTypeOf(key: PublicKey | PrivateKey): number {
  return KEY_TYPES[key.type];
}
