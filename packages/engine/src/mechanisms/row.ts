import type * as ck from "@grep11/cryptoki";
import { type DefinedMechanism, definitionOf, type Parameter, type ReadBy } from "@grep11/mechanisms";
import type { BlsSuite } from "../primitives/ec/bls.ts";
import type { RuntimeFeature } from "../primitives/openssl/runtime-features.ts";
import type { Family } from "./family.ts";

/**
 * Which calls a mechanism allows. `multi`: all. `one-shot`: Init followed by one call, or *Single, but not Update and Final.
 * `single-only`: only *Single.
 */
export type Shape = "multi" | "one-shot" | "single-only";

/** What the runtime must support, and the CKF_* of the functions that need it. */
export interface RuntimeNeed {
  readonly feature: RuntimeFeature;
  readonly flags: number;
}

/** Key sizes as in GetMechanismInfo. */
export interface KeySize {
  readonly min: number;
  readonly max: number;
  /** The unit of the sizes; `none` if there is no key, or the number is only nominal. */
  readonly unit: "bits" | "bytes" | "none";
}

export interface MechanismOptions {
  readonly blsSuite?: BlsSuite | undefined;
}

/** The properties of a row that have defaults. `P` is the parameter type of the family. */
interface Properties<P> {
  readonly flags: number;
  readonly family: Family<P>;
  /** CKK_* of the keys that the mechanism uses or makes; empty if it works without a key. */
  readonly keyTypes: readonly number[];
  readonly shape: Shape;
  /** The shape of decryption. An AEAD does not decrypt in parts: it withholds the plaintext until the tag is verified. */
  readonly decryptShape: Shape;
  /** XCP_CPB_* that must all be on for the mechanism to be offered. */
  readonly controlPoints: readonly number[];
  /** The XCP_CPB_* that allows keys shorter than `size.min`; undefined if key sizes are not checked. */
  readonly shortKeysWith: number | undefined;
  /** Undefined if every runtime supports the mechanism. */
  readonly needs: RuntimeNeed | undefined;
  /** Whether GenerateKey returns domain parameters instead of a key. */
  readonly makesParameters: boolean;
  /**
   * What WrapKey and UnwrapKey carry: `keys` under a KEK, `attribute-bound` keys with their attributes under a KEK and a MAC
   * key, or `public-keys` without a KEK.
   */
  readonly transport: "keys" | "attribute-bound" | "public-keys";
  /** Whether VerifySingle takes several concatenated public keys, and verifies with their sum. */
  readonly sumsPublicKeys: boolean;
  /** Whether DeriveKey returns the public half of the base key, for which CKA_DERIVE is not needed. */
  readonly givesPublicHalf: boolean;
  /** Whether GetMechanismList returns the mechanism. EP11 leaves out CKM_IBM_TRANSPORTKEY. */
  readonly listed: boolean;
  /** Returns the sealed keys in the parameter, which DeriveKey must open. */
  parameterKeys?(parameter: P): readonly Uint8Array[];
  /** Returns the hash that a signature's parameter names; a policy may forbid it. */
  signatureHash?(parameter: P): ck.HashName;
}

/** A row of the mechanism table: how the engine carries out a mechanism that packages/mechanisms defines. */
export interface MechanismRow<P = unknown> extends Properties<P> {
  /** CKM_*. */
  readonly mechanism: number;
  readonly size: KeySize;
  readonly parameter: Parameter<unknown, never>;
  /** Converts a client's parameter into the family's. Throws CKR_MECHANISM_PARAM_INVALID. */
  read(parameter: ck.MechanismParameter | undefined): P;
  /** Returns the row for an engine with `options`; undefined if they make no difference. */
  withOptions?(options: MechanismOptions): MechanismRow<P>;
  /** Whether IBM's cards have the mechanism. */
  readonly ibm: boolean;
}

/** `V` is the parameter that the mechanism's definition reads, `P` the one that the family takes. */
type RowProperties<V, P> = Partial<Properties<P>> &
  Pick<Properties<P>, "flags" | "family"> & {
    /** Smallest and largest key size. Rows give one of `bits`, `bytes` and `nominal`; nominal numbers are not real sizes. */
    readonly bits?: readonly [number, number];
    readonly bytes?: readonly [number, number];
    readonly nominal?: readonly [number, number];
    /** Converts the parameter that the definition has read into the family's, if they differ. */
    interpret?(value: V, options: MechanismOptions): P;
  };

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
