/** One row of the mechanism table: everything there is to say about a CKM, once. */
import type * as ck from "@grep11/cryptoki";
import type { RuntimeFeature } from "../primitives/openssl/runtime-features.ts";
import type { Family } from "./family.ts";

/**
 * Which call shapes a mechanism of encryption, signature or digest allows: `multi` Init/Update/Final, Init with one call,
 * and Single; `one-shot` the same without Update and Final; `single-only` only the *Single call.
 */
export type Shape = "multi" | "one-shot" | "single-only";

/** Turns a mechanism parameter from outside into the family's own value; throws CKR_MECHANISM_PARAM_INVALID. */
export type ParameterParser<P> = (parameter: ck.MechanismParameter | undefined) => P;

/** What a mechanism needs of the runtime, and the CKF_* of the functions that need it. */
export interface RuntimeNeed {
  readonly feature: RuntimeFeature;
  readonly flags: number;
}

/** Key sizes as GetMechanismInfo answers them. */
export interface KeySize {
  readonly min: number;
  readonly max: number;
  /** The unit PKCS #11 gives this mechanism's sizes; `none`: no key, or a nominal number. */
  readonly unit: "bits" | "bytes" | "none";
}

/** A row. `P` is the family's parsed parameter. */
export interface MechanismRow<P = unknown> {
  /** CKM_*. */
  readonly mechanism: number;
  /** CKK_* of the keys it works on or makes; empty where there is no key. */
  readonly keyTypes: readonly number[];
  readonly size: KeySize;
  /** CKF_* as GetMechanismInfo answers them. */
  readonly flags: number;
  readonly shape: Shape;
  /** The shape of its decryption: narrower for an AEAD, whose plain text stays inside until the tag is verified. */
  readonly decryptShape: Shape;
  readonly parameter: ParameterParser<P>;
  /** XCP_CPB_* that hide the mechanism when any of them is off. */
  readonly controlPoints: readonly number[];
  /** The XCP_CPB_* that lets keys shorter than `size.min` in; undefined: the size of a key is not looked at. */
  readonly shortKeysWith: number | undefined;
  readonly family: Family<P>;
  /** Undefined: every runtime has what it takes. */
  readonly needs: RuntimeNeed | undefined;
  /** Sealed keys inside the parameter that DeriveKey must open. */
  parameterKeys?(parameter: P): readonly Uint8Array[];
  /** GenerateKey answers clear domain parameters instead of a key. */
  readonly makesParameters: boolean;
  /**
   * What WrapKey and UnwrapKey carry: `keys` under a KEK; `attribute-bound` keys with their attributes, authenticated by
   * a MAC key; `public-keys` without a KEK.
   */
  readonly transport: "keys" | "attribute-bound" | "public-keys";
  /** VerifySingle takes several public keys, one behind the other, and verifies against their sum. */
  readonly sumsPublicKeys: boolean;
  /** DeriveKey makes the base key's own public half, which takes no CKA_DERIVE: nothing secret comes out. */
  readonly givesPublicHalf: boolean;
  /** False: works, but GetMechanismList does not name it (EP11 keeps CKM_IBM_TRANSPORTKEY out of its list). */
  readonly listed: boolean;
  /** Belongs to the list of IBM's cards; the others are the standard mechanisms offered behind it. */
  readonly ibm: boolean;
}
