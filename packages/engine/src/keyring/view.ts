/** What the engine sees of a keyring. The answers may change between two calls: a keyring rotates under a running engine. */
import type { MasterKey } from "./master-key.ts";

export interface KeyringView {
  /** Changes whenever the registers do: what was concluded from another generation is void. */
  readonly generation: number;
  /** The current master key: seals everything new. Throws CKR_IBM_WK_NOT_INITIALIZED while there is none. */
  sealingKey(): MasterKey;
  /**
   * The master key that `wkid` (16 bytes of a blob) names: the current one, or the previous one until it is finalised.
   * Throws CKR_IBM_WKID_MISMATCH for any other, a committed next one included; CKR_IBM_WK_NOT_INITIALIZED while there is
   * no current key.
   */
  openingKey(wkid: Uint8Array): MasterKey;
  /** The next master key once it is committed: RewrapKeyBlob seals under it. */
  nextCommittedKey(): MasterKey | undefined;
}
