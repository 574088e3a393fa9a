/** The label under which an attribute-bound transport encrypts its content key (docs/attribute-bound.md). */
import * as ck from "@grep11/cryptoki";
import { equalBytes } from "@grep11/encoding";

/** Separates the keys and ciphertexts of the format from those of every other use. */
export const ENCRYPTION_LABEL = "grep11 attribute-bound encryption v1";

const LABEL_BYTES = new TextEncoder().encode(ENCRYPTION_LABEL);

/**
 * Throws CKR_MECHANISM_PARAM_INVALID for the label of attribute-bound transport: any other use of OAEP that accepted it could
 * decrypt content keys.
 */
export function requireUnreservedLabel(label: Uint8Array): void {
  if (!equalBytes(label, LABEL_BYTES)) return;
  throw ck.CkError.mechanismParamInvalid("this OAEP label is reserved for CKM_IBM_ATTRIBUTEBOUND_WRAP");
}
