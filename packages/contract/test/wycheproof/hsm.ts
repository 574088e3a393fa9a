/** What the drivers need of an HSM: calls, and keys brought in by its own functions. */
import { type CurveName, ecParams, mechanism, template } from "@grep11/client";
import { CKK_EC, CKK_GENERIC_SECRET, type Ep11, type Mechanism } from "@grep11/cryptoki";
import type { Importer } from "../../src/index.ts";

/** An HSM and the way into it. */
export interface Hsm {
  readonly ep11: Ep11;
  readonly importer: Importer;
}

/** `content` as a DER element; long lengths in two bytes are long enough here. */
function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Uint8Array.of(tag, ...length, ...body);
}

const ID_EC_PUBLIC_KEY = Buffer.from("06072a8648ce3d0201", "hex");

/** A PrivateKeyInfo with the ECPrivateKey of a scalar or seed, without public key (RFC 5915; EP11's form for all curves). */
export function ecPkcs8(curve: CurveName, privateValue: Uint8Array): Uint8Array {
  const ecPrivateKey = der(0x30, Uint8Array.of(2, 1, 1), der(0x04, privateValue));
  const algorithm = der(0x30, ID_EC_PUBLIC_KEY, ecParams(curve));
  return der(0x30, Uint8Array.of(2, 1, 0), algorithm, der(0x04, ecPrivateKey));
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

/** The shared secret of an agreement, derived as a generic secret and carried out under the known KEK. */
export async function agree({ ep11, importer }: Hsm, mech: Mechanism, baseKey: Uint8Array): Promise<Uint8Array> {
  const asked = template({ CKA_KEY_TYPE: CKK_GENERIC_SECRET });
  return importer.export((await ep11.deriveKey({ mech, baseKey, template: asked })).newKey);
}

/** The hash that Wycheproof writes as "SHA-256". */
export function hashOf(name: string): mechanism.HashName {
  const hash = mechanism.hashNames.find((known) => known === name.toLowerCase().replace("-", ""));
  if (hash === undefined) throw new TypeError(`there is no hash ${name}`);
  return hash;
}
