/** One row of the mechanism table: how the engine carries out a mechanism that packages/mechanisms defines. */
import type * as ck from "@grep11/cryptoki";
import { type DefinedMechanism, definitionOf, type Parameter, type ReadBy } from "@grep11/mechanisms";
import type { BlsSuite } from "../primitives/ec/bls.ts";
import type { RuntimeFeature } from "../primitives/openssl/runtime-features.ts";
import type { Family } from "./family.ts";

/**
 * Which call shapes a mechanism of encryption, signature or digest allows: `multi` Init/Update/Final, Init with one call,
 * and Single; `one-shot` the same without Update and Final; `single-only` only the *Single call.
 */
export type Shape = "multi" | "one-shot" | "single-only";

/** What a mechanism needs of the runtime, and the CKF_* of the functions that need it. */
export interface RuntimeNeed {
  readonly feature: RuntimeFeature;
  readonly flags: number;
}

/** Key sizes as GetMechanismInfo returns them. */
export interface KeySize {
  readonly min: number;
  readonly max: number;
  /** The unit PKCS #11 gives this mechanism's sizes; `none`: no key, or a nominal number. */
  readonly unit: "bits" | "bytes" | "none";
}

/** Options of an engine that change what parameters mean. */
export interface MechanismOptions {
  readonly blsSuite?: BlsSuite | undefined;
}

/** What a row may say, or leave to a default. `P` is the family's parameter. */
interface Properties<P> {
  /** CKF_* as GetMechanismInfo returns them. */
  readonly flags: number;
  readonly family: Family<P>;
  /** CKK_* of the keys it works on or makes; empty where there is no key. */
  readonly keyTypes: readonly number[];
  readonly shape: Shape;
  /** The shape of its decryption: narrower for an AEAD, whose plaintext stays inside until the tag is verified. */
  readonly decryptShape: Shape;
  /** XCP_CPB_* that hide the mechanism when any of them is off. */
  readonly controlPoints: readonly number[];
  /** The XCP_CPB_* that admits keys shorter than `size.min`; undefined: the size of a key is not checked. */
  readonly shortKeysWith: number | undefined;
  /** Undefined: every runtime has what it takes. */
  readonly needs: RuntimeNeed | undefined;
  /** GenerateKey returns clear domain parameters instead of a key. */
  readonly makesParameters: boolean;
  /**
   * What WrapKey and UnwrapKey carry: `keys` under a KEK; `attribute-bound` keys with their attributes, authenticated by
   * a MAC key; `public-keys` without a KEK.
   */
  readonly transport: "keys" | "attribute-bound" | "public-keys";
  /** VerifySingle takes several concatenated public keys, and verifies against their sum. */
  readonly sumsPublicKeys: boolean;
  /** DeriveKey makes the base key's own public half, which takes no CKA_DERIVE: nothing secret comes out. */
  readonly givesPublicHalf: boolean;
  /** False: works, but GetMechanismList does not name it (EP11 keeps CKM_IBM_TRANSPORTKEY out of its list). */
  readonly listed: boolean;
  /** Sealed keys inside the parameter that DeriveKey must open. */
  parameterKeys?(parameter: P): readonly Uint8Array[];
  /** The hash that a signature's parameter names; a policy may forbid it. */
  signatureHash?(parameter: P): ck.HashName;
}

/** A row. */
export interface MechanismRow<P = unknown> extends Properties<P> {
  /** CKM_*. */
  readonly mechanism: number;
  readonly size: KeySize;
  readonly parameter: Parameter<unknown, never>;
  /** The family's parameter in what a client sent. Errors: CKR_MECHANISM_PARAM_INVALID. */
  read(parameter: ck.MechanismParameter | undefined): P;
  /** The same row for an engine with `options`; undefined: they do not matter. */
  withOptions?(options: MechanismOptions): MechanismRow<P>;
  /** Belongs to the list of IBM's cards; the others are standard mechanisms that follow it. */
  readonly ibm: boolean;
}

/** What {@link row} is given: `V` is what the definition reads, `P` what the family takes. */
type RowProperties<V, P> = Partial<Properties<P>> &
  Pick<Properties<P>, "flags" | "family"> & {
    /** Key sizes in bits, in bytes, or in no unit of the key. */
    readonly bits?: readonly [number, number];
    readonly bytes?: readonly [number, number];
    readonly nominal?: readonly [number, number];
    /** The family's parameter, where it is not what the definition reads. */
    interpret?(value: V, options: MechanismOptions): P;
  };

/** The row of `mechanism`. */
export function row<M extends DefinedMechanism, P = ReadBy<M>>(
  mechanism: M,
  { bits, bytes, nominal, interpret, ...properties }: RowProperties<ReadBy<M>, P>,
): MechanismRow {
  const { parameter, ibm } = definitionOf(mechanism)!;
  const [min, max] = bits ?? bytes ?? nominal ?? [0, 0];
  const made: MechanismRow<P> = {
    keyTypes: [],
    shape: "one-shot",
    decryptShape: properties.shape ?? "one-shot",
    controlPoints: [],
    shortKeysWith: undefined,
    needs: undefined,
    makesParameters: false,
    transport: "keys",
    sumsPublicKeys: false,
    givesPublicHalf: false,
    listed: true,
    ...properties,
    mechanism,
    size: { min, max, unit: bits ? "bits" : bytes ? "bytes" : "none" },
    parameter,
    read: (sent) => parameter.read(sent),
    ibm,
  };
  const withOptions = (options: MechanismOptions): MechanismRow<P> => ({
    ...made,
    read: (sent) => interpret!(parameter.read(sent), options),
  });
  return (interpret === undefined ? made : { ...withOptions({}), withOptions }) as MechanismRow;
}
