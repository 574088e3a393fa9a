/** Where a service gets its keyring from: a file, or the process that opened the file. */
import type { Keyring } from "@grep11/engine";

export interface KeyringSource {
  /** Returns the current keyring. */
  read(): Promise<Keyring>;
  /** Calls `changed` whenever the keyring may have changed, until the returned function is called. */
  watch(changed: () => void): () => void;
}
