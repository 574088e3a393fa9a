/**
 * The state of a multi-part operation as a sealed blob: everything the next call needs travels through the caller, the key
 * included. The operation is the blob's class, so a state fits no other operation's slot.
 */
import * as ck from "@grep11/cryptoki";
import type { MasterKey } from "../keyring/master-key.ts";
import type { KeyringView } from "../keyring/view.ts";
import { type Key, NO_SESSION } from "../objects/key.ts";
import { impliedUid, KEY_UID_BYTES } from "../objects/key-uid.ts";
import type { RandomSource } from "../primitives/random.ts";
import {
  copyOf,
  encodeAttributes,
  encodeFields,
  encodeNumber,
  hasExactly,
  parseAttributes,
  parseFields,
  parseNumber,
} from "../sealing/tlv.ts";
import { BLOB_CLASS, type BlobHeader, type OpenedBlob, open, seal } from "./g11b.ts";

/** The five multi-part operations. */
export type Operation = "digest" | "encrypt" | "decrypt" | "sign" | "verify";

/** A multi-part operation between two calls. */
export interface OperationState {
  readonly operation: Operation;
  /** CKM_*. */
  readonly mechanism: number;
  /** The mechanism parameter as bytes; empty: none. */
  readonly parameter: Uint8Array;
  /** The operation key; undefined for digests. */
  readonly key: Key | undefined;
  /** The family's running state; undefined before the first part of operations that take one part only. */
  readonly runningState: Uint8Array | undefined;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** How far the clocks of two replicas may be apart, in milliseconds. */
export const CLOCK_SKEW_MS = 5 * 60 * 1000;

const EXPIRES = 1;
const PARAMETER = 2;
const KEY = 3;
const RUNNING_STATE = 4;

const KEY_CLASS = 1;
const KEY_TYPE = 2;
const KEY_VALUE = 3;
const KEY_ATTRIBUTES = 4;
/** Not in blobs of version 1. */
const KEY_UID = 5;

/** `state` sealed under `masterKey`; its header shows session and attribute bits of its key. */
export function sealState(masterKey: MasterKey, state: OperationState, random: RandomSource): Uint8Array {
  const key = state.key === undefined ? undefined : encodeKey(state.key);
  const payload = encodeFields([
    [EXPIRES, encodeNumber(state.expires)],
    [PARAMETER, state.parameter],
    [KEY, key],
    [RUNNING_STATE, state.runningState],
  ]);
  const header = {
    blobClass: BLOB_CLASS[state.operation],
    session: state.key?.session ?? NO_SESSION,
    booleans: state.key?.booleans ?? 0,
    everSet: state.key?.everSet ?? 0,
    mode: state.mechanism,
  };
  const blob = seal(masterKey, header, payload, random);
  key?.fill(0);
  payload.fill(0);
  return blob;
}

/**
 * The state in `bytes`, which must be one of `operation` and not expired at `now` (milliseconds since 1970, with
 * {@link CLOCK_SKEW_MS} of tolerance). Errors: CKR_SAVED_STATE_INVALID for everything wrong with it, another master key
 * included; CKR_IBM_WK_NOT_INITIALIZED when there is no master key.
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

function parseState({ version, header, payload }: OpenedBlob, operation: Operation): OperationState | undefined {
  const fields = parseFields(payload);
  if (fields === undefined || !hasExactly(fields, [EXPIRES, PARAMETER], [KEY, RUNNING_STATE])) return undefined;
  const expires = parseNumber(fields.get(EXPIRES));
  const parameter = fields.get(PARAMETER);
  const keyBytes = fields.get(KEY);
  const key = keyBytes && parseKey(version, header, keyBytes);
  if (expires === undefined || parameter === undefined || (keyBytes !== undefined && key === undefined))
    return undefined;
  const runningState = fields.get(RUNNING_STATE);
  return {
    operation,
    mechanism: header.mode,
    parameter: copyOf(parameter),
    key,
    runningState: runningState && copyOf(runningState),
    expires,
  };
}

function encodeKey(key: Key): Uint8Array {
  return encodeFields([
    [KEY_CLASS, encodeNumber(key.objectClass)],
    [KEY_TYPE, encodeNumber(key.keyType)],
    [KEY_VALUE, key.value],
    [KEY_ATTRIBUTES, encodeAttributes(key.attributes)],
    [KEY_UID, key.uid],
  ]);
}

function parseKey(version: 1 | 2, header: BlobHeader, bytes: Uint8Array): Key | undefined {
  const fields = parseFields(bytes);
  const required = [KEY_CLASS, KEY_TYPE, KEY_VALUE, ...(version === 1 ? [] : [KEY_UID])];
  if (fields === undefined || !hasExactly(fields, required, [KEY_ATTRIBUTES])) return undefined;
  const objectClass = parseNumber(fields.get(KEY_CLASS));
  const keyType = parseNumber(fields.get(KEY_TYPE));
  const attributes = parseAttributes(fields.get(KEY_ATTRIBUTES));
  const stored = fields.get(KEY_UID);
  if (objectClass === undefined || keyType === undefined || attributes === undefined) return undefined;
  if (stored !== undefined && stored.length !== KEY_UID_BYTES) return undefined;
  const material = { objectClass, keyType, value: copyOf(fields.get(KEY_VALUE)!) };
  const uid = stored === undefined ? impliedUid(material) : copyOf(stored);
  const { booleans, everSet, session } = header;
  return { ...material, booleans, everSet, uid, session, attributes };
}
