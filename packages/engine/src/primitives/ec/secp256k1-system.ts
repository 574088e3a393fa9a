/**
 * The operating system's libsecp256k1, called through koffi. It does not check lengths, and aborts the process on illegal
 * arguments, so the functions here require arrays of the stated lengths.
 */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import type { LibraryHandle } from "koffi";
import type { Secp256k1Library } from "./libsecp256k1.ts";

/**
 * File names by ABI version, newest first. The functions that are used here take the same arguments in all these
 * versions.
 */
const NAMES = [6, 5, 2, 1, 0].map((version) => `libsecp256k1.so.${version}`);

/** Old versions require SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY; new ones ignore it. */
const CONTEXT_FLAGS = 0x0301;
const EC_UNCOMPRESSED = 0x0002;
const SCALAR_BYTES = 32;
const POINT_BYTES = 65;
/** Length in bytes of a signature, both as r ‖ s and in the library's own form. */
const SIGNATURE_BYTES = 64;
/** Length in bytes of a public key in the library's own form. */
const KEY_BYTES = 64;

/** Throws an Error if the library or koffi is missing. */
export function loadSystemSecp256k1(): Secp256k1Library {
  const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
  for (const name of NAMES) {
    let library: LibraryHandle;
    try {
      library = koffi.load(name);
    } catch {
      continue;
    }
    return bind(library);
  }
  throw new Error("the system has no libsecp256k1");
}

function bind(library: LibraryHandle): Secp256k1Library {
  const createContext = library.func("void *secp256k1_context_create(unsigned int flags)");
  const randomize = library.func("int secp256k1_context_randomize(void *context, const void *seed)");
  const readKey = library.func(
    "int secp256k1_ec_pubkey_parse(void *context, void *key, const void *point, size_t length)",
  );
  const writeKey = library.func(
    "int secp256k1_ec_pubkey_serialize(void *context, void *point, void *length, const void *key, unsigned int flags)",
  );
  const createKey = library.func("int secp256k1_ec_pubkey_create(void *context, void *key, const void *scalar)");
  const readSignature = library.func(
    "int secp256k1_ecdsa_signature_parse_compact(void *context, void *held, const void *signature)",
  );
  const writeSignature = library.func(
    "int secp256k1_ecdsa_signature_serialize_compact(void *context, void *signature, const void *held)",
  );
  const normalize = library.func(
    "int secp256k1_ecdsa_signature_normalize(void *context, void *normal, const void *held)",
  );
  const sign = library.func(
    "int secp256k1_ecdsa_sign(void *context, void *held, const void *digest, const void *scalar, void *nonce, const void *extra)",
  );
  const verify = library.func(
    "int secp256k1_ecdsa_verify(void *context, const void *held, const void *digest, const void *key)",
  );

  const context = createContext(CONTEXT_FLAGS);
  if (randomize(context, randomBytes(SCALAR_BYTES)) !== 1) throw new Error("libsecp256k1 rejected the seed");
  // This buffer holds one signature at a time. It is not wiped, because signatures are public.
  const held = new Uint8Array(SIGNATURE_BYTES);

  return {
    sign(digest, scalar, extra) {
      requireLengths([digest, SCALAR_BYTES], [scalar, SCALAR_BYTES], [extra, SCALAR_BYTES]);
      const signature = new Uint8Array(SIGNATURE_BYTES);
      if (sign(context, held, digest, scalar, null, extra) !== 1) throw new Error("secp256k1_ecdsa_sign failed");
      writeSignature(context, signature, held);
      return signature;
    },
    verify(signature, digest, key) {
      requireLengths([signature, SIGNATURE_BYTES], [digest, SCALAR_BYTES], [key, KEY_BYTES]);
      if (readSignature(context, held, signature) !== 1) return false;
      normalize(context, held, held);
      return verify(context, held, digest, key) === 1;
    },
    publicKey(point) {
      const key = new Uint8Array(KEY_BYTES);
      if (readKey(context, key, point, point.length) !== 1) throw new Error("not a point on secp256k1");
      return key;
    },
    publicPoint(scalar) {
      requireLengths([scalar, SCALAR_BYTES]);
      const key = new Uint8Array(KEY_BYTES);
      if (createKey(context, key, scalar) !== 1) return undefined;
      const point = new Uint8Array(POINT_BYTES);
      writeKey(context, point, new BigUint64Array([BigInt(POINT_BYTES)]), key, EC_UNCOMPRESSED);
      return point;
    },
  };
}

function requireLengths(...arrays: readonly (readonly [array: Uint8Array, length: number])[]): void {
  for (const [array, length] of arrays) if (array.length !== length) throw new RangeError(`expected ${length} bytes`);
}
