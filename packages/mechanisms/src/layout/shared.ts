/** Creates the fields that several structures use. */
import * as ck from "@grep11/cryptoki";
import { bytes, choice, choices, Field, NOTHING, oneOf } from "./field.ts";

/** Returns the numbers of a hash. Their type says that any of them may be absent. */
function numbersOf(name: ck.HashName): ck.HashNumbers {
  return ck.HASHES[name];
}

function defined<N>(pairs: readonly (readonly [N, number | undefined])[]): (readonly [N, number])[] {
  return pairs.flatMap(([name, number]) => (number === undefined ? [] : [[name, number] as const]));
}

/**
 * Returns pairs of a hash's name and its number of one kind. A hash that has an alias is in two pairs: the first
 * contains the number that is written, the second the alias, which is only read.
 */
export function hashNumbers(kind: "digest" | "hmac" | "mgf"): (readonly [ck.HashName, number])[] {
  return defined(
    ck.hashNames.flatMap((name) => {
      const numbers = numbersOf(name);
      return [numbers[kind], numbers.aliases?.[kind]].map((number) => [name, number] as const);
    }),
  );
}

/** The CKM_* of a hash. If people omit it, it is SHA-256. */
export function hash(): Field<ck.HashName> {
  return choices(hashNumbers("digest"), "CKM_*").with({ text: { fallback: "sha256" } });
}

/** The CKG_* of MGF1. By default it is `same`, which means the hash of the structure. */
export function mgf(): Field<ck.HashName | "same", ck.HashName | "same", true> {
  const numbers: readonly (readonly [ck.HashName | "same", number])[] = [...hashNumbers("mgf"), ["same", 0]];
  return choices(numbers, "CKG_*, or 0 for the same hash").optional(({ hash }: { readonly hash: ck.HashName }) => hash);
}

/** Replaces `same` by the hash of `value`. */
export function withMgf<T extends { readonly hash: ck.HashName; readonly mgf: ck.HashName | "same" }>(
  value: T,
): Omit<T, "mgf"> & { readonly mgf: ck.HashName } {
  return { ...value, mgf: value.mgf === "same" ? value.hash : value.mgf };
}

/** Additional data of an AEAD, which is authenticated but not encrypted. */
export function aad(): Field<Uint8Array, Uint8Array, true> {
  return bytes().optional(NOTHING);
}

/** The length of an AES key in bits, by default 256. */
export function aesBits(): Field<128 | 192 | 256, 128 | 192 | 256, true> {
  return oneOf(128, 192, 256)
    .optional(256)
    .with({ label: "AES bits", text: { key: "bits" } });
}

/**
 * How a key is made from the secret of a key agreement:
 * - `null` truncates the secret to the length of the key,
 * - `hybrid` keeps the whole secret,
 * - a hash uses the KDF of X9.63,
 * - a hash with `-sp800` uses the KDF of SP 800-56A.
 */
export type KdfName = "null" | "hybrid" | ck.HashName | `${ck.HashName}-sp800`;

const KDFS: readonly (readonly [KdfName, number | undefined])[] = [
  ["null", ck.CKD_NULL],
  ["hybrid", ck.CKD_IBM_HYBRID_NULL],
  ...ck.hashNames.map((name) => [name, numbersOf(name).kdf] as const),
  ...ck.hashNames.map((name) => [`${name}-sp800`, numbersOf(name).kdfSp800] as const),
];

/** The CKD_* of the key derivation function in a key agreement. */
export function kdf(): Field<KdfName> {
  return choices(defined(KDFS), "CKD_NULL, CKD_IBM_HYBRID_NULL, CKD_*_KDF of X9.63, CKD_*_KDF_SP800 of SP 800-56A");
}

/** Shared data of a key derivation function; at most 1024 bytes (ep11.h). */
export function sharedData(): Field<Uint8Array, Uint8Array, true> {
  return bytes(0, 1024)
    .optional(NOTHING)
    .with({ text: { key: "shared" } });
}

/**
 * The hedge variant (CKH_*) of a post-quantum signature, as a boolean. If it is true, signing is deterministic: the
 * same message always gives the same signature. `first` is the number of the first variant, because IBM counts from 1.
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
