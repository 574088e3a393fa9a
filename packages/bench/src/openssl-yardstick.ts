/** Calls the OpenSSL inside Node directly. This shows the shortest time that a signature can take with OpenSSL. */
import koffi from "koffi";

const MAX_SIGNATURE_BYTES = 1024;

/**
 * Returns two functions. One signs `digest` with `privateKey` (PKCS #8), and the other verifies that signature with
 * `publicKey` (SubjectPublicKeyInfo).
 */
export function openSslYardstick(
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  digest: Uint8Array,
): { sign: () => unknown; verify: () => unknown } {
  const library = koffi.load(null);
  const newOperation = library.func("void *EVP_PKEY_CTX_new(void *key, void *engine)");
  const signInit = library.func("int EVP_PKEY_sign_init(void *operation)");
  const verifyInit = library.func("int EVP_PKEY_verify_init(void *operation)");
  const signDigest = library.func(
    "int EVP_PKEY_sign(void *operation, void *signature, void *signatureLength, const void *digest, size_t length)",
  );
  const verifyDigest = library.func(
    "int EVP_PKEY_verify(void *operation, const void *signature, size_t signatureLength, const void *digest, size_t length)",
  );
  function operation(name: "d2i_AutoPrivateKey" | "d2i_PUBKEY", der: Uint8Array, init: typeof signInit): unknown {
    const read = library.func(`void *${name}(void *unused, void *position, long length)`);
    const bytes = Buffer.alloc(der.length);
    bytes.set(der);
    const created: unknown = newOperation(read(null, BigUint64Array.of(koffi.address(bytes)), bytes.length), null);
    if (init(created) !== 1) throw new Error(`OpenSSL does not accept the key of ${name}`);
    return created;
  }
  const signing = operation("d2i_AutoPrivateKey", privateKey, signInit);
  const verifying = operation("d2i_PUBKEY", publicKey, verifyInit);
  const signature = Buffer.alloc(MAX_SIGNATURE_BYTES);
  const length = new BigUint64Array(1);
  const sign = (): number => {
    length[0] = BigInt(MAX_SIGNATURE_BYTES);
    return signDigest(signing, signature, length, digest, digest.length);
  };
  if (sign() !== 1) throw new Error("OpenSSL does not sign");
  const sample = Buffer.from(signature.subarray(0, Number(length[0])));
  const verify = (): number => verifyDigest(verifying, sample, sample.length, digest, digest.length);
  if (verify() !== 1) throw new Error("OpenSSL does not verify its own signature");
  return { sign, verify };
}
