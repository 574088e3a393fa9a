/**
 * Collects all definitions, by number and in the order of GetMechanismList: first the mechanisms of IBM's cards, then the others
 * in the order of the sections.
 */
import type * as ck from "@grep11/cryptoki";
import type { AnyParameter, Section } from "./definition.ts";
import { CIPHER_SECTIONS } from "./definitions/cipher.ts";
import { DERIVATION_SECTIONS } from "./definitions/derivation.ts";
import { DIGITAL_ASSET_SECTIONS } from "./definitions/digital-asset.ts";
import { DSA_DH_SECTIONS } from "./definitions/dsa-dh.ts";
import { EC_SECTIONS } from "./definitions/ec.ts";
import { HASH_SECTIONS } from "./definitions/hash.ts";
import { MAC_SECTIONS } from "./definitions/mac.ts";
import { POST_QUANTUM_SECTIONS } from "./definitions/post-quantum.ts";
import { RSA_SECTIONS } from "./definitions/rsa.ts";
import { SECRET_KEY_SECTIONS } from "./definitions/secret-key.ts";
import { IBM_LIST } from "./ibm-list.ts";
import type { Parameter } from "./layout/parameter.ts";

const TYPED_SECTIONS = [
  ...HASH_SECTIONS,
  ...CIPHER_SECTIONS,
  ...MAC_SECTIONS,
  ...SECRET_KEY_SECTIONS,
  ...RSA_SECTIONS,
  ...DSA_DH_SECTIONS,
  ...EC_SECTIONS,
  ...DIGITAL_ASSET_SECTIONS,
  ...DERIVATION_SECTIONS,
  ...POST_QUANTUM_SECTIONS,
] as const;

type Entry = (typeof TYPED_SECTIONS)[number]["mechanisms"][number];

/** The number of a mechanism that has a definition. */
export type DefinedMechanism = Entry[0];
type ParameterOf<M extends DefinedMechanism> = Extract<Entry, readonly [M, unknown]>[1];
/** The value that an engine reads from the parameter of `M`. */
export type ReadBy<M extends DefinedMechanism> = ParameterOf<M> extends Parameter<infer V, infer _I> ? V : never;
/** The input that a client gives for the parameter of `M`. */
export type WrittenBy<M extends DefinedMechanism> = ParameterOf<M> extends Parameter<infer _V, infer I> ? I : never;

/** The definition of a mechanism, which the engine, the client, the command line and the documents share. */
export interface Definition {
  /** The number of the mechanism (CKM_*). */
  readonly mechanism: number;
  readonly parameter: AnyParameter;
  /** The section, which says what the mechanism has in common with other mechanisms. */
  readonly section: Section<readonly (readonly [number, AnyParameter])[]>;
  /** Whether the mechanism is in the list of IBM's cards. GetMechanismList returns all other mechanisms after these. */
  readonly ibm: boolean;
}

/** The sections in the order in which documents list them. */
export const SECTIONS: readonly Definition["section"][] = TYPED_SECTIONS;

const ibm = new Set(IBM_LIST);
const BY_NUMBER: ReadonlyMap<number, Definition> = new Map(
  SECTIONS.flatMap((section) =>
    section.mechanisms.map(([mechanism, parameter]) => [
      mechanism,
      { mechanism, parameter, section, ibm: ibm.has(mechanism) },
    ]),
  ),
);

/** Returns the definition of `mechanism`, or undefined if it has none. */
export function definitionOf(mechanism: number): Definition | undefined {
  return BY_NUMBER.get(mechanism);
}

/** All definitions, in the order of GetMechanismList. */
export const DEFINITIONS: readonly Definition[] = [
  ...IBM_LIST.map((mechanism) => BY_NUMBER.get(mechanism)!),
  ...[...BY_NUMBER.values()].filter((definition) => !definition.ibm),
];

/** Returns the parameter of `mechanism`, with its types. */
export function parameterOf<M extends DefinedMechanism>(mechanism: M): Parameter<ReadBy<M>, WrittenBy<M>> {
  return BY_NUMBER.get(mechanism)!.parameter;
}

/**
 * The arguments of {@link createMechanism} that follow the number: one input, which may be omitted if all its members are
 * optional.
 */
export type MechanismInput<M extends DefinedMechanism> =
  undefined extends WrittenBy<M>
    ? [input?: WrittenBy<M>]
    : Record<never, never> extends WrittenBy<M>
      ? [input?: WrittenBy<M>]
      : [input: WrittenBy<M>];

/** Creates a CK_MECHANISM for `mechanism` with the parameter that `input` describes. Errors: CKR_MECHANISM_PARAM_INVALID. */
export function createMechanism<M extends DefinedMechanism>(mechanism: M, ...[input]: MechanismInput<M>): ck.Mechanism {
  const parameter = parameterOf(mechanism).write((input ?? {}) as WrittenBy<M>);
  return { mechanism, ...(parameter === undefined ? {} : { parameter }) };
}

/** Whether `mechanism` derives keys from a password that is in its parameter. */
export function takesPassword(mechanism: number): boolean {
  return definitionOf(mechanism)?.parameter.members.some(({ kind }) => kind === "secret") ?? false;
}
