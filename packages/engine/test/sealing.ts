/** Fixed master keys and keys, and a repeatable random source, for tests of blobs and keyrings. */
import { createECDH, createHash } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { OperationState } from "../src/blobs/state-blob.ts";
import type { KeyringView } from "../src/keyring/keyring.ts";
import { MasterKey } from "../src/keyring/master-key.ts";
import { impliedUid, type Key, NO_SESSION } from "../src/objects/key.ts";
import { P_256 } from "../src/primitives/ec/curves.ts";
import { encodePrivateKey, encodePublicKey } from "../src/primitives/keys/key-encodings.ts";
import type { RandomSource } from "../src/primitives/random.ts";
import { wire } from "./wire.ts";

/** Returns `length` bytes that count up from `start`. */
export function counting(length: number, start = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i) & 0xff);
}

/** Makes a random source that returns the same bytes in every run: SHA-256 of the seed and a counter. */
export function repeatableRandom(seed = "grep11"): RandomSource {
  let counter = 0;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = createHash("sha256").update(`${seed} ${counter++}`).digest();
      bytes.set(block.subarray(0, length - at), at);
    }
    return bytes;
  };
}

/** Returns a keyring with only a current key. */
export function keyringOf(masterKey: MasterKey): KeyringView {
  const opened = (wkid: Uint8Array) => {
    if (!masterKey.isNamed(wkid)) throw new Error("the test asks for another master key");
    return masterKey;
  };
  return { generation: 0, sealingKey: () => masterKey, openingKey: opened, nextCommittedKey: () => undefined };
}

/** Returns the CKR_* that `call` throws; undefined if it returns. */
export function rvOf(call: () => unknown): number | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof ck.CkError) return error.rv;
    throw error;
  }
}

/** Yields every copy of `bytes` with one bit flipped, and the position of the changed byte. */
export function* bitFlips(bytes: Uint8Array): Generator<readonly [flipped: Uint8Array, byte: number]> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    yield [flipped, bit >> 3];
  }
}

/** The master key 00 01 02 ... 1f, whose verification pattern is in docs/reference/ep11.md#master-keys. */
export const MASTER_KEY = new MasterKey(counting(32));

export const AES_KEY: Key = {
  objectClass: ck.CKO_SECRET_KEY,
  keyType: ck.CKK_AES,
  value: counting(32, 0x40),
  booleans: 0x8d25,
  everSet: 0x8d25,
  uid: counting(16, 0xb0),
  session: NO_SESSION,
  attributes: new Map([[ck.CKA_KEY_GEN_MECHANISM, ck.CKM_AES_KEY_GEN]]),
};

const privateValue = counting(32, 1);
const point = (() => {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(privateValue);
  return new Uint8Array(ecdh.getPublicKey());
})();

export const EC_PRIVATE_KEY: Key = {
  objectClass: ck.CKO_PRIVATE_KEY,
  keyType: ck.CKK_EC,
  value: encodePrivateKey({ type: "ec", curve: P_256, privateValue, point }),
  booleans: 0x400126,
  everSet: 0x400126,
  uid: counting(16, 0xc0),
  session: NO_SESSION,
  attributes: new Map([[ck.CKA_KEY_GEN_MECHANISM, ck.CKM_EC_KEY_PAIR_GEN]]),
};

const PUBLIC_MATERIAL = {
  objectClass: ck.CKO_PUBLIC_KEY,
  keyType: ck.CKK_EC,
  value: encodePublicKey({ type: "ec", curve: P_256, point }),
};

export const EC_PUBLIC_KEY: Key = {
  ...PUBLIC_MATERIAL,
  booleans: 0x8024,
  everSet: 0x8024,
  uid: impliedUid(PUBLIC_MATERIAL),
  session: NO_SESSION,
  attributes: new Map(),
};

/** Returns one state of each operation; all of them expire at the same time. */
export function sampleStates(expires: number): readonly OperationState[] {
  const parameter = counting(16, 0x80);
  const none = new Uint8Array(0);
  const runningState = counting(48, 0xa0);
  return [
    { operation: "digest", mechanism: ck.CKM_SHA256, parameter: none, key: undefined, runningState, expires },
    { operation: "encrypt", mechanism: ck.CKM_AES_CBC_PAD, parameter, key: AES_KEY, runningState, expires },
    { operation: "decrypt", mechanism: ck.CKM_AES_CBC_PAD, parameter, key: AES_KEY, runningState: undefined, expires },
    { operation: "sign", mechanism: ck.CKM_ECDSA_SHA256, parameter: none, key: EC_PRIVATE_KEY, runningState, expires },
    { operation: "verify", mechanism: ck.CKM_ECDSA_SHA256, parameter: none, key: EC_PUBLIC_KEY, runningState, expires },
  ];
}

/** A field of a payload. Undefined values are left out. */
export type Field = readonly [tag: number, value: Uint8Array | undefined];

/** Encodes the fields as in sealing/tlv.ts, but in the given order. */
export function encodeFields(fields: readonly Field[]): Uint8Array {
  const written = fields.flatMap(([tag, value]) => (value === undefined ? [] : [[tag, value.length, value]]));
  return wire(...written.flat());
}
