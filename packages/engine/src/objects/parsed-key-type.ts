/** From what a DER key turned out to be to its CKK_*. */
import {
  CKK_DH,
  CKK_DSA,
  CKK_EC,
  CKK_IBM_ML_DSA,
  CKK_IBM_ML_KEM,
  CKK_IBM_PQC_DILITHIUM,
  CKK_IBM_PQC_KYBER,
  CKK_RSA,
  CKK_SLH_DSA,
} from "@grep11/cryptoki";
import type { PrivateKey, PublicKey } from "../primitives/keys/key-encodings.ts";
import type { PqcSet } from "../primitives/lattice/pqc-sets.ts";

const KEY_TYPES = {
  rsa: CKK_RSA,
  ec: CKK_EC,
  dsa: CKK_DSA,
  dh: CKK_DH,
  dilithium: CKK_IBM_PQC_DILITHIUM,
  kyber: CKK_IBM_PQC_KYBER,
  "ml-dsa": CKK_IBM_ML_DSA,
  "ml-kem": CKK_IBM_ML_KEM,
  "slh-dsa": CKK_SLH_DSA,
} as const satisfies Record<Exclude<(PublicKey | PrivateKey)["type"], "pqc"> | PqcSet["algorithm"], number>;

/**
 * The CKK_* of a parsed key: CKK_EC for every curve, as EP11 has it (ep11 facts 5.1), and IBM's numbers for ML-DSA and
 * ML-KEM, which the DER does not tell from the standard ones.
 */
export function keyTypeOf(key: PublicKey | PrivateKey): number {
  return KEY_TYPES[key.type === "pqc" ? key.set.algorithm : key.type];
}
