/**
 * EdDSA with a context and with prehashing, by Node's own OpenSSL (openssl.ts). node:crypto does not have the prehashed forms,
 * and in Node 22 it ignores a context.
 */
import type { LibraryHandle } from "koffi";

/** OpenSSL's names of the forms of EdDSA that are not pure (RFC 8032, 5.1 and 5.2). Ed448 always has a context. */
export type EddsaInstance = "Ed25519ctx" | "Ed25519ph" | "Ed448" | "Ed448ph";

/** Keys are PKCS #8 and SubjectPublicKeyInfo in the form of RFC 8410. */
export interface OpenSslEddsa {
  /** `context` has at most 255 bytes. Throws an Error for keys of other curves. */
  signInstance(
    instance: EddsaInstance,
    privateKeyDer: Uint8Array,
    context: Uint8Array,
    message: Uint8Array,
  ): Uint8Array;
  /** Throws an Error for keys of other curves. */
  verifyInstance(
    instance: EddsaInstance,
    publicKeyDer: Uint8Array,
    context: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean;
}

/** Key types are numeric identifiers (NIDs) of obj_mac.h. */
const INSTANCES = {
  Ed25519ctx: { keyType: 1087, signatureBytes: 64 },
  Ed25519ph: { keyType: 1087, signatureBytes: 64 },
  Ed448: { keyType: 1088, signatureBytes: 114 },
  Ed448ph: { keyType: 1088, signatureBytes: 114 },
} as const satisfies Record<EddsaInstance, object>;

/** An OSSL_PARAM (openssl/core.h) consists of key, type, data, length and returned length, 8 bytes each. */
const WORDS_OF_PARAM = 5;
const OSSL_PARAM_UTF8_STRING = 4n;
const OSSL_PARAM_OCTET_STRING = 5n;

export function bindEddsa(library: LibraryHandle, address: (bytes: Uint8Array) => bigint): OpenSslEddsa {
  const readPrivateKey = library.func("void *d2i_AutoPrivateKey(void *unused, void *position, long length)");
  const readPublicKey = library.func("void *d2i_PUBKEY(void *unused, void *position, long length)");
  const keyType = library.func("int EVP_PKEY_get_base_id(void *key)");
  const freeKey = library.func("void EVP_PKEY_free(void *key)");
  const newOperation = library.func("void *EVP_MD_CTX_new()");
  const freeOperation = library.func("void EVP_MD_CTX_free(void *operation)");
  const init =
    "(void *operation, void *unused, void *digest, void *library, void *properties, void *key, void *params)";
  const signInit = library.func(`int EVP_DigestSignInit_ex${init}`);
  const verifyInit = library.func(`int EVP_DigestVerifyInit_ex${init}`);
  const sign = library.func(
    "int EVP_DigestSign(void *operation, void *signature, void *signatureLength, const void *data, size_t length)",
  );
  const verify = library.func(
    "int EVP_DigestVerify(void *operation, const void *signature, size_t signatureLength, const void *data, size_t length)",
  );
  const clearErrors = library.func("void ERR_clear_error()");

  /** Passes an operation to `use`. Memory that C points to is kept alive until `use` returns. */
  function withOperation<T>(
    instance: EddsaInstance,
    [read, begin]: readonly [typeof readPrivateKey, typeof signInit],
    der: Uint8Array,
    context: Uint8Array,
    use: (operation: bigint) => T,
  ): T {
    const strings = ["instance", instance, "context-string"].map((text) => new TextEncoder().encode(`${text}\0`));
    const [instanceKey, instanceName, contextKey] = strings as [Uint8Array, Uint8Array, Uint8Array];
    // OpenSSL refuses a null pointer, even for an empty context.
    const data = context.length === 0 ? new Uint8Array(1) : context;
    const params = new BigUint64Array(3 * WORDS_OF_PARAM);
    params.set([address(instanceKey), OSSL_PARAM_UTF8_STRING, address(instanceName), BigInt(instance.length)]);
    params.set([address(contextKey), OSSL_PARAM_OCTET_STRING, address(data), BigInt(context.length)], WORDS_OF_PARAM);
    const key: bigint | null = read(null, new BigUint64Array([address(der)]), der.length);
    const operation: bigint | null = newOperation();
    try {
      const fits = key !== null && operation !== null && keyType(key) === INSTANCES[instance].keyType;
      if (!fits || begin(operation, null, null, null, null, key, params) !== 1) {
        throw new Error("OpenSSL rejects the key");
      }
      return use(operation);
    } finally {
      freeOperation(operation);
      freeKey(key);
      clearErrors();
    }
  }

  return {
    signInstance(instance, privateKeyDer, context, message) {
      return withOperation(instance, [readPrivateKey, signInit], privateKeyDer, context, (operation) => {
        const signature = new Uint8Array(INSTANCES[instance].signatureBytes);
        const length = new BigUint64Array([BigInt(signature.length)]);
        if (sign(operation, signature, length, message, message.length) !== 1) throw new Error("EVP_DigestSign failed");
        return signature;
      });
    },
    verifyInstance(instance, publicKeyDer, context, message, signature) {
      return withOperation(
        instance,
        [readPublicKey, verifyInit],
        publicKeyDer,
        context,
        (operation) => verify(operation, signature, signature.length, message, message.length) === 1,
      );
    },
  };
}
