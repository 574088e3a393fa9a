/** Converts keys that Node has read to the types and encodings that the HSM accepts. */
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { uncompressedPkcs8, uncompressedSpki } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { DerReader } from "@grep11/encoding";
import type { KeySpec } from "../keys/key-spec.ts";
import { type ClearFile, refusal, shellName } from "./clear-file.ts";
import { multiPrime } from "./jwk.ts";

/** A key in the encoding of UnwrapKey: the bytes of a secret key, or DER of a PKCS #8 or SubjectPublicKeyInfo. */
export interface ClearKey {
  /** The class of the key (CKO_*). */
  readonly class: number;
  readonly spec: KeySpec;
  readonly value: Uint8Array;
}

/** Key types by their names in Node. */
const SPECS: Readonly<Record<string, KeySpec>> = {
  rsa: { type: "rsa" },
  ec: { type: "ec" },
  ed25519: { type: "ec", curve: "Ed25519" },
  ed448: { type: "ec", curve: "Ed448" },
  x25519: { type: "ec", curve: "X25519" },
  x448: { type: "ec", curve: "X448" },
  dsa: { type: "dsa" },
  dh: { type: "dh" },
};

/** Post-quantum types. In Node, a parameter set follows these names, as in "ml-dsa-65". */
const POST_QUANTUM = ["ml-dsa", "ml-kem", "slh-dsa"] as const;

const NEW_KEY = "Such a key cannot be converted: generate a new one with grep11 key pair";

/** Converts `key`, which Node has read from `file`. Errors: UsageError for keys that the HSM does not support. */
export function clearKeyOf(file: ClearFile, key: KeyObject): ClearKey {
  const spec = specOf(file, key);
  const isPrivate = key.type === "private";
  const der = new Uint8Array(
    key.export({ format: "der", type: isPrivate ? "pkcs8" : "spki" } as { format: "der"; type: "spki" }),
  );
  const value = spec.type === "ec" && spec.curve === undefined ? withNamedCurve(file, key, der) : der;
  if (isPrivate && spec.type === "rsa") requireTwoPrimes(file, key);
  return { class: isPrivate ? ck.CKO_PRIVATE_KEY : ck.CKO_PUBLIC_KEY, spec, value };
}

function specOf(file: ClearFile, key: KeyObject): KeySpec {
  const name: string = key.asymmetricKeyType ?? "";
  const type = POST_QUANTUM.find((each) => name.startsWith(`${each}-`));
  const spec = type === undefined ? SPECS[name] : { type };
  if (spec !== undefined) return spec;
  if (name === "rsa-pss") throw restrictedToPss(file, key);
  throw refusal(
    file,
    `holds ${name === "" ? "a key of a type that Node has no name for, such as SM2" : `a key of type ${name}`}: the HSM does not support such keys. ${NEW_KEY}`,
  );
}

/** Returns the error for an RSA key whose type is RSASSA-PSS (RFC 4055, 1.2) instead of plain RSA. */
function restrictedToPss(file: ClearFile, { type }: KeyObject) {
  const from = shellName(file);
  const command =
    type === "private"
      ? `openssl rsa -in ${from} -traditional -outform DER`
      : `openssl rsa -pubin -in ${from} -RSAPublicKey_out -outform DER`;
  return refusal(
    file,
    `holds an RSA key that is restricted to PSS signatures (RSASSA-PSS): the HSM has only plain RSA keys; each signature chooses its padding. Convert it: ${command} | grep11 key import --in - --out NAME.key`,
  );
}

/** Refuses RSA keys with more than two primes. The version of their RSAPrivateKey is 1 instead of 0 (RFC 8017, A.1.2). */
function requireTwoPrimes(file: ClearFile, key: KeyObject): void {
  const der = key.export({ format: "der", type: "pkcs1" });
  const version = DerReader.sequence(der).smallInteger();
  der.fill(0);
  if (version !== 0) throw multiPrime(file);
}

/** Converts an EC key so that it names its curve and has an uncompressed point, as EP11 requires. */
function withNamedCurve(file: ClearFile, key: KeyObject, der: Uint8Array): Uint8Array {
  const name = key.asymmetricKeyDetails?.namedCurve;
  if (name === undefined) {
    throw refusal(
      file,
      `holds an EC key with explicit curve parameters: they do not match any named curve, and the HSM has only named curves. ${NEW_KEY} --type ec:P-256 --out NAME.key`,
    );
  }
  const curve = curveByOpensslName(name);
  if (curve === undefined) {
    throw refusal(
      file,
      `holds an EC key on the curve ${name}: the HSM does not have this curve. ${NEW_KEY} --type ec:P-256 --out NAME.key`,
    );
  }
  if (key.type !== "private") return uncompressedSpki(der, curve);
  requireMatchingPublicKey(file, key);
  return uncompressedPkcs8(der, curve);
}

/** Returns the curve that OpenSSL calls `name`, or undefined if EP11 does not have it. */
function curveByOpensslName(name: string): ck.CurveName | undefined {
  return ck.curveNames.find((curve) => ck.CURVES[curve].opensslName === name);
}

/** Checks by a signature that the public key inside an EC private key belongs to it. Errors: UsageError. */
function requireMatchingPublicKey(file: ClearFile, key: KeyObject): void {
  const data = Buffer.from("pairwise consistency");
  if (verify("sha256", data, createPublicKey(key), sign("sha256", data, key))) return;
  throw refusal(
    file,
    "holds an EC private key with a public key that does not belong to it: the file is damaged or was assembled incorrectly. Export it again from the software that made it",
  );
}
