/** Seals keys, and makes KeyBlobs of them. The attributes in a KeyBlob are only for the caller's convenience. */
import * as ck from "@grep11/cryptoki";
import { sealKey } from "../blobs/key-blob.ts";
import { sealPublicKey } from "../blobs/spki-blob.ts";
import type { Context } from "../context.ts";
import type { MasterKey } from "../keyring/master-key.ts";
import { readableAttributes } from "../objects/describe.ts";
import type { Key } from "../objects/key.ts";
import { reportKey } from "./report.ts";

const EMPTY: ck.Template = new Map();

/** Returns a blob, or for a public key its SPKI with a MAC. */
export function sealAnyKey(
  context: Context,
  key: Key,
  masterKey: MasterKey = context.keyring.sealingKey(),
): Uint8Array {
  reportKey(context, key, masterKey.wkid);
  return key.objectClass === ck.CKO_PUBLIC_KEY
    ? sealPublicKey(masterKey, key, context.random)
    : sealKey(masterKey, key, context.random);
}

/** Returns the sealed key in a new envelope, or in the next version of `former`. */
export function sealInEnvelope(
  context: Context,
  key: Key,
  masterKey: MasterKey = context.keyring.sealingKey(),
  former?: ck.KeyBlob,
): ck.KeyBlob {
  const attributes = readableAttributes(key).set(ck.CKA_GREP11_WKID, masterKey.wkid.slice());
  return nextEnvelope(context, sealAnyKey(context, key, masterKey), attributes, former);
}

/**
 * Returns the next version of `former` with the same id, or version 1 of a new envelope. Nothing else of `former` is kept,
 * because the caller wrote it, and readers of a response trust that its attributes come from the HSM.
 */
export function nextEnvelope(
  context: Context,
  sealed: Uint8Array,
  attributes: ck.Template,
  former: ck.KeyBlob | undefined,
): ck.KeyBlob {
  const version = Math.min((former?.version ?? 0) + 1, Number.MAX_SAFE_INTEGER);
  const id = former === undefined || former.keyBlobId.length === 0 ? randomUuid(context) : former.keyBlobId;
  return { keyBlobId: id, version, txId: context.random(16), attributes, keyBlobs: [sealed] };
}

/** Domain parameters are public, so they are not sealed. */
export function clearEnvelope(context: Context, value: Uint8Array): ck.KeyBlob {
  return nextEnvelope(context, value, EMPTY, undefined);
}

/** Returns a version 4 UUID (RFC 9562, 5.4). */
function randomUuid(context: Context): Uint8Array {
  const uuid = context.random(16);
  uuid[6] = (uuid[6]! & 0x0f) | 0x40;
  uuid[8] = (uuid[8]! & 0x3f) | 0x80;
  return uuid;
}
