/**
 * Moves clear keys into and out of an HSM, which accepts and returns only wrapped keys. Each transfer generates a KEK. To
 * import a key, the KEK encrypts the clear bytes as data and unwraps the result. To export a key, the KEK wraps it and decrypts
 * the result as data. The blob of the KEK is discarded afterwards.
 */
import { randomBytes } from "node:crypto";
import { mechanism as build, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";

/** Imports the bytes of a secret key, or a PKCS #8. Errors: those of the HSM. */
export async function importClearKey(
  hsm: ck.Ep11,
  value: Uint8Array,
  keyTemplate: ck.Template,
  options: ck.CallOptions,
): Promise<ck.UnwrapKeyResponse> {
  const kek = await createKek(hsm, { CKA_ENCRYPT: true, CKA_UNWRAP: true }, options);
  const mech = build.aesCbcPad(new Uint8Array(randomBytes(16)));
  const { ciphered } = await hsm.encryptSingle({ mech, key: kek, plain: value }, options);
  return hsm.unwrapKey({ mech, kek, wrapped: ciphered, template: keyTemplate }, options);
}

/** Exports an extractable key in the clear. Errors: CKR_KEY_UNEXTRACTABLE, and those of the HSM. */
export async function exportClearKey(hsm: ck.Ep11, key: Uint8Array, options: ck.CallOptions): Promise<Uint8Array> {
  const kek = await createKek(hsm, { CKA_WRAP: true, CKA_DECRYPT: true }, options);
  const mech = build.aesCbcPad(new Uint8Array(randomBytes(16)));
  const { wrapped } = await hsm.wrapKey({ mech, key, kek }, options);
  return (await hsm.decryptSingle({ mech, key: kek, ciphered: wrapped }, options)).plain;
}

async function createKek(
  hsm: ck.Ep11,
  rights: { CKA_ENCRYPT?: true; CKA_UNWRAP?: true; CKA_WRAP?: true; CKA_DECRYPT?: true },
  options: ck.CallOptions,
): Promise<Uint8Array> {
  const keyTemplate = template({
    CKA_VALUE_LEN: 32,
    CKA_ENCRYPT: false,
    CKA_DECRYPT: false,
    CKA_SIGN: false,
    CKA_VERIFY: false,
    CKA_WRAP: false,
    CKA_UNWRAP: false,
    CKA_EXTRACTABLE: false,
    ...rights,
  });
  const { key } = await hsm.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: keyTemplate }, options);
  return ck.sealedBytes(key);
}
