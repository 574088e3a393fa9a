/** What the drivers need of an HSM: calls, and keys brought in by its own functions. */
import { type CurveName, ecParams, mechanism, template } from "@grep11/client";
import { CKK_EC, CKK_GENERIC_SECRET, type Ep11, type Mechanism } from "@grep11/cryptoki";
import type { Importer } from "../src/index.ts";

/** An HSM and the way into it. */
export interface Hsm {
  readonly ep11: Ep11;
  readonly importer: Importer;
}

/** `content`, less than 256 bytes, as a DER element. */
function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  const length = body.length < 128 ? [body.length] : [0x81, body.length];
  return Uint8Array.of(tag, ...length, ...body);
}

const ID_EC_PUBLIC_KEY = Buffer.from("06072a8648ce3d0201", "hex");

/** A PrivateKeyInfo with the ECPrivateKey of a scalar or seed, without public key (RFC 5915; EP11's form for all curves). */
export function ecPkcs8(curve: CurveName, privateValue: Uint8Array): Uint8Array {
  const ecPrivateKey = der(0x30, Uint8Array.of(2, 1, 1), der(0x04, privateValue));
  const algorithm = der(0x30, ID_EC_PUBLIC_KEY, ecParams(curve));
  return der(0x30, Uint8Array.of(2, 1, 0), algorithm, der(0x04, ecPrivateKey));
}

/** A SubjectPublicKeyInfo in EP11's form for all curves. */
export function ecSpki(curve: CurveName, point: Uint8Array): Uint8Array {
  return der(0x30, der(0x30, ID_EC_PUBLIC_KEY, ecParams(curve)), der(0x03, Uint8Array.of(0), point));
}

/** `value` without leading zeros or with as many as make `length` bytes. */
export function padded(value: Uint8Array, length: number): Uint8Array {
  const first = value.findIndex((byte) => byte !== 0);
  const minimal = first < 0 ? value.subarray(value.length) : value.subarray(first);
  return Uint8Array.of(...new Uint8Array(Math.max(0, length - minimal.length)), ...minimal);
}

/** A private key for agreements. */
export async function importAgreementKey({ importer }: Hsm, curve: CurveName, value: Uint8Array): Promise<Uint8Array> {
  return (await importer.privateKey(ecPkcs8(curve, value), CKK_EC, template({ CKA_DERIVE: true }))).key;
}

/** The shared secret of an agreement or its trailing `length` bytes, derived as a generic secret and carried out under the KEK. */
export async function agree(
  { ep11, importer }: Hsm,
  mech: Mechanism,
  baseKey: Uint8Array,
  length?: number,
): Promise<Uint8Array> {
  const asked = template({ CKA_KEY_TYPE: CKK_GENERIC_SECRET, CKA_VALUE_LEN: length });
  return importer.export((await ep11.deriveKey({ mech, baseKey, template: asked })).newKey);
}

/** The hash that vectors write as "SHA-256"; throws for those without a HashName. */
export function hashOf(name: string): mechanism.HashName {
  const hash = mechanism.hashNames.find((known) => known === name.toLowerCase().replace("-", ""));
  if (hash === undefined) throw new TypeError(`there is no hash ${name}`);
  return hash;
}
