/** Finds the key in a JSON Web Key or a JWK Set (RFC 7517, RFC 7518, RFC 8037). Node parses the key itself. */
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { UsageError } from "@grep11/command-line";
import type { KeyTypeName } from "../keys/key-types.ts";
import { type ClearFile, nameOf, refusal } from "./clear-file.ts";

/** A secret key. The `alg` of its JWK may determine its type. */
export interface JwkSecret {
  readonly value: Uint8Array;
  readonly type: KeyTypeName | undefined;
}

/** Returns the key in a JWK or in a JWK Set with one key, or undefined for other files. Errors: UsageError for invalid ones. */
export function readJwk(file: ClearFile): KeyObject | JwkSecret | undefined {
  const jwk = jwkIn(file);
  if (jwk === undefined) return undefined;
  if (jwk.kty === "oct") return secretOf(file, jwk);
  if ("oth" in jwk) throw multiPrime(file);
  const format = "jwk" as const;
  try {
    const isPrivate = "d" in jwk || "priv" in jwk;
    return isPrivate ? createPrivateKey({ key: jwk, format }) : createPublicKey({ key: jwk, format });
  } catch (error) {
    throw refusal(file, `holds a JWK that cannot be read: ${(error as Error).message}. ${adviceFor(jwk)}`);
  }
}

/** Returns the error for an RSA key with more than two primes (RFC 8017, 3.2). */
export function multiPrime(file: ClearFile): UsageError {
  return refusal(
    file,
    "holds an RSA key with more than two primes: the HSM supports only RSA keys with two primes. Such a key cannot be converted: generate a new one with grep11 key pair --type rsa:3072 --out NAME.key",
  );
}

export function isJwk(content: Uint8Array): boolean {
  const json = parseObject(content);
  return json !== undefined && !("grep11Key" in json) && (Array.isArray(json.keys) || typeof json.kty === "string");
}

function jwkIn(file: ClearFile): JsonWebKey | undefined {
  const json = parseObject(file.content);
  if (json === undefined) return undefined;
  if ("grep11Key" in json) {
    throw refusal(file, "is a key file of grep11: its key already belongs to an HSM. Use it with --key");
  }
  if (!Array.isArray(json.keys)) return typeof json.kty === "string" ? json : undefined;
  const keys = json.keys.filter(isObject);
  const [only] = keys;
  if (only !== undefined && keys.length === 1) return only;
  const names = keys.map(({ kid, kty }) => (typeof kid === "string" ? kid : String(kty))).join(", ");
  throw refusal(
    file,
    `is a JWK Set with ${keys.length} keys${keys.length === 0 ? "" : ` (${names})`}: it must hold exactly one. Take one out: jq '.keys[0]' FILE > NAME.jwk`,
  );
}

function parseObject(content: Uint8Array): Record<string, unknown> | undefined {
  if (content.find((byte) => byte > 0x20) !== 0x7b) return undefined;
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(content));
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function secretOf(file: ClearFile, { k, alg }: JsonWebKey): JwkSecret {
  if (typeof k !== "string" || !/^[\w-]+={0,2}$/.test(k)) {
    throw new UsageError(`${nameOf(file)} holds a JWK whose k is not base64url`);
  }
  return { value: new Uint8Array(Buffer.from(k, "base64url")), type: typeFor(String(alg)) };
}

/** Returns the key type for an algorithm of RFC 7518. It is undefined for algorithms that derive a key or split it into two. */
function typeFor(alg: string): KeyTypeName | undefined {
  if (/^HS\d+$/.test(alg)) return "generic";
  return /^A\d+(KW|GCM|GCMKW|CBC|CTR)$/.test(alg) ? "aes" : undefined;
}

function adviceFor({ kty }: JsonWebKey): string {
  if (kty === "RSA") return "A private RSA key needs n, e, d, p, q, dp, dq and qi";
  return "See RFC 7518 and RFC 8037 for the members of a JWK of this type";
}
