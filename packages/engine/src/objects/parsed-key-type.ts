/** Finds the CKK_* of a key that was parsed from DER. */
import * as ck from "@grep11/cryptoki";
import type { PrivateKey, PublicKey } from "../primitives/keys/key-encodings.ts";
import type { PqcSet } from "../primitives/lattice/pqc-sets.ts";

const KEY_TYPES = {
  rsa: ck.CKK_RSA,
  ec: ck.CKK_EC,
  dsa: ck.CKK_DSA,
  dh: ck.CKK_DH,
  dilithium: ck.CKK_IBM_PQC_DILITHIUM,
  kyber: ck.CKK_IBM_PQC_KYBER,
  "ml-dsa": ck.CKK_IBM_ML_DSA,
  "ml-kem": ck.CKK_IBM_ML_KEM,
  "slh-dsa": ck.CKK_SLH_DSA,
} as const satisfies Record<Exclude<(PublicKey | PrivateKey)["type"], "pqc"> | PqcSet["algorithm"], number>;

/**
 * Returns the CKK_* of a parsed key: CKK_EC for every curve, as in EP11 (docs/reference/ep11.md#public-keys), and IBM's
 * numbers for ML-DSA and ML-KEM, whose DER is the same as that of the standard key types.
 */
export function keyTypeOf(key: PublicKey | PrivateKey): number {
  return KEY_TYPES[key.type === "pqc" ? key.set.algorithm : key.type];
}
