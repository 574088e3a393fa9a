/** Seals the states of multi-part operations. The caller holds the state between two calls. */
import * as ck from "@grep11/cryptoki";
import type { KeyringView } from "../keyring/keyring.ts";
import type { MasterKey } from "../keyring/master-key.ts";
import { type Key, NO_SESSION } from "../objects/key.ts";
import type { RandomSource } from "../primitives/random.ts";
import { attributes, bytes, INVALID, number, optional, record } from "../sealing/tlv.ts";
import { BLOB_CLASS, type OpenedBlob, open, seal } from "./g11b.ts";
import { keyOf } from "./key-blob.ts";

export type Operation = "digest" | "encrypt" | "decrypt" | "sign" | "verify";

/** Contains everything that the next call of an operation needs. */
export interface OperationState {
  readonly operation: Operation;
  /** CKM_*. */
  readonly mechanism: number;
  /** Empty if there is no parameter. */
  readonly parameter: Uint8Array;
  /** Undefined for digests. */
  readonly key: Key | undefined;
  /** Undefined before the first part. */
  readonly runningState: Uint8Array | undefined;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** How many milliseconds the clocks of two replicas may differ. */
export const CLOCK_SKEW_MS = 5 * 60 * 1000;

const KEY = record({
  objectClass: [1, number],
  keyType: [2, number],
  value: [3, bytes],
  attributes: [4, attributes],
  uid: [5, optional(bytes)],
});
const PAYLOAD = record({
  expires: [1, number],
  parameter: [2, bytes],
  key: [3, optional(KEY)],
  runningState: [4, optional(bytes)],
});

/** The header contains the session and the attribute bits of the key. Each operation has a blob class of its own. */
export function sealState(masterKey: MasterKey, state: OperationState, random: RandomSource): Uint8Array {
  const payload = PAYLOAD.encode(state);
  const header = {
    blobClass: BLOB_CLASS[state.operation],
    session: state.key?.session ?? NO_SESSION,
    booleans: state.key?.booleans ?? 0,
    everSet: state.key?.everSet ?? 0,
    mode: state.mechanism,
  };
  const blob = seal(masterKey, header, payload, random);
  payload.fill(0);
  return blob;
}

/**
 * Returns a state of `operation` that has not expired at `now` (milliseconds since 1970), with a tolerance of {@link
 * CLOCK_SKEW_MS}. Errors: CKR_SAVED_STATE_INVALID for everything that is wrong with the state, including another master
 * key; CKR_IBM_WK_NOT_INITIALIZED if there is no master key.
 */
export function openState(keyring: KeyringView, bytes: Uint8Array, operation: Operation, now: number): OperationState {
  const opened = openBlob(keyring, bytes, operation);
  const state = opened && parseState(opened, operation);
  opened?.payload.fill(0);
  if (state === undefined || now > state.expires + CLOCK_SKEW_MS) throw ck.CkError.savedStateInvalid();
  return state;
}

function openBlob(keyring: KeyringView, bytes: Uint8Array, operation: Operation): OpenedBlob | undefined {
  try {
    return open(keyring, bytes, [BLOB_CLASS[operation]]);
  } catch (error) {
    if (error instanceof ck.CkError && error.rv === ck.CKR_IBM_WKID_MISMATCH) return undefined;
    throw error;
  }
}

function parseState(opened: OpenedBlob, operation: Operation): OperationState | undefined {
  const parsed = PAYLOAD.decode(opened.payload);
  if (parsed === INVALID) return undefined;
  const key = parsed.key && keyOf(opened, parsed.key);
  if (parsed.key !== undefined && key === undefined) return undefined;
  return { ...parsed, operation, mechanism: opened.header.mode, key };
}
