import * as ck from "@grep11/cryptoki";
import type { KeyringView } from "../keyring/keyring.ts";
import type { MasterKey } from "../keyring/master-key.ts";
import { impliedUid, KEY_UID_BYTES, type Key, type KeyMaterial } from "../objects/key.ts";
import type { RandomSource } from "../primitives/random.ts";
import { attributes, bytes, INVALID, optional, record } from "../sealing/tlv.ts";
import { BLOB_CLASS, type OpenedBlob, open, seal } from "./g11b.ts";

/** The payload contains these parts of a key; attribute bits and key type are in the header. */
type SealedParts = KeyMaterial & Pick<Key, "attributes"> & { readonly uid: Uint8Array | undefined };

const PAYLOAD = record({ value: [1, bytes], attributes: [2, attributes], uid: [3, optional(bytes)] });

const CLASSES = [BLOB_CLASS.secretKey, BLOB_CLASS.privateKey] as const;

/** Throws CKR_KEY_HANDLE_INVALID unless `key` is secret or private, CKR_ATTRIBUTE_VALUE_INVALID for an invalid session. */
export function sealKey(masterKey: MasterKey, key: Key, random: RandomSource): Uint8Array {
  const payload = PAYLOAD.encode(key);
  const header = {
    blobClass: blobClassOf(key),
    session: key.session,
    booleans: key.booleans,
    everSet: key.everSet,
    mode: key.keyType,
  };
  const blob = seal(masterKey, header, payload, random);
  payload.fill(0);
  return blob;
}

/**
 * Returns the secret or private key in `blob`. Errors: CKR_KEY_HANDLE_INVALID if it is empty, CKR_IBM_WKID_MISMATCH if it
 * names another master key, CKR_IBM_WK_NOT_INITIALIZED if there is no master key, CKR_IBM_BLOB_ERROR for everything else.
 */
export function openKey(keyring: KeyringView, blob: Uint8Array): Key {
  if (blob.length === 0) throw new ck.CkError(ck.CKR_KEY_HANDLE_INVALID, "no key was given");
  const opened = open(keyring, blob, CLASSES);
  if (opened === undefined) throw ck.CkError.blobError();
  const { payload } = opened;
  const key = parseKey(opened);
  payload.fill(0);
  if (key === undefined) throw ck.CkError.blobError();
  return key;
}

function parseKey(opened: OpenedBlob): Key | undefined {
  const parsed = PAYLOAD.decode(opened.payload);
  if (parsed === INVALID) return undefined;
  const objectClass = opened.header.blobClass === BLOB_CLASS.secretKey ? ck.CKO_SECRET_KEY : ck.CKO_PRIVATE_KEY;
  return keyOf(opened, { ...parsed, objectClass, keyType: opened.header.mode });
}

/** Combines header and payload; returns undefined if they contradict each other. Blobs of version 1 have no uid. */
export function keyOf({ version, header }: OpenedBlob, parts: SealedParts): Key | undefined {
  const { uid } = parts;
  if (version === 1 ? uid !== undefined : uid?.length !== KEY_UID_BYTES) return undefined;
  const { booleans, everSet, session } = header;
  return { ...parts, booleans, everSet, session, uid: uid ?? impliedUid(parts) };
}

function blobClassOf(key: Key): (typeof CLASSES)[number] {
  if (key.objectClass === ck.CKO_SECRET_KEY) return BLOB_CLASS.secretKey;
  if (key.objectClass === ck.CKO_PRIVATE_KEY) return BLOB_CLASS.privateKey;
  throw new ck.CkError(ck.CKR_KEY_HANDLE_INVALID, "only secret and private keys are sealed");
}
