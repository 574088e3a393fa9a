/**
 * Seals blobs of version 1 (docs/adr/0004). The engine no longer writes them, but tests of blobs that must not open
 * need authentic blobs of this version.
 */
import type { BlobHeader } from "../src/blobs/g11b.ts";
import type { MasterKey } from "../src/keyring/master-key.ts";
import { counting } from "./sealing.ts";

/** Returns a blob of version 1. `attributesHigh` and `flags` were always 0. */
export function sealV1(
  masterKey: MasterKey,
  { blobClass, session, booleans, mode }: Omit<BlobHeader, "everSet">,
  payload: Uint8Array,
  { attributesHigh = 0, flags = 0 } = {},
): Uint8Array {
  const blob = new Uint8Array(112 + payload.length);
  const view = new DataView(blob.buffer);
  blob.set(session, 0);
  blob.set(masterKey.wkid, 32);
  view.setUint32(48, attributesHigh);
  view.setUint32(52, booleans);
  view.setUint32(56, mode);
  view.setUint32(60, flags);
  view.setUint16(64, 0x4731);
  blob.set([blobClass, 1], 66);
  view.setUint32(68, payload.length);
  blob.set(counting(24), 72);
  const cipher = masterKey.blobCipher(blobClass);
  blob.set(cipher.seal(blob.subarray(72, 96), payload, blob.subarray(0, 96)), 96);
  return blob;
}
