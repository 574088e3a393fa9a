/** From what a DER key turned out to be to its CKK_*. */
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
 * The CKK_* of a parsed key: CKK_EC for every curve, as EP11 has it (docs/reference/ep11.md#public-keys), and IBM's numbers
 * for ML-DSA and ML-KEM, which the DER does not tell from the standard ones.
 */
export function keyTypeOf(key: PublicKey | PrivateKey): number {
  return KEY_TYPES[key.type === "pqc" ? key.set.algorithm : key.type];
}
