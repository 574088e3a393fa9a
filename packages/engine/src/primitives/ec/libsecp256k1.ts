/** Uses the operating system's libsecp256k1, which is ten times faster than OpenSSL, with keys in DER. */

import { generateKeyPairSync, hash, randomBytes, verify } from "node:crypto";
import { equalBytes } from "@grep11/encoding";
import { parsePrivateKey, parsePublicKey } from "../keys/key-encodings.ts";
import { createRandomPool } from "../random.ts";
import { SECP256K1 } from "./curves.ts";
import { loadSystemSecp256k1 } from "./secp256k1-system.ts";

/** Digests, scalars and extra entropy have 32 bytes, signatures (r ‖ s) 64, points 65. */
export interface Secp256k1Library {
  /** Returns a signature with a low s. Its nonce is computed as in RFC 6979, with `extra` as additional data (3.6). */
  sign(digest: Uint8Array, scalar: Uint8Array, extra: Uint8Array): Uint8Array;
  /** `publicKey` is in the library's form. Returns false also if r or s is out of range. Accepts a high s. */
  verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  /** Converts an uncompressed point into the library's form. Throws an Error if it is not on the curve. */
  publicKey(point: Uint8Array): Uint8Array;
  /** Returns undefined unless the scalar is from 1 to the order - 1. */
  publicPoint(scalar: Uint8Array): Uint8Array | undefined;
}

interface Secp256k1 {
  /**
   * Returns r ‖ s, 32 bytes each, with a low s. The nonce is computed as in RFC 6979, with fresh random bytes as
   * additional data.
   */
  sign(privateKeyDer: Uint8Array, digest: Uint8Array): Uint8Array;
  /** `signature` has 64 bytes. Throws an Error for a key whose point is not on the curve. */
  verify(publicKeyDer: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  publicPoint: Secp256k1Library["publicPoint"];
}

const BYTES = 32;

let loaded: Secp256k1 | undefined | "not tried" = "not tried";

/** Returns undefined unless the library is installed and agrees with OpenSSL, which is tested once per thread. */
export function libsecp256k1(): Secp256k1 | undefined {
  if (loaded === "not tried") loaded = tested(loadSystemSecp256k1);
  return loaded;
}

function tested(load: () => Secp256k1Library): Secp256k1 | undefined {
  try {
    const library = overDer(load());
    return agreesWithOpenSsl(library) ? library : undefined;
  } catch {
    return undefined;
  }
}

function overDer(library: Secp256k1Library): Secp256k1 {
  const random = createRandomPool();
  const scalars = new WeakMap<Uint8Array, Uint8Array>();
  const publicKeys = new WeakMap<Uint8Array, Uint8Array>();
  return {
    sign: (privateKeyDer, digest) =>
      library.sign(leftmost(digest), memoised(scalars, privateKeyDer, scalarOf), random(BYTES)),
    verify(publicKeyDer, digest, signature) {
      const publicKey = memoised(publicKeys, publicKeyDer, (der) => library.publicKey(pointOf(der)));
      return library.verify(signature, leftmost(digest), publicKey);
    },
    publicPoint: (scalar) => library.publicPoint(scalar),
  };
}

/** Returns the leftmost 256 bits of a digest. Zeros precede a shorter digest (FIPS 186-5, 6.4.1). */
function leftmost(digest: Uint8Array): Uint8Array {
  if (digest.length >= BYTES) return digest.subarray(0, BYTES);
  const padded = new Uint8Array(BYTES);
  padded.set(digest, BYTES - digest.length);
  return padded;
}

function memoised(
  known: WeakMap<Uint8Array, Uint8Array>,
  der: Uint8Array,
  read: (der: Uint8Array) => Uint8Array,
): Uint8Array {
  let value = known.get(der);
  if (value === undefined) {
    value = read(der);
    known.set(der, value);
  }
  return value;
}

function scalarOf(der: Uint8Array): Uint8Array {
  const key = parsePrivateKey(der);
  if (key.type !== "ec" || key.curve !== SECP256K1) throw new Error("not a private key on secp256k1");
  return key.privateValue;
}

function pointOf(der: Uint8Array): Uint8Array {
  const key = parsePublicKey(der);
  if (key.type !== "ec" || key.curve !== SECP256K1) throw new Error("not a public key on secp256k1");
  return key.point;
}

function agreesWithOpenSsl(library: Secp256k1): boolean {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "secp256k1",
    privateKeyEncoding: { format: "der", type: "pkcs8" },
    publicKeyEncoding: { format: "der", type: "spki" },
  });
  const message = randomBytes(100);
  const digest = hash("sha256", message, "buffer");
  const signature = library.sign(privateKey, digest);
  const point = library.publicPoint(scalarOf(privateKey));
  privateKey.fill(0);
  const key = { key: publicKey, format: "der", type: "spki", dsaEncoding: "ieee-p1363" } as const;
  const other = hash("sha256", digest, "buffer");
  return (
    verify("sha256", message, key, signature) &&
    library.verify(publicKey, digest, signature) &&
    !library.verify(publicKey, other, signature) &&
    point !== undefined &&
    equalBytes(point, pointOf(publicKey))
  );
}
