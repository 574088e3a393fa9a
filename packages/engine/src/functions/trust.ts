/** Sets CKA_TRUSTED for an operator who has the keyring. No server offers this function. */
import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import { openKey, sealKey } from "../blobs/key-blob.ts";
import { openPublicKey, sealPublicKey } from "../blobs/spki-blob.ts";
import type { KeyringView } from "../keyring/keyring.ts";
import { MAX_KEY_BYTES } from "../objects/key.ts";
import { distrustKey, trustKey } from "../objects/trust.ts";
import type { RandomSource } from "../primitives/random.ts";

export interface TrustChange {
  readonly trusted: boolean;
  /** Whether the operator vouches for a key that was not generated here. */
  readonly imported: boolean;
}

/**
 * Returns the key with CKA_TRUSTED set or cleared, sealed under the current master key. Errors: CKR_IBM_BLOB_ERROR,
 * CKR_IBM_WKID_MISMATCH, CKR_IBM_WK_NOT_INITIALIZED; CKR_ACTION_PROHIBITED for a key that must not be trusted.
 */
export function changeTrust(
  keyring: KeyringView,
  blob: Uint8Array,
  { trusted, imported }: TrustChange,
  random: RandomSource,
): Uint8Array {
  if (blob.length > MAX_KEY_BYTES) throw ck.CkError.blobError();
  const change = (key: Parameters<typeof trustKey>[0]) => (trusted ? trustKey(key, { imported }) : distrustKey(key));
  if (blob[0] !== der.SEQUENCE_TAG) return sealKey(keyring.sealingKey(), change(openKey(keyring, blob)), random);
  const { key, maced, length } = openPublicKey(keyring, blob);
  if (length !== blob.length) throw ck.CkError.blobError();
  if (!maced) {
    throw ck.CkError.actionProhibited(
      "a public key without MAC has no attributes; import it with CKM_IBM_TRANSPORTKEY first",
    );
  }
  return sealPublicKey(keyring.sealingKey(), change(key), random);
}
