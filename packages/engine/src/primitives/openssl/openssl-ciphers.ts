/**
 * Ciphers of Node's own OpenSSL (openssl.ts). Creating a cipher in node:crypto costs several times as much as encrypting a
 * short message, so all calls of a thread use one context. It is reset after every call, which wipes the key in it.
 */
import type { LibraryHandle } from "koffi";
import type { AeadInputs, Ciphers, Direction } from "../symmetric/ciphers.ts";

/** EVP_CTRL_* (openssl/evp.h). */
const SET_NONCE_LENGTH = 0x9;
const GET_TAG = 0x10;
const SET_TAG = 0x11;

/** A loaded cipher exists as long as the thread. */
interface Loaded {
  readonly address: bigint;
  readonly keyBytes: number;
  readonly ivBytes: number;
}

/** The maximum length of an input in bytes. OpenSSL's functions take the length as a C int. */
const MAX_BYTES = 2 ** 31 - 1;

export function bindCiphers(library: LibraryHandle): Ciphers {
  const fetch = library.func("void *EVP_CIPHER_fetch(void *library, const char *name, const char *properties)");
  const keyLength = library.func("int EVP_CIPHER_get_key_length(void *cipher)");
  const ivLength = library.func("int EVP_CIPHER_get_iv_length(void *cipher)");
  const newContext = library.func("void *EVP_CIPHER_CTX_new()");
  const init = library.func(
    "int EVP_CipherInit_ex(void *context, void *cipher, void *engine, const void *key, const void *iv, int encrypts)",
  );
  const setPadding = library.func("int EVP_CIPHER_CTX_set_padding(void *context, int padding)");
  const control = library.func("int EVP_CIPHER_CTX_ctrl(void *context, int type, int number, void *bytes)");
  const update = library.func(
    "int EVP_CipherUpdate(void *context, void *output, void *length, const void *data, int bytes)",
  );
  const final = library.func("int EVP_CipherFinal_ex(void *context, void *output, void *length)");
  const reset = library.func("int EVP_CIPHER_CTX_reset(void *context)");
  const clearErrors = library.func("void ERR_clear_error()");

  const loaded = new Map<string, Loaded>();
  const context: bigint = newContext();
  const written = new Int32Array(1);
  const unused = new Uint8Array(64);

  function load(name: string): Loaded {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const address: bigint | null = fetch(null, name, null);
    if (address === null) return refused(name);
    const cipher = { address, keyBytes: keyLength(address), ivBytes: ivLength(address) };
    loaded.set(name, cipher);
    return cipher;
  }

  function refused(name: string): never {
    clearErrors();
    throw new Error(`OpenSSL refuses ${name}`);
  }

  function requireLengths(name: string, { keyBytes }: Loaded, key: Uint8Array, data: Uint8Array): void {
    if (key.length !== keyBytes || data.length > MAX_BYTES) throw new RangeError(`${name}: a length is not valid`);
  }

  /** `output` is as long as `data`, or null for additional data. */
  function process(output: Uint8Array | null, data: Uint8Array): boolean {
    return (
      data.length === 0 || (update(context, output, written, data, data.length) === 1 && written[0] === data.length)
    );
  }

  /** Begins an AEAD and processes its additional data. */
  function begin(direction: Direction, { name, key, nonce, aad }: AeadInputs, data: Uint8Array): boolean {
    const cipher = load(name);
    requireLengths(name, cipher, key, data);
    requireLengths(name, cipher, key, aad);
    const encrypts = direction === "encrypt" ? 1 : 0;
    const sameLength = nonce.length === cipher.ivBytes;
    if (init(context, cipher.address, null, sameLength ? key : null, sameLength ? nonce : null, encrypts) !== 1)
      return false;
    if (!sameLength) {
      if (control(context, SET_NONCE_LENGTH, nonce.length, null) !== 1) return false;
      if (init(context, null, null, key, nonce, encrypts) !== 1) return false;
    }
    return process(null, aad);
  }

  return {
    crypt(name, direction, key, iv, data) {
      const cipher = load(name);
      requireLengths(name, cipher, key, data);
      if ((iv?.length ?? 0) !== cipher.ivBytes) throw new RangeError(`${name}: a length is not valid`);
      const output = new Uint8Array(data.length);
      try {
        const done =
          init(context, cipher.address, null, key, iv ?? null, direction === "encrypt" ? 1 : 0) === 1 &&
          setPadding(context, 0) === 1 &&
          process(output, data);
        return done ? output : refused(name);
      } finally {
        reset(context);
      }
    },
    seal(inputs, plain) {
      const { name, tagLength } = inputs;
      const sealed = new Uint8Array(plain.length + tagLength);
      try {
        const done =
          begin("encrypt", inputs, plain) &&
          process(sealed, plain) &&
          final(context, unused, written) === 1 &&
          control(context, GET_TAG, tagLength, sealed.subarray(plain.length)) === 1;
        return done ? sealed : refused(name);
      } finally {
        reset(context);
      }
    },
    open(inputs, sealed) {
      const { name, tagLength } = inputs;
      const ciphered = sealed.subarray(0, sealed.length - tagLength);
      const plain = new Uint8Array(ciphered.length);
      try {
        const begun =
          begin("decrypt", inputs, ciphered) &&
          process(plain, ciphered) &&
          control(context, SET_TAG, tagLength, sealed.subarray(ciphered.length)) === 1;
        if (!begun) return refused(name);
        if (final(context, unused, written) === 1) return plain;
        clearErrors();
        plain.fill(0);
        return undefined;
      } finally {
        reset(context);
      }
    },
  };
}
