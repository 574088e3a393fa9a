/** Provides the HSM of a target for test vectors. Tests make calls to it, and import keys with the functions of the HSM. */
import { ecParams, type mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import type { BlsSuite } from "@grep11/engine";
import { Importer, openTarget, type Target, type TargetName } from "../../src/index.ts";
import type { Fields } from "./fields.ts";

/** An HSM, and an importer that uses it. */
export interface Hsm {
  readonly ep11: ck.Ep11;
  readonly importer: Importer;
}

/** The HSMs of one target, one for each BLS signature suite. Each is opened on first use. */
export class Hsms {
  readonly #name: TargetName;
  readonly #opened = new Map<BlsSuite, Promise<{ readonly target: Target; readonly hsm: Hsm }>>();

  constructor(name: TargetName) {
    this.#name = name;
  }

  /** Returns the HSM for a case, with the BLS signature suite that the case names in `ciphersuite`, or else the default one. */
  async for({ ciphersuite }: Fields): Promise<Hsm> {
    const suite = String(ciphersuite).endsWith("_NUL_") ? "basic" : "possession";
    const opened = this.#opened.get(suite) ?? this.#open(suite);
    this.#opened.set(suite, opened);
    return (await opened).hsm;
  }

  async #open(blsSuite: BlsSuite): Promise<{ readonly target: Target; readonly hsm: Hsm }> {
    const target = await openTarget(this.#name, { blsSuite });
    return { target, hsm: { ep11: target.ep11, importer: await Importer.create(target.ep11) } };
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.values()) await (await opened).target.close();
  }
}

const ID_EC_PUBLIC_KEY = der.oid("1.2.840.10045.2.1");

/**
 * Encodes a scalar or seed as a PrivateKeyInfo that contains an ECPrivateKey without a public key (RFC 5915). EP11 uses this form
 * for all curves.
 */
export function ecPkcs8(curve: ck.CurveName, privateValue: Uint8Array): Uint8Array {
  const ecPrivateKey = der.sequence(der.smallInteger(1), der.octetString(privateValue));
  const algorithm = der.sequence(ID_EC_PUBLIC_KEY, ecParams(curve));
  return der.sequence(der.smallInteger(0), algorithm, der.octetString(ecPrivateKey));
}

/** Encodes a point as a SubjectPublicKeyInfo in the form that EP11 uses for all curves. */
export function ecSpki(curve: ck.CurveName, point: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(ID_EC_PUBLIC_KEY, ecParams(curve)), der.bitString(point));
}

/** Returns `value` with `length` bytes, by removing or adding leading zeros. */
export function padded(value: Uint8Array, length: number): Uint8Array {
  const first = value.findIndex((byte) => byte !== 0);
  const minimal = first < 0 ? value.subarray(value.length) : value.subarray(first);
  return Uint8Array.of(...new Uint8Array(Math.max(0, length - minimal.length)), ...minimal);
}

/** Imports a private key for key agreement. */
export async function importAgreementKey(
  { importer }: Hsm,
  curve: ck.CurveName,
  value: Uint8Array,
): Promise<Uint8Array> {
  return (await importer.privateKey(ecPkcs8(curve, value), ck.CKK_EC, template({ CKA_DERIVE: true }))).key;
}

/** Derives a generic secret by key agreement and exports it. Returns the shared secret, or its last `length` bytes. */
export async function agree(
  { ep11, importer }: Hsm,
  mech: ck.Mechanism,
  baseKey: Uint8Array,
  length?: number,
): Promise<Uint8Array> {
  const requested = template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: length });
  return importer.export((await ep11.deriveKey({ mech, baseKey, template: requested })).newKey);
}

/** Returns the HashName of a hash that vectors spell like "SHA-256". Throws if there is no such hash. */
export function hashOf(name: string): mechanism.HashName {
  const plain = name.toLowerCase().replace("-", "");
  const hash = ck.hashNames.find(
    (known): known is mechanism.HashName => known === plain && "rsaPss" in ck.HASHES[known],
  );
  if (hash === undefined) throw new TypeError(`there is no hash ${name}`);
  return hash;
}

/** The OBJECT IDENTIFIERs of NIST's post-quantum keys. The vectors contain raw keys, which have to be encoded with these. */
export const PQC_OIDS = {
  "ML-DSA-44": der.oid("2.16.840.1.101.3.4.3.17"),
  "ML-DSA-65": der.oid("2.16.840.1.101.3.4.3.18"),
  "ML-DSA-87": der.oid("2.16.840.1.101.3.4.3.19"),
  "ML-KEM-512": der.oid("2.16.840.1.101.3.4.4.1"),
  "ML-KEM-768": der.oid("2.16.840.1.101.3.4.4.2"),
  "ML-KEM-1024": der.oid("2.16.840.1.101.3.4.4.3"),
} as const;

/** Encodes a seed, or an expanded private key, as a PrivateKeyInfo. */
export function pqcPkcs8(set: keyof typeof PQC_OIDS, form: "seed" | "expanded", key: Uint8Array): Uint8Array {
  const inner = form === "seed" ? der.implicit(0, key) : der.octetString(key);
  return der.sequence(der.smallInteger(0), der.sequence(PQC_OIDS[set]), der.octetString(inner));
}

/** Encodes a public key as a SubjectPublicKeyInfo. */
export function pqcSpki(set: keyof typeof PQC_OIDS, key: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(PQC_OIDS[set]), der.bitString(key));
}

const cached = new WeakMap<Hsm, Map<string, Promise<Uint8Array>>>();

/** Returns the result of `make`, which is called only once for each `name` and HSM. */
export function once(hsm: Hsm, name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const known = cached.get(hsm) ?? new Map<string, Promise<Uint8Array>>();
  cached.set(hsm, known);
  const found = known.get(name) ?? make();
  known.set(name, found);
  return found;
}
