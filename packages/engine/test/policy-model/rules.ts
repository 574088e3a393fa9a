/**
 * Adapts the engine's tables for the model. Exclusions, safeguards, changes and rights of key types are the engine's own
 * data; their consequences are computed here independently, and replay.test.ts compares the two.
 */
import * as ck from "@grep11/cryptoki";
import { BOOLEAN_BITS, bitOf } from "../../src/objects/booleans.ts";
import { CHANGES } from "../../src/objects/change-key.ts";
import { keyTypeRules } from "../../src/objects/key-types.ts";
import type { Policy } from "../../src/objects/policy/policy.ts";
import { EXCLUSIONS, WITHHELD_RIGHTS } from "../../src/objects/policy/policy-rules.ts";
import { A, BOUND, D, DATA, LOCAL, MODELLED, RIGHTS, S, TRUSTED, U, W } from "./modelled-booleans.ts";

export type Kind = "AES" | "generic" | "RSA" | "EC";
export type Half = "secret" | "private" | "public";

export const KEY_TYPES: Readonly<Record<Kind, number>> = {
  AES: ck.CKK_AES,
  generic: ck.CKK_GENERIC_SECRET,
  RSA: ck.CKK_RSA,
  EC: ck.CKK_EC,
};
export const CLASSES: Readonly<Record<Half, number>> = {
  secret: ck.CKO_SECRET_KEY,
  private: ck.CKO_PRIVATE_KEY,
  public: ck.CKO_PUBLIC_KEY,
};

export interface Blob {
  readonly kind: Kind;
  readonly half: Half;
  readonly booleans: number;
  readonly everSet: number;
  /** Whether GenerateKey made the key from a password. */
  readonly fromPassword: boolean;
}

export function applicableRights(kind: Kind, half: Half): number {
  const rules = keyTypeRules(KEY_TYPES[kind])!;
  const { applicable } = rules.kind === "secret" ? rules : half === "private" ? rules.privateKey : rules.publicKey;
  return applicable.reduce((word, usage) => word | bitOf(usage), 0) | (half === "secret" ? DATA : 0);
}

const BIT_TO_ATTRIBUTE = new Map(Array.from(BOOLEAN_BITS, ([attribute, bit]) => [bit, attribute]));

export function withheldRights(kind: Kind, half: Half, booleans: number): number {
  return WITHHELD_RIGHTS.filter(
    (entry) =>
      entry.keyType === KEY_TYPES[kind] &&
      entry.objectClass === CLASSES[half] &&
      (booleans & bitOf(entry.because)) !== 0,
  ).reduce((word, { never }) => word | bitOf(never), 0);
}

/** The booleans of MODELLED that SetAttributeValue may set, and those that it may clear. */
export const CHANGEABLE: { readonly up: number; readonly down: number } = (() => {
  let [up, down] = [0, 0];
  for (const [bit, attribute] of BIT_TO_ATTRIBUTE) {
    const way = CHANGES.get(attribute);
    if (way === undefined || (bit & MODELLED) === 0) continue;
    if (way !== "down") up |= bit;
    if (way !== "up") down |= bit;
  }
  return { up, down };
})();

export class Rules {
  readonly policy: Policy;
  readonly #groups: Readonly<Record<Half, readonly (readonly [number, number])[]>>;
  readonly #separatesKeks: boolean;
  readonly trustIsFree: boolean;
  readonly rawPublicKeks: boolean;

  constructor(policy: Policy) {
    this.policy = policy;
    const groupsOf = (half: Half) =>
      EXCLUSIONS.filter(({ allowedBy, objectClasses }) => {
        const allowed = allowedBy === "derivation" ? policy.mixesDerivation : policy.allows(allowedBy);
        return !allowed && objectClasses.includes(CLASSES[half]);
      }).map(({ groups }) => groups);
    this.#groups = { secret: groupsOf("secret"), private: groupsOf("private"), public: groupsOf("public") };
    this.#separatesKeks = !policy.allows(ck.XCP_CPB_WRAP_CRYPT_KEYS);
    this.trustIsFree = policy.allows(ck.XCP_CPB_USER_SET_TRUSTED);
    this.rawPublicKeks = policy.allows(ck.XCP_CPB_WRAP_WITH_RAW_SPKI);
  }

  /**
   * Returns the part of a blob's history that at least one rule considers. The search treats blobs that differ only in
   * the other part as equal.
   */
  canonicalHistory(half: Half, booleans: number, everSet: number): number {
    const asked = this.#separatesKeks || this.#groups[half].length > 0;
    return asked ? (everSet | booleans) & RIGHTS : 0;
  }

  #counted({ half, booleans, everSet }: Blob): number {
    const rights = this.policy.safeguards.has("rights are remembered") ? everSet | booleans : booleans;
    return half === "public" ? rights & (W | U | S | D | A) : rights;
  }

  /** Whether the blob combines rights that exclude each other under the policy. */
  mixes(blob: Blob): boolean {
    const rights = this.#counted(blob);
    return this.#groups[blob.half].some(([a, b]) => (rights & a) !== 0 && (rights & b) !== 0);
  }

  /** Whether a key with this blob may exist and be used. */
  isLegal(blob: Blob): boolean {
    return blob.half === "public" || !this.mixes(blob);
  }

  /** Whether the safeguard "purpose is settled" forbids adding `right` to the key of `blob`. */
  isSettledAgainst(blob: Blob, right: number): boolean {
    if (!this.policy.safeguards.has("purpose is settled")) return false;
    const rights = this.#counted(blob);
    const possible = blob.half === "public" ? ~0 : applicableRights(blob.kind, blob.half);
    let excluded = 0;
    for (const [a, b] of this.#groups[blob.half]) {
      if ((a & rights) !== 0) excluded |= b;
      if ((b & rights) !== 0) excluded |= a;
    }
    return this.#groups[blob.half].some(([a, b]) =>
      [
        [a, b],
        [b, a],
      ].some(([own, other]) => (own! & right) !== 0 && (own! & rights) === 0 && (other! & possible & ~excluded) !== 0),
    );
  }

  /** Whether rights and origin allow this blob to wrap keys. */
  isKek(blob: Blob): boolean {
    if ((blob.booleans & W) === 0 || !this.isLegal(blob)) return false;
    if (!this.#separatesKeks) return true;
    if (this.mixes(blob)) return false;
    if (!this.policy.safeguards.has("KEKs are made here") || (blob.booleans & TRUSTED) !== 0) return true;
    if ((blob.booleans & LOCAL) === 0 || blob.fromPassword) return false;
    const joined = this.policy.safeguards.has("halves are one key");
    return blob.half !== "public" || !joined || (blob.everSet & U) !== 0;
  }

  /** Whether the key may leave without its rights. */
  leavesBare(blob: Blob): boolean {
    if ((blob.booleans & BOUND) !== 0) return false;
    if (!this.#separatesKeks || !this.policy.safeguards.has("KEKs stay")) return true;
    return (this.#counted(blob) & (W | U)) === 0;
  }
}
