/** Fields that several structures have. */
import * as ck from "@grep11/cryptoki";
import { bytes, choice, choices, Field, NOTHING, oneOf } from "./field.ts";

/** The numbers of a hash, of which not every hash has all. */
function numbersOf(name: ck.HashName): ck.HashNumbers {
  return ck.HASHES[name];
}

function defined<N>(pairs: readonly (readonly [N, number | undefined])[]): (readonly [N, number])[] {
  return pairs.flatMap(([name, number]) => (number === undefined ? [] : [[name, number] as const]));
}

/** Names of hashes with their numbers of one kind, the one that is written before its aliases. */
export function hashNumbers(kind: "digest" | "hmac" | "mgf"): (readonly [ck.HashName, number])[] {
  return defined(
    ck.hashNames.flatMap((name) => {
      const numbers = numbersOf(name);
      return [numbers[kind], numbers.aliases?.[kind]].map((number) => [name, number] as const);
    }),
  );
}

/** CKM_* of a hash; people may leave it out for SHA-256. */
export function hash(): Field<ck.HashName> {
  return choices(hashNumbers("digest"), "CKM_*").with({ text: { fallback: "sha256" } });
}

/** CKG_* of MGF1; `same` is the hash of the structure, and the default. */
export function mgf(): Field<ck.HashName | "same", ck.HashName | "same", true> {
  const numbers: readonly (readonly [ck.HashName | "same", number])[] = [...hashNumbers("mgf"), ["same", 0]];
  return choices(numbers, "CKG_*, or 0 for the same hash").optional(({ hash }: { readonly hash: ck.HashName }) => hash);
}

/** `value` with its hash in place of `same`. */
export function withMgf<T extends { readonly hash: ck.HashName; readonly mgf: ck.HashName | "same" }>(
  value: T,
): Omit<T, "mgf"> & { readonly mgf: ck.HashName } {
  return { ...value, mgf: value.mgf === "same" ? value.hash : value.mgf };
}

/** Additional data of an AEAD: authenticated, not encrypted. */
export function aad(): Field<Uint8Array, Uint8Array, true> {
  return bytes().optional(NOTHING);
}

/** Length of an AES key in bits, 256 by default. */
export function aesBits(): Field<128 | 192 | 256, 128 | 192 | 256, true> {
  return oneOf(128, 192, 256)
    .optional(256)
    .with({ label: "AES bits", text: { key: "bits" } });
}

/**
 * How key agreement makes a key of the secret: `null` cuts it to the length of the key, `hybrid` keeps all of it; a hash is the KDF
 * of X9.63, with `-sp800` that of SP 800-56A.
 */
export type KdfName = "null" | "hybrid" | ck.HashName | `${ck.HashName}-sp800`;

const KDFS: readonly (readonly [KdfName, number | undefined])[] = [
  ["null", ck.CKD_NULL],
  ["hybrid", ck.CKD_IBM_HYBRID_NULL],
  ...ck.hashNames.map((name) => [name, numbersOf(name).kdf] as const),
  ...ck.hashNames.map((name) => [`${name}-sp800`, numbersOf(name).kdfSp800] as const),
];

/** CKD_* of key agreement. */
export function kdf(): Field<KdfName> {
  return choices(defined(KDFS), "CKD_NULL, CKD_IBM_HYBRID_NULL, CKD_*_KDF of X9.63, CKD_*_KDF_SP800 of SP 800-56A");
}

/** Shared data of a key derivation function, at most 1024 bytes (ep11.h). */
export function sharedData(): Field<Uint8Array, Uint8Array, true> {
  return bytes(0, 1024)
    .optional(NOTHING)
    .with({ text: { key: "shared" } });
}

/**
 * CKH_* of a post-quantum signature: whether it is deterministic, so that the same message gives the same signature. IBM counts
 * from 1.
 */
export function deterministic(first: 0 | 1 = 0): Field<boolean, boolean, true> {
  const hedge = choice({ preferred: first, required: first + 1, deterministic: first + 2 });
  return new Field<boolean>({
    place: "number",
    label: "hedge variant",
    form: `${first} hedge preferred, ${first + 1} hedge required, ${first + 2} deterministic`,
    text: { kind: "flag" },
    read: (raw, label) => hedge.spec.read!(raw, label) === "deterministic",
    write: (value) => first + (value ? 2 : 0),
  }).optional(false);
}
