/**
 * The registers of master keys and their transitions (docs/reference/ep11.md#master-keys, docs/reference/wire.md#rotation):
 *
 *   next (uncommitted) --commit--> next (committed) --activate--> current --activate of another--> previous --finalise--> dropped
 *
 * A keyring is a value: every transition returns a new one, so that it can be written to disk before it takes effect.
 */
import { timingSafeEqual } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { RandomSource } from "../primitives/random.ts";
import { MASTER_KEY_BYTES, MasterKey } from "./master-key.ts";

/** The next master key. RewrapKeyBlob uses it once it is committed. */
interface NextRegister {
  readonly masterKey: MasterKey;
  readonly committed: boolean;
}

interface Registers {
  /** Increases by one with every transition. Of two files of one keyring, the one with the higher epoch is newer. */
  readonly epoch: number;
  readonly current: MasterKey | undefined;
  readonly next: NextRegister | undefined;
  /** The former current key. It opens blobs until it is finalised, but does not seal. */
  readonly previous: MasterKey | undefined;
}

/** The master keys of one HSM domain. */
export class Keyring implements KeyringView, Registers {
  readonly epoch: number;
  readonly current: MasterKey | undefined;
  readonly next: NextRegister | undefined;
  readonly previous: MasterKey | undefined;

  constructor(registers: Registers) {
    this.epoch = registers.epoch;
    this.current = registers.current;
    this.next = registers.next;
    this.previous = registers.previous;
  }

  static empty(): Keyring {
    return new Keyring({ epoch: 0, current: undefined, next: undefined, previous: undefined });
  }

  static create(random: RandomSource): Keyring {
    const loaded = Keyring.empty().generate(random);
    return loaded.commit(loaded.next!.masterKey.verificationPattern).activate();
  }

  /** Loads a random key into the next register. Throws CKR_ACTION_PROHIBITED if the register is not empty. */
  generate(random: RandomSource): Keyring {
    return this.#load(random(MASTER_KEY_BYTES));
  }

  /** Loads the XOR of key parts. Throws CKR_ARGUMENTS_BAD, and CKR_ACTION_PROHIBITED if the next register is not empty. */
  importParts(parts: readonly Uint8Array[]): Keyring {
    if (parts.length < 2 || parts.length > 3) throw ck.CkError.argumentsBad("a master key has 2 or 3 parts");
    const bytes = new Uint8Array(MASTER_KEY_BYTES);
    for (const part of parts) {
      if (part.length !== MASTER_KEY_BYTES) throw ck.CkError.argumentsBad(`a key part has ${MASTER_KEY_BYTES} bytes`);
      for (const [i, byte] of part.entries()) bytes[i]! ^= byte;
    }
    return this.#load(bytes);
  }

  /** Empties the next register, committed or not. Throws CKR_IBM_WK_NOT_INITIALIZED if the register is empty. */
  clearNext(): Keyring {
    this.#requireNext();
    return this.#with({ next: undefined });
  }

  /**
   * Commits the next key if `pattern`, which the person who commits has entered, is its verification pattern. Throws
   * CKR_IBM_WKID_MISMATCH, CKR_IBM_WK_NOT_INITIALIZED if there is no next key, CKR_ACTION_PROHIBITED if it is already
   * committed.
   */
  commit(pattern: Uint8Array): Keyring {
    const { masterKey, committed } = this.#requireNext();
    if (committed) throw ck.CkError.actionProhibited("the next master key is committed already");
    const expected = masterKey.verificationPattern;
    if (pattern.length !== expected.length || !timingSafeEqual(pattern, expected)) {
      throw new ck.CkError(ck.CKR_IBM_WKID_MISMATCH, "the next master key has another verification pattern");
    }
    return this.#with({ next: { masterKey, committed: true } });
  }

  /**
   * Makes the committed next key the current one, and the former current key the previous one, which still opens blobs. Throws
   * CKR_IBM_WK_NOT_INITIALIZED if there is no next key, CKR_ACTION_PROHIBITED if it is not committed or if the previous
   * rotation has not been finalised.
   */
  activate(): Keyring {
    const { masterKey, committed } = this.#requireNext();
    if (!committed) throw ck.CkError.actionProhibited("the next master key is not committed");
    if (this.previous !== undefined) throw ck.CkError.actionProhibited("the previous rotation is not finalised");
    return this.#with({ current: masterKey, next: undefined, previous: this.current });
  }

  /** Drops the previous key, so that its blobs no longer open. Throws CKR_ACTION_PROHIBITED if there is no previous key. */
  finalise(): Keyring {
    if (this.previous === undefined) throw ck.CkError.actionProhibited("there is no previous master key");
    return this.#with({ previous: undefined });
  }

  /** A keyring object never changes, but one with another epoch may replace it. */
  get generation(): number {
    return this.epoch;
  }

  sealingKey(): MasterKey {
    if (this.current === undefined) {
      throw new ck.CkError(ck.CKR_IBM_WK_NOT_INITIALIZED, "the HSM has no current master key");
    }
    return this.current;
  }

  openingKey(wkid: Uint8Array): MasterKey {
    const current = this.sealingKey();
    if (current.isNamed(wkid)) return current;
    if (this.previous?.isNamed(wkid)) return this.previous;
    throw new ck.CkError(ck.CKR_IBM_WKID_MISMATCH, "sealed under a master key that is not the current one");
  }

  nextCommittedKey(): MasterKey | undefined {
    return this.next?.committed ? this.next.masterKey : undefined;
  }

  /** Loads `bytes` into the next register and wipes them. */
  #load(bytes: Uint8Array): Keyring {
    if (this.next !== undefined)
      throw ck.CkError.actionProhibited("the next register holds a master key; clear it first");
    const masterKey = new MasterKey(bytes);
    bytes.fill(0);
    const duplicate = [this.current, this.previous].find((key) => key?.isNamed(masterKey.wkid));
    if (duplicate !== undefined) throw ck.CkError.actionProhibited("this is the current or the previous master key");
    return this.#with({ next: { masterKey, committed: false } });
  }

  #requireNext(): NextRegister {
    if (this.next === undefined) throw new ck.CkError(ck.CKR_IBM_WK_NOT_INITIALIZED, "there is no next master key");
    return this.next;
  }

  #with(change: Partial<Registers>): Keyring {
    const { epoch, current, next, previous } = this;
    return new Keyring({ current, next, previous, ...change, epoch: epoch + 1 });
  }
}

/** The keyring of a running engine, which rotating or reloading replaces. */
export class LiveKeyring implements KeyringView {
  #keyring: Keyring;
  #generation = 0;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  get keyring(): Keyring {
    return this.#keyring;
  }

  /** The engine uses `keyring` from the next call on. Throws CKR_ACTION_PROHIBITED if it is older than the present one. */
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

export interface KeyringView {
  /** Changes whenever the master keys do. Results from another generation must not be used any more. */
  readonly generation: number;
  /** Returns the master key that seals all new blobs. Throws CKR_IBM_WK_NOT_INITIALIZED while there is none. */
  sealingKey(): MasterKey;
  /**
   * Returns the current or the previous master key, whichever has this `wkid` (16 bytes). Throws CKR_IBM_WKID_MISMATCH for any
   * other key, CKR_IBM_WK_NOT_INITIALIZED while there is no current key.
   */
  openingKey(wkid: Uint8Array): MasterKey;
  /** Returns the next master key, which RewrapKeyBlob uses; undefined until it is committed. */
  nextCommittedKey(): MasterKey | undefined;
}
