/** One row of the mechanism table: how the engine carries out a mechanism that packages/mechanisms defines. */
import type * as ck from "@grep11/cryptoki";
import { type DefinedMechanism, definitionOf, type Parameter, type ReadBy } from "@grep11/mechanisms";
import type { BlsSuite } from "../primitives/ec/bls.ts";
import type { RuntimeFeature } from "../primitives/openssl/runtime-features.ts";
import type { Family } from "./family.ts";

/**
 * Which calls a mechanism of encryption, signature or digest allows. `multi`: all. `one-shot`: Init followed by one call, and
 * *Single, but not Update and Final. `single-only`: only *Single.
 */
export type Shape = "multi" | "one-shot" | "single-only";

/** What a mechanism needs from the runtime, and the CKF_* of the functions that need it. */
export interface RuntimeNeed {
  readonly feature: RuntimeFeature;
  readonly flags: number;
}

/** Key sizes as GetMechanismInfo returns them. */
export interface KeySize {
  readonly min: number;
  readonly max: number;
  /** The unit in which PKCS #11 states this mechanism's sizes; `none` if there is no key, or the number is only nominal. */
  readonly unit: "bits" | "bytes" | "none";
}

/** Options of the engine that change what a parameter means. */
export interface MechanismOptions {
  readonly blsSuite?: BlsSuite | undefined;
}

/** The properties of a row, each of which may be left to its default. `P` is the parameter type of the family. */
interface Properties<P> {
  /** CKF_* as GetMechanismInfo returns them. */
  readonly flags: number;
  readonly family: Family<P>;
  /** CKK_* of the keys that it uses or makes; empty for mechanisms without a key. */
  readonly keyTypes: readonly number[];
  readonly shape: Shape;
  /** The shape of decryption. Narrower than `shape` for an AEAD, whose plaintext is held back until the tag is verified. */
  readonly decryptShape: Shape;
  /** XCP_CPB_* that hide the mechanism when any of them is off. */
  readonly controlPoints: readonly number[];
  /** The XCP_CPB_* that admits keys shorter than `size.min`; undefined: the size of a key is not checked. */
  readonly shortKeysWith: number | undefined;
  /** Undefined if every runtime supports the mechanism. */
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
  /** DeriveKey returns the public half of the base key. This does not need CKA_DERIVE, since it reveals nothing secret. */
  readonly givesPublicHalf: boolean;
  /** False for a mechanism that works, but that GetMechanismList leaves out (as EP11 does with CKM_IBM_TRANSPORTKEY). */
  readonly listed: boolean;
  /** The sealed keys in the parameter, which DeriveKey must open. */
  parameterKeys?(parameter: P): readonly Uint8Array[];
  /** The hash that a signature's parameter names; a policy may forbid it. */
  signatureHash?(parameter: P): ck.HashName;
}

/** A complete row, with the defaults filled in. */
export interface MechanismRow<P = unknown> extends Properties<P> {
  /** CKM_*. */
  readonly mechanism: number;
  readonly size: KeySize;
  readonly parameter: Parameter<unknown, never>;
  /** Converts the parameter that a client sent into the family's. Errors: CKR_MECHANISM_PARAM_INVALID. */
  read(parameter: ck.MechanismParameter | undefined): P;
  /** The same row for an engine with `options`; undefined if they make no difference to it. */
  withOptions?(options: MechanismOptions): MechanismRow<P>;
  /** The mechanism is in the list of IBM's cards. The others are standard mechanisms, listed after these. */
  readonly ibm: boolean;
}

/** The arguments of {@link row}: `V` is the type that the definition reads, `P` the type that the family takes. */
type RowProperties<V, P> = Partial<Properties<P>> &
  Pick<Properties<P>, "flags" | "family"> & {
    /**
     * Smallest and largest key size in bits. Rows give exactly one of `bits`, `bytes` and `nominal`; a nominal number is not
     * a real size.
     */
    readonly bits?: readonly [number, number];
    readonly bytes?: readonly [number, number];
    readonly nominal?: readonly [number, number];
    /** Converts the value that the definition has read into the family's parameter, if they differ. */
    interpret?(value: V, options: MechanismOptions): P;
  };

/** Builds the row of `mechanism`. */
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
