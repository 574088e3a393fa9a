/** Where a service takes its keyring from: a file, or the process that opened the file. */
import type { Keyring } from "@grep11/engine";

export interface KeyringSource {
  /** The keyring as it is now. */
  read(): Promise<Keyring>;
  /** Calls `changed` whenever the keyring may have changed, until the answered function is called. */
  watch(changed: () => void): () => void;
}
