/** The label under which an attribute-bound transport encrypts its content key (docs/attribute-bound.md). */
import { equalBytes } from "@grep11/encoding";

/** Separates the keys and ciphertexts of the format from those of every other use. */
export const ENCRYPTION_LABEL = "grep11 attribute-bound encryption v1";

const LABEL_BYTES = new TextEncoder().encode(ENCRYPTION_LABEL);

/** Is `label` the one that OAEP takes here? Any other function that took it would open content keys. */
export function isEncryptionLabel(label: Uint8Array): boolean {
  return equalBytes(label, LABEL_BYTES);
}
