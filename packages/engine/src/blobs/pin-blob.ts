/**
 * Creates the PIN blob that Login returns: 80 bytes of session id, salt and MAC (docs/reference/ep11.md#pin-blob). All
 * of them are derived from the request (`pin` and `storeid`) and the master key. So every replica returns the same PIN
 * blob, and none has to remember sessions.
 */
import { createHmac } from "node:crypto";
import type { MasterKey } from "../keyring/master-key.ts";

const SESSION_BYTES = 32;
const SALT_BYTES = 16;
const MAC_BYTES = 32;

export const PIN_BLOB_BYTES = SESSION_BYTES + SALT_BYTES + MAC_BYTES;

/** The position of a byte in a session id that is fixed for a basic login. */
const FORMAT_AT = 4;
const FORMAT_BASIC_LOGIN = 0xaa;

const SESSION = 1;
const SALT = 2;
const MAC = 3;

export function createPinBlob(masterKey: MasterKey, pin: Uint8Array, storeId: Uint8Array): Uint8Array {
  const blob = new Uint8Array(PIN_BLOB_BYTES);
  const session = blob.subarray(0, SESSION_BYTES);
  session.set(derive(masterKey, SESSION, Uint8Array.of(pin.length), pin, storeId));
  session[FORMAT_AT] = FORMAT_BASIC_LOGIN;
  if (session[0] === 0x30) session[0] = 0x31; // a blob never starts like DER
  blob.set(derive(masterKey, SALT, session).subarray(0, SALT_BYTES), SESSION_BYTES);
  blob.set(derive(masterKey, MAC, blob.subarray(0, PIN_BLOB_BYTES - MAC_BYTES)), PIN_BLOB_BYTES - MAC_BYTES);
  return blob;
}

function derive(masterKey: MasterKey, purpose: number, ...inputs: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac("sha256", masterKey.pinKey).update(Uint8Array.of(purpose));
  for (const input of inputs) hmac.update(input);
  return hmac.digest();
}
