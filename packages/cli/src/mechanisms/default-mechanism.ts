/** Chooses the mechanism that a command uses without --mech. It suits the key and is safe without further parameters. */
import { mechanism as build, curveOf, curveOfPublicKey } from "@grep11/client";
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import type { KeyFile } from "../keys/key-file.ts";

/** Returns the mechanism for encrypting and wrapping. Errors: UsageError if there is no default for the key. */
export function defaultCipher(key: KeyFile): ck.Mechanism {
  switch (key.keyType) {
    case ck.CKK_AES:
      return { mechanism: ck.CKM_AES_CBC_PAD };
    case ck.CKK_DES2:
    case ck.CKK_DES3:
      return { mechanism: ck.CKM_DES3_CBC_PAD };
    case ck.CKK_RSA:
      return build.rsaOaep({ hash: "sha256" });
    case ck.CKK_CHACHA20:
      return { mechanism: ck.CKM_CHACHA20_POLY1305 };
    default:
      throw new UsageError(`a ${ck.ckkName(key.keyType)} key neither encrypts nor wraps by default; name a --mech`);
  }
}

const SIGNATURES: ReadonlyMap<number, ck.Mechanism> = new Map([
  [ck.CKK_RSA, build.rsaPssSignature({ hash: "sha256" })],
  [ck.CKK_DSA, { mechanism: ck.CKM_DSA_SHA1 }],
  [ck.CKK_IBM_PQC_DILITHIUM, build.dilithium()],
  [ck.CKK_IBM_ML_DSA, build.mlDsa()],
  [ck.CKK_SLH_DSA, build.slhDsa()],
  [ck.CKK_AES, build.hmac("sha256")],
  [ck.CKK_DES2, build.hmac("sha256")],
  [ck.CKK_DES3, build.hmac("sha256")],
  [ck.CKK_GENERIC_SECRET, build.hmac("sha256")],
]);

/** Returns the mechanism for signing. Errors: UsageError if there is no default for the key. */
export function defaultSignature(key: KeyFile): ck.Mechanism {
  const { keyType } = key;
  if (keyType === ck.CKK_EC || keyType === ck.CKK_EC_EDWARDS) return ecSignature(curveOfKey(key));
  const found = SIGNATURES.get(keyType);
  if (found === undefined) throw new UsageError(`a ${ck.ckkName(keyType)} key does not sign by default; name a --mech`);
  return found;
}

/** Returns the mechanism for deriving a key from a key pair and a peer's public key, or for hashing a secret key. */
export function defaultDerivation(key: KeyFile): ck.Mechanism {
  const curve = curveOfKey(key);
  if (curve === "X25519") return build.x25519({ publicData: new Uint8Array(0) });
  if (curve === "X448") return build.x448({ publicData: new Uint8Array(0) });
  switch (key.keyType) {
    case ck.CKK_EC:
      return build.ecdh1({ publicData: new Uint8Array(0) });
    case ck.CKK_DH:
      return { mechanism: ck.CKM_DH_PKCS_DERIVE };
    case ck.CKK_AES:
    case ck.CKK_GENERIC_SECRET:
      return build.keyDerivation("sha256");
    default:
      throw new UsageError(`a ${ck.ckkName(key.keyType)} key does not derive by default; name a --mech`);
  }
}

/** Returns the curve of a key, from its attributes or its public key, or undefined if neither has it. */
export function curveOfKey(key: KeyFile): ck.CurveName | undefined {
  const params = key.attributes.get(ck.CKA_EC_PARAMS);
  if (params instanceof Uint8Array) return curveOf(params);
  const spki = key.class === ck.CKO_PUBLIC_KEY ? key.blob : key.pub;
  return spki === undefined ? undefined : curveOfPublicKey(spki);
}

/** Returns the length in bytes of r, and of s, in an ECDSA signature. It is undefined for curves without ECDSA. */
export function ecdsaHalfLength(curve: ck.CurveName): number | undefined {
  const bits = /^(?:P-|brainpoolP|secp)(\d+)/.exec(curve)?.[1];
  return bits === undefined ? undefined : Math.ceil(Number(bits) / 8);
}

function ecSignature(curve: ck.CurveName | undefined): ck.Mechanism {
  if (curve === "Ed25519") return build.ed25519();
  if (curve === "Ed448") return build.ed448();
  if (curve === "BLS12-381") return build.bls();
  const length = curve === undefined ? 32 : (ecdsaHalfLength(curve) ?? 32);
  const hash = length <= 32 ? "sha256" : length <= 48 ? "sha384" : "sha512";
  return build.ecdsaSignature(hash);
}
