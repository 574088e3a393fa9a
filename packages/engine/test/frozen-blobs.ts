/** Tests that frozen blobs of every version of the format (testdata/blobs-v*.json) still open with the expected content. */
import { expect, test } from "vitest";
import { openKey } from "../src/blobs/key-blob.ts";
import { createPinBlob } from "../src/blobs/pin-blob.ts";
import { openPublicKey } from "../src/blobs/spki-blob.ts";
import { type OperationState, openState } from "../src/blobs/state-blob.ts";
import { Keyring } from "../src/keyring/keyring.ts";
import { parseDerivation, parseKeyring } from "../src/keyring/keyring-file.ts";
import { UnsealKey, type UnsealSecret } from "../src/keyring/unseal-key.ts";
import type { Key } from "../src/objects/key.ts";
import { counting, MASTER_KEY } from "./sealing.ts";
import { hex } from "./vectors.ts";

export const frozenKeyring: Keyring = new Keyring({
  epoch: 7,
  current: MASTER_KEY,
  next: undefined,
  previous: undefined,
});
export const frozenExpires: number = Date.UTC(2026, 0, 1);
export const frozenPinBlob: Uint8Array = createPinBlob(MASTER_KEY, counting(8, 0x31), counting(16));
export const frozenSession: Uint8Array = frozenPinBlob.subarray(0, 32);
export const frozenSecrets: ReadonlyMap<string, UnsealSecret> = new Map<string, UnsealSecret>([
  ["keyringFileOfKey", { kind: "key", bytes: counting(32, 7) }],
  ["keyringFileOfPassphrase", { kind: "passphrase", bytes: counting(12, 0x61) }],
]);

export interface FrozenContents {
  readonly keys: ReadonlyMap<string, Key>;
  readonly publicKeys: ReadonlyMap<string, Key>;
  readonly states: ReadonlyMap<string, OperationState>;
}

/** Tests that every blob of `frozen`, in hex, and both keyring files open. */
export function testFrozenBlobs(
  frozen: Readonly<Record<string, string>>,
  { keys, publicKeys, states }: FrozenContents,
): void {
  test.each([...keys])("%s opens", (name, key) => expect(openKey(frozenKeyring, hex(frozen[name]!))).toEqual(key));

  test.each([...publicKeys])("%s opens", (name, key) => {
    const bytes = hex(frozen[name]!);
    expect(openPublicKey(frozenKeyring, bytes)).toMatchObject({ key, maced: true, length: bytes.length });
  });

  test.each([...states])("%s opens", (name, state) => {
    expect(openState(frozenKeyring, hex(frozen[name]!), state.operation, frozenExpires)).toEqual(state);
  });

  test.each([...frozenSecrets])("%s opens", async (name, secret) => {
    const file = hex(frozen[name]!);
    const opened = parseKeyring(file, await UnsealKey.derive(secret, parseDerivation(file)));
    expect([opened.epoch, opened.sealingKey().export()]).toEqual([7, MASTER_KEY.export()]);
  });
}
