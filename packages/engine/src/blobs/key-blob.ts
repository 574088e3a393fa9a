/** Secret and private keys as sealed blobs. Attribute bits and key type are in the header, value and the rest inside. */
import * as ck from "@grep11/cryptoki";
import type { MasterKey } from "../keyring/master-key.ts";
import type { KeyringView } from "../keyring/view.ts";
import type { Key } from "../objects/key.ts";
import { impliedUid, KEY_UID_BYTES } from "../objects/key-uid.ts";
import type { RandomSource } from "../primitives/random.ts";
import { copyOf, encodeAttributes, encodeFields, hasExactly, parseAttributes, parseFields } from "../sealing/tlv.ts";
import { BLOB_CLASS, type OpenedBlob, open, seal } from "./g11b.ts";

const VALUE = 1;
const ATTRIBUTES = 2;
/** Not in blobs of version 1. */
const UID = 3;

const CLASSES = [BLOB_CLASS.secretKey, BLOB_CLASS.privateKey] as const;

/**
 * `key` sealed under `masterKey`. Only secret and private keys are sealed; others throw CKR_KEY_HANDLE_INVALID. Throws
 * CKR_ATTRIBUTE_VALUE_INVALID for a session that no blob can carry.
 */
export function sealKey(masterKey: MasterKey, key: Key, random: RandomSource): Uint8Array {
  const payload = encodeFields([
    [VALUE, key.value],
    [ATTRIBUTES, encodeAttributes(key.attributes)],
    [UID, key.uid],
  ]);
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
 * The secret or private key in `blob`. Errors: CKR_KEY_HANDLE_INVALID when it is empty, CKR_IBM_WKID_MISMATCH when it
 * names another master key, CKR_IBM_WK_NOT_INITIALIZED when there is none, CKR_IBM_BLOB_ERROR for everything else.
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

/** The key in a payload, with copies of all that it keeps. */
function parseKey({ version, header, payload }: OpenedBlob): Key | undefined {
  const fields = parseFields(payload);
  const required = version === 1 ? [VALUE] : [VALUE, UID];
  if (fields === undefined || !hasExactly(fields, required, [ATTRIBUTES])) return undefined;
  const attributes = parseAttributes(fields.get(ATTRIBUTES));
  const stored = fields.get(UID);
  if (attributes === undefined || (stored !== undefined && stored.length !== KEY_UID_BYTES)) return undefined;
  const objectClass = header.blobClass === BLOB_CLASS.secretKey ? ck.CKO_SECRET_KEY : ck.CKO_PRIVATE_KEY;
  const material = { objectClass, keyType: header.mode, value: copyOf(fields.get(VALUE)!) };
  const uid = stored === undefined ? impliedUid(material) : copyOf(stored);
  const { booleans, everSet, session } = header;
  return { ...material, booleans, everSet, uid, session, attributes };
}

function blobClassOf(key: Key): (typeof CLASSES)[number] {
  if (key.objectClass === ck.CKO_SECRET_KEY) return BLOB_CLASS.secretKey;
  if (key.objectClass === ck.CKO_PRIVATE_KEY) return BLOB_CLASS.privateKey;
  throw new ck.CkError(ck.CKR_KEY_HANDLE_INVALID, "only secret and private keys are sealed");
}
