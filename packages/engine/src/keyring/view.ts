/** The engine's view of a keyring. Results may change between two calls, because a keyring rotates while the engine runs. */
import type { MasterKey } from "./master-key.ts";

export interface KeyringView {
  /** Changes whenever the registers do; results from another generation are no longer valid. */
  readonly generation: number;
  /** The current master key, which seals all new blobs. Throws CKR_IBM_WK_NOT_INITIALIZED while there is none. */
  sealingKey(): MasterKey;
  /**
   * The master key with this `wkid` (16 bytes of a blob): the current one, or the previous one until it is finalised.
   * Throws CKR_IBM_WKID_MISMATCH for any other, a committed next one included; CKR_IBM_WK_NOT_INITIALIZED while there is
   * no current key.
   */
  openingKey(wkid: Uint8Array): MasterKey;
  /** The next master key, for RewrapKeyBlob; undefined until it is committed. */
  nextCommittedKey(): MasterKey | undefined;
}
