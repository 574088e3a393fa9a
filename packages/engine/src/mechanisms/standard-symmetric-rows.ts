/** Rows of PKCS #11 v3.2 behind IBM's list that work with secret keys or with none. */
import * as C from "@grep11/cryptoki";
import type { MechanismRow } from "./row.ts";
import { digestRow, hmacRow, shaDeriveRow } from "./row-kinds.ts";

/** In list order. */
export const STANDARD_SYMMETRIC_ROWS: readonly MechanismRow[] = [
  // Standard names (PKCS #11 v3.2) of what stands above under IBM's.
  digestRow(C.CKM_SHA3_224, "sha3-224", false),
  digestRow(C.CKM_SHA3_256, "sha3-256", false),
  digestRow(C.CKM_SHA3_384, "sha3-384", false),
  digestRow(C.CKM_SHA3_512, "sha3-512", false),
  hmacRow(C.CKM_SHA3_224_HMAC, "sha3-224", 14, false),
  hmacRow(C.CKM_SHA3_256_HMAC, "sha3-256", 16, false),
  hmacRow(C.CKM_SHA3_384_HMAC, "sha3-384", 24, false),
  hmacRow(C.CKM_SHA3_512_HMAC, "sha3-512", 32, false),
  shaDeriveRow(C.CKM_SHA512_224_KEY_DERIVATION, "sha512-224", false),
  shaDeriveRow(C.CKM_SHA512_256_KEY_DERIVATION, "sha512-256", false),
];
