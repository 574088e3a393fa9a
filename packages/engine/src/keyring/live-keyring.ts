/** The keyring of a running engine. Rotating or reloading replaces it. */
import * as ck from "@grep11/cryptoki";
import type { Keyring } from "./keyring.ts";
import type { MasterKey } from "./master-key.ts";
import type { KeyringView } from "./view.ts";

/** A keyring that can be replaced while an engine uses it. */
export class LiveKeyring implements KeyringView {
  #keyring: Keyring;
  #generation = 0;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  get keyring(): Keyring {
    return this.#keyring;
  }

  /** Makes the engine use `keyring` from the next call on. Throws CKR_ACTION_PROHIBITED if it is older than the present one. */
  replace(keyring: Keyring): void {
    if (keyring.epoch < this.#keyring.epoch)
      throw ck.CkError.actionProhibited("this keyring is older than the one in use");
    this.#keyring = keyring;
    this.#generation += 1;
  }

  get generation(): number {
    return this.#generation;
  }

  sealingKey(): MasterKey {
    return this.#keyring.sealingKey();
  }

  openingKey(wkid: Uint8Array): MasterKey {
    return this.#keyring.openingKey(wkid);
  }

  nextCommittedKey(): MasterKey | undefined {
    return this.#keyring.nextCommittedKey();
  }
}
