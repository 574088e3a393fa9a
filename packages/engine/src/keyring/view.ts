/** The engine's view of a keyring. Results may change between two calls, because a keyring rotates while the engine runs. */
import type { MasterKey } from "./master-key.ts";

export interface KeyringView {
  /** Changes whenever the registers do. Results from another generation must not be used any more. */
  readonly generation: number;
  /** Returns the current master key, which seals all new blobs. Throws CKR_IBM_WK_NOT_INITIALIZED while there is none. */
  sealingKey(): MasterKey;
  /**
   * Returns the master key with this `wkid` (16 bytes of a blob): the current one, or the previous one until it is finalised.
   * Throws CKR_IBM_WKID_MISMATCH for any other key, even a committed next one; CKR_IBM_WK_NOT_INITIALIZED while there is no
   * current key.
   */
  openingKey(wkid: Uint8Array): MasterKey;
  /** Returns the next master key, for RewrapKeyBlob; undefined until it is committed. */
  nextCommittedKey(): MasterKey | undefined;
}
