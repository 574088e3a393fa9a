/**
 * Calls Node's own OpenSSL for what node:crypto cannot do, or does slowly. koffi opens the running program, which exports the
 * OpenSSL it was built with; no other libcrypto is ever loaded. Only the files openssl*.ts and secp256k1-system.ts call C:
 * everything they export checks lengths and owns its memory.
 */
import { createRequire } from "node:module";
import type { LibraryHandle } from "koffi";
import { CHAINING_BYTES, type Compress, type CompressionName } from "../hash/hash-state.ts";
import { toMachineOrder } from "../hash/word-order.ts";
import type { Ciphers } from "../symmetric/ciphers.ts";
import { bindCiphers } from "./openssl-ciphers.ts";
import { bindEddsa, type OpenSslEddsa } from "./openssl-eddsa.ts";
import { bindPoints, type OpenSslPoints } from "./openssl-points.ts";
import { bindRawKeys, type OpenSslRawKeys } from "./openssl-raw-keys.ts";

export interface OpenSsl extends OpenSslEddsa, OpenSslPoints, OpenSslRawKeys {
  /** For example "OpenSSL 3.5.4 30 Sep 2025". */
  readonly version: string;
  readonly ciphers: Ciphers;
  /**
   * The compression functions of hashes. `keccak` is missing if OpenSSL does not export SHA3_absorb, or if the
   * arguments of that internal function are not known for this version of OpenSSL.
   */
  readonly compression: Readonly<Partial<Record<CompressionName, Compress>>>;
  /**
   * Returns the ECDSA or DSA signature as DER SEQUENCE {r, s}. Only as many leftmost bits of the digest are used as the order
   * has (FIPS 186-5, 6.4.1). The key is PKCS #8; OpenSSL's form of it is cached as long as the array `privateKeyDer` exists.
   * Throws an Error for keys of another kind.
   */
  signDigest(privateKeyDer: Uint8Array, digest: Uint8Array): Uint8Array;
  /**
   * Returns input^d mod n. The input has as many bytes as the modulus and is a smaller number. The RSA key is PKCS #8
   * and is cached as in `signDigest`. Throws an Error for other inputs and for keys of another kind.
   */
  rsaPrivateOperation(privateKeyDer: Uint8Array, input: Uint8Array): Uint8Array;
  /** Returns whether `signature`, in DER, is valid. Throws an Error for keys of another kind. */
  verifyDigest(publicKeyDer: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}

/** Does not test OpenSSL. Returns undefined if koffi has no binary for the platform or the program exports no OpenSSL. */
export function loadOpenSsl(): OpenSsl | undefined {
  try {
    const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
    const library = koffi.load(null);
    const version: string = library.func("const char *OpenSSL_version(int part)")(0);
    return {
      version,
      ciphers: bindCiphers(library),
      compression: bindCompression(library, version),
      ...bindSignatures(library, koffi.address),
      ...bindEddsa(library, koffi.address),
      ...bindPoints(library),
      ...bindRawKeys(library, koffi.address),
    };
  } catch {
    return undefined;
  }
}

/** SHA_CTX, SHA256_CTX and SHA512_CTX begin with the chaining value; the rest includes the number of pending bytes (0). */
const CONTEXTS = {
  sha1: { update: "SHA1_Update", bytes: 96, width: 4 },
  sha256: { update: "SHA256_Update", bytes: 112, width: 4 },
  sha512: { update: "SHA512_Update", bytes: 216, width: 8 },
} as const;

/** SHA3_absorb is internal to OpenSSL. Its arguments are known for the versions that begin with this string. */
const KECCAK_KNOWN_IN = "OpenSSL 3.";

function bindCompression(library: LibraryHandle, version: string): Partial<Record<CompressionName, Compress>> {
  const compression: Partial<Record<CompressionName, Compress>> = {};
  for (const name of ["sha1", "sha256", "sha512"] as const) {
    const { update: symbol, bytes, width } = CONTEXTS[name];
    const update = library.func(`int ${symbol}(void *context, const void *data, size_t length)`);
    compression[name] = (chaining, blocks, blockBytes) => {
      requireBlocks(chaining, CHAINING_BYTES[name], blocks, blockBytes);
      const context = new Uint8Array(bytes);
      const words = context.subarray(0, chaining.length);
      words.set(chaining);
      toMachineOrder(words, width, "BE");
      if (update(context, blocks, blocks.length) !== 1) throw new Error(`${symbol} failed`);
      toMachineOrder(words, width, "BE");
      chaining.set(words);
      context.fill(0);
    };
  }
  const keccak = version.startsWith(KECCAK_KNOWN_IN) ? bindKeccak(library) : undefined;
  if (keccak !== undefined) compression.keccak = keccak;
  return compression;
}

function bindKeccak(library: LibraryHandle): Compress | undefined {
  try {
    const absorb = library.func("size_t SHA3_absorb(void *lanes, const void *data, size_t length, size_t rate)");
    return (chaining, blocks, blockBytes) => {
      requireBlocks(chaining, CHAINING_BYTES.keccak, blocks, blockBytes);
      const lanes = chaining.slice();
      toMachineOrder(lanes, 8, "LE");
      absorb(lanes, blocks, blocks.length, blockBytes);
      toMachineOrder(lanes, 8, "LE");
      chaining.set(lanes);
      lanes.fill(0);
    };
  } catch {
    return undefined;
  }
}

function requireBlocks(chaining: Uint8Array, chainingBytes: number, blocks: Uint8Array, blockBytes: number): void {
  if (chaining.length !== chainingBytes || blocks.length === 0 || blocks.length % blockBytes !== 0) {
    throw new RangeError("a compression function needs its chaining value and whole blocks");
  }
}

/** Numeric identifiers (NIDs) of key types (obj_mac.h). */
const EVP_PKEY_RSA = 6;
const EVP_PKEY_DSA = 116;
const EVP_PKEY_EC = 408;
/** Key types that sign digests. */
const DIGEST_SIGNERS = [EVP_PKEY_DSA, EVP_PKEY_EC];
const RSA_NO_PADDING = 3;
/** No DER signature of ECDSA or DSA needs more bytes. */
const MAX_SIGNATURE_BYTES = 256;

/** The address of an EVP_PKEY_CTX that is ready to sign or to verify. */
type Operation = bigint;

function bindSignatures(
  library: LibraryHandle,
  address: (bytes: Uint8Array) => bigint,
): Pick<OpenSsl, "signDigest" | "verifyDigest" | "rsaPrivateOperation"> {
  const readPrivateKey = library.func("void *d2i_AutoPrivateKey(void *unused, void *position, long length)");
  const readPublicKey = library.func("void *d2i_PUBKEY(void *unused, void *position, long length)");
  const keyType = library.func("int EVP_PKEY_get_base_id(void *key)");
  const freeKey = library.func("void EVP_PKEY_free(void *key)");
  const newOperation = library.func("void *EVP_PKEY_CTX_new(void *key, void *engine)");
  const freeOperation = library.func("void EVP_PKEY_CTX_free(void *operation)");
  const signInit = library.func("int EVP_PKEY_sign_init(void *operation)");
  const verifyInit = library.func("int EVP_PKEY_verify_init(void *operation)");
  const setRsaPadding = library.func("int EVP_PKEY_CTX_set_rsa_padding(void *operation, int padding)");
  const sign = library.func(
    "int EVP_PKEY_sign(void *operation, void *signature, void *signatureLength, const void *digest, size_t length)",
  );
  const verify = library.func(
    "int EVP_PKEY_verify(void *operation, const void *signature, size_t signatureLength, const void *digest, size_t length)",
  );
  const clearErrors = library.func("void ERR_clear_error(void)");

  const collected = new FinalizationRegistry<Operation>((operation) => freeOperation(operation));

  /** Maps keys to operations, which are created at first use. An operation holds the only reference to its EVP_PKEY. */
  function operations(
    types: readonly number[],
    read: typeof readPrivateKey,
    init: (operation: Operation) => boolean,
  ): (der: Uint8Array) => Operation {
    const cache = new WeakMap<Uint8Array, Operation>();
    return (der) => {
      const cached = cache.get(der);
      if (cached !== undefined) return cached;
      const key: bigint | null = read(null, new BigUint64Array([address(der)]), der.length);
      const usable = key !== null && types.includes(keyType(key));
      const operation: Operation | null = usable ? newOperation(key, null) : null;
      freeKey(key);
      if (operation === null || !init(operation)) {
        freeOperation(operation);
        clearErrors();
        throw new Error("OpenSSL rejects the key");
      }
      cache.set(der, operation);
      collected.register(der, operation);
      return operation;
    };
  }

  const signer = operations(DIGEST_SIGNERS, readPrivateKey, (operation) => signInit(operation) === 1);
  const verifier = operations(DIGEST_SIGNERS, readPublicKey, (operation) => verifyInit(operation) === 1);
  const rsa = operations(
    [EVP_PKEY_RSA],
    readPrivateKey,
    (operation) => signInit(operation) === 1 && setRsaPadding(operation, RSA_NO_PADDING) === 1,
  );

  /** Returns the length of the signature. */
  function signInto(signature: Uint8Array, operation: Operation, digest: Uint8Array): number {
    const length = new BigUint64Array([BigInt(signature.length)]);
    if (sign(operation, signature, length, digest, digest.length) === 1) return Number(length[0]);
    clearErrors();
    throw new Error("EVP_PKEY_sign failed");
  }

  return {
    signDigest(privateKeyDer, digest) {
      const signature = new Uint8Array(MAX_SIGNATURE_BYTES);
      return signature.slice(0, signInto(signature, signer(privateKeyDer), digest));
    },
    rsaPrivateOperation(privateKeyDer, input) {
      const output = new Uint8Array(input.length);
      // OpenSSL refuses an output that is shorter than the modulus. With no output at all, it would only return the length.
      if (output.length === 0) throw new Error("EVP_PKEY_sign failed: there is no input");
      signInto(output, rsa(privateKeyDer), input);
      return output;
    },
    verifyDigest(publicKeyDer, digest, signature) {
      const result = verify(verifier(publicKeyDer), signature, signature.length, digest, digest.length);
      if (result !== 1) clearErrors();
      return result === 1;
    },
  };
}
