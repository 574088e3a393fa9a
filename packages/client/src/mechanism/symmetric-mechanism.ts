/** Builders of PKCS #11 mechanisms with secret keys that IBM's cards do not have. Source: PKCS #11 v3.2, 6. */
import * as ck from "@grep11/cryptoki";
import { concatenate, wireForm } from "@grep11/encoding";

const NOTHING = new Uint8Array(0);

/**
 * CKM_AES_CTR. `block` has 16 bytes; its last `counterBits` bits, 128 by default, count up. No block is used twice with a key.
 * Errors: CKR_MECHANISM_PARAM_INVALID for a block of another length.
 */
export function aesCtr({ block, counterBits = 128 }: { block: Uint8Array; counterBits?: number }): ck.Mechanism {
  requireLength(block, 16, "the counter block");
  return { mechanism: ck.CKM_AES_CTR, parameter: wireForm([counterBits], block) };
}

/** What {@link aesGcm} takes. */
export interface GcmOptions {
  /** 12 bytes, best; used once with a key. */
  readonly iv: Uint8Array;
  /** Additional data: authenticated, not encrypted. */
  readonly aad?: Uint8Array;
  /** Length of the tag in bytes, 12 to 16; 16 by default. */
  readonly tagLength?: number;
}

/**
 * CKM_AES_GCM: the tag follows the ciphertext. Encrypts in parts, decrypts in one call.
 * Errors: CKR_MECHANISM_PARAM_INVALID for an empty IV.
 */
export function aesGcm({ iv, aad = NOTHING, tagLength = 16 }: GcmOptions): ck.Mechanism {
  if (iv.length === 0) throw ck.CkError.mechanismParamInvalid("the initialisation vector is empty");
  const numbers = [iv.length, 8 * iv.length, aad.length, 8 * tagLength];
  return { mechanism: ck.CKM_AES_GCM, parameter: wireForm(numbers, iv, aad) };
}

/** What {@link aesCcm} takes. */
export interface CcmOptions {
  /** Length of the clear text in bytes, for encrypting and decrypting alike. */
  readonly dataLength: number;
  /** 7 to 13 bytes; used once with a key. */
  readonly nonce: Uint8Array;
  readonly aad?: Uint8Array;
  /** Length of the MAC in bytes: 4, 6 ... 16; 16 by default. */
  readonly macLength?: number;
}

/** CKM_AES_CCM: the MAC stands behind the cipher text; in one call. */
export function aesCcm({ dataLength, nonce, aad = NOTHING, macLength = 16 }: CcmOptions): ck.Mechanism {
  const numbers = [dataLength, nonce.length, aad.length, macLength];
  return { mechanism: ck.CKM_AES_CCM, parameter: wireForm(numbers, nonce, aad) };
}

/** CKM_AES_GMAC: sign and verify; `iv` has 12 bytes and is used once with a key. */
export function aesGmac(iv: Uint8Array): ck.Mechanism {
  return { mechanism: ck.CKM_AES_GMAC, parameter: iv };
}

/** CKM_AES_CMAC_GENERAL: the leading `length` bytes of the code, 4 to 16. */
export function aesCmacGeneral(length: number): ck.Mechanism {
  return { mechanism: ck.CKM_AES_CMAC_GENERAL, parameter: wireForm([length]) };
}

/** CKM_AES_XTS with a key of type CKK_AES_XTS; `tweak` has 16 bytes, such as the number of a sector. In one call. */
export function aesXts(tweak: Uint8Array): ck.Mechanism {
  return { mechanism: ck.CKM_AES_XTS, parameter: tweak };
}

/**
 * CKM_AES_KEY_WRAP (RFC 3394): keys of any length, padded with zeros to blocks of 8 bytes. Unwrapping a secret of another length
 * needs CKA_VALUE_LEN, or keeps the zeros.
 */
export function aesKeyWrap(): ck.Mechanism {
  return { mechanism: ck.CKM_AES_KEY_WRAP };
}

/** CKM_AES_KEY_WRAP_KWP (RFC 5649): keys of any length. */
export function aesKeyWrapPadded(): ck.Mechanism {
  return { mechanism: ck.CKM_AES_KEY_WRAP_KWP };
}

/** CKM_AES_ECB_ENCRYPT_DATA: the new key is `data`, whole blocks, encrypted. */
export function aesEcbEncryptData(data: Uint8Array): ck.Mechanism {
  return { mechanism: ck.CKM_AES_ECB_ENCRYPT_DATA, parameter: data };
}

/** What {@link aesCbcEncryptData} and {@link des3CbcEncryptData} take. */
export interface CbcEncryptDataOptions {
  /** One block. */
  readonly iv: Uint8Array;
  /** Whole blocks. */
  readonly data: Uint8Array;
}

/**
 * CKM_AES_CBC_ENCRYPT_DATA: the new key is `data`, whole blocks, encrypted with the initialisation vector `iv`, 16 bytes.
 * Errors: CKR_MECHANISM_PARAM_INVALID for an `iv` of another length.
 */
export function aesCbcEncryptData(options: CbcEncryptDataOptions): ck.Mechanism {
  return { mechanism: ck.CKM_AES_CBC_ENCRYPT_DATA, parameter: ivAndData(options, 16) };
}

/** CKM_DES3_CBC_ENCRYPT_DATA: as {@link aesCbcEncryptData}, with an `iv` of 8 bytes. */
export function des3CbcEncryptData(options: CbcEncryptDataOptions): ck.Mechanism {
  return { mechanism: ck.CKM_DES3_CBC_ENCRYPT_DATA, parameter: ivAndData(options, 8) };
}

/** No length separates the two, so a short IV would be filled up with data. */
function ivAndData({ iv, data }: CbcEncryptDataOptions, block: number): Uint8Array {
  requireLength(iv, block, "the initialisation vector");
  return concatenate(iv, data);
}

/** CKM_CHACHA20 as of RFC 8439, with a key of type CKK_CHACHA20; `nonce` has 12 bytes, `counter` is the first block's. */
export function chacha20({ nonce, counter = 0 }: { nonce: Uint8Array; counter?: number }): ck.Mechanism {
  const block = new Uint8Array(4);
  new DataView(block.buffer).setUint32(0, counter, true);
  return { mechanism: ck.CKM_CHACHA20, parameter: wireForm([32, 8 * nonce.length], block, nonce) };
}

/**
 * CKM_CHACHA20_POLY1305 with a key of type CKK_CHACHA20: the tag follows the ciphertext. `nonce` has 12 bytes and is
 * used once with a key. Encrypts in parts, decrypts in one call. Errors: CKR_MECHANISM_PARAM_INVALID for a nonce of another
 * length.
 */
export function chacha20Poly1305({ nonce, aad = NOTHING }: { nonce: Uint8Array; aad?: Uint8Array }): ck.Mechanism {
  requireLength(nonce, 12, "the nonce");
  return { mechanism: ck.CKM_CHACHA20_POLY1305, parameter: wireForm([nonce.length, aad.length], nonce, aad) };
}

function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length === length) return;
  throw ck.CkError.mechanismParamInvalid(`${what} has ${length} bytes, not ${bytes.length}`);
}
