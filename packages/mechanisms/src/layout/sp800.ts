/**
 * Defines CK_SP800_108_KDF_PARAMS and CK_SP800_108_FEEDBACK_KDF_PARAMS, which contain a list of parts. Clients always write the
 * list that the standard defines.
 */
import * as ck from "@grep11/cryptoki";
import { concatenate, EncodingError, WireReader, wireForm } from "@grep11/encoding";
import { bytes, choices, computed, Field, NOTHING, type Raw, requireThat } from "./field.ts";
import type { Parameter } from "./parameter.ts";
import { hashNumbers } from "./shared.ts";
import { structure } from "./structure.ts";

/** How the input of the next block is formed. */
export type Sp800ModeName = "counter" | "feedback" | "double-pipeline";

/** The pseudo-random function: HMAC with a hash, or CMAC with AES or DES. */
export type Sp800Prf = ck.HashName | "cmac" | "des-cmac";

/** One part of the input of the pseudo-random function for block i. */
export type Sp800Part =
  /** The previous block, or in double-pipeline mode the value of the first pipeline. */
  | { readonly kind: "iteration" }
  /** The block number i. */
  | { readonly kind: "counter"; readonly bytes: number; readonly littleEndian: boolean }
  /** The length in bits of the derived key, or of all blocks that were needed for it. */
  | {
      readonly kind: "length";
      readonly of: "key" | "blocks";
      readonly bytes: number;
      readonly littleEndian: boolean;
    }
  | { readonly kind: "fixed"; readonly value: Uint8Array };

/** The parameter of CKM_SP800_108_*_KDF. */
export interface Sp800Parameter {
  readonly prf: Sp800Prf;
  readonly mode:
    | { readonly name: "counter" | "double-pipeline" }
    | { readonly name: "feedback"; readonly iv: Uint8Array };
  readonly parts: readonly Sp800Part[];
}

/** The input of clients. It is written in the form of SP 800-108r1, 4.1 to 4.3, with a counter and a length of 32 bits. */
export interface Sp800Input {
  readonly prf: Sp800Prf;
  readonly label: Uint8Array;
  readonly context: Uint8Array;
  /** The initial value of feedback mode. Other modes have none. */
  readonly iv?: Uint8Array;
}

/**
 * The maximum length of a parameter in bytes. It is limited because every block of a derived key hashes nearly all of the
 * parameter.
 */
export const MAX_PARAMETER_BYTES = 4096;
const MAX_PARTS = 64;
/** The format of a number that is big-endian and has 32 bits. */
const BIG_ENDIAN_32 = wireForm([0, 32]);

/** Creates the parameter of one mode. */
export function sp800(mode: Sp800ModeName): Parameter<Sp800Parameter, Sp800Input> {
  const inputBytes = new Field<never, Uint8Array>({ place: "input", text: { kind: "hex" } });
  return structure(
    {
      prf: choices<Sp800Prf>(
        [...hashNumbers("hmac"), ["cmac", ck.CKM_AES_CMAC], ["des-cmac", ck.CKM_DES3_CMAC]],
        "CKM_* of an HMAC or CMAC",
      ).with({ text: { fallback: "sha256" } }),
      count: computed("number", Number, () => standardParts(mode, NOTHING, NOTHING).length).with({
        label: "number of parts",
      }),
      label: inputBytes,
      context: inputBytes,
      parts: computed(
        "rest",
        (raw) => readParts(mode, raw),
        ({ label, context }: Sp800Input) => concatenate(...standardParts(mode, label, context)),
      ).with({ form: "type (4) ‖ length (4) ‖ value, for each" }),
      iv: mode === "feedback" ? bytes().optional(NOTHING) : bytes(0, 0).optional(NOTHING).withoutText(),
    },
    { maxBytes: MAX_PARAMETER_BYTES },
  ).map(({ prf, count, parts, iv }) => {
    requireThat(count === parts.length, "the number of parts is another");
    requireCount(parts, "iteration", mode === "counter" ? 0 : 1);
    requireCount(parts, "counter", mode === "counter" ? 1 : 0, 1);
    requireCount(parts, "length", 0, 1);
    return { prf, mode: mode === "feedback" ? { name: mode, iv } : { name: mode }, parts };
  });
}

/** Returns the parts that the standard defines: counter or previous value ‖ label ‖ 00 ‖ context ‖ length of the key in bits. */
function standardParts(mode: Sp800ModeName, label: Uint8Array, context: Uint8Array): readonly Uint8Array[] {
  const part = (type: number, value: Uint8Array) => wireForm([type, value.length], value);
  const leading =
    mode === "counter"
      ? [part(ck.CK_SP800_108_ITERATION_VARIABLE, BIG_ENDIAN_32)]
      : [part(ck.CK_SP800_108_ITERATION_VARIABLE, NOTHING), part(ck.CK_SP800_108_COUNTER, BIG_ENDIAN_32)];
  return [
    ...leading,
    part(ck.CK_SP800_108_BYTE_ARRAY, label),
    part(ck.CK_SP800_108_BYTE_ARRAY, Uint8Array.of(0)),
    part(ck.CK_SP800_108_BYTE_ARRAY, context),
    part(ck.CK_SP800_108_DKM_LENGTH, wireForm([ck.CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, 0, 32])),
  ];
}

function readParts(mode: Sp800ModeName, raw: Raw): Sp800Part[] {
  const reader = new WireReader(raw as Uint8Array);
  const parts: Sp800Part[] = [];
  try {
    for (let rest = reader.rest(); rest.length > 0; ) {
      const part = new WireReader(rest);
      requireThat(parts.length < MAX_PARTS, `there may be at most ${MAX_PARTS} parts`);
      parts.push(partOf(mode, part.number(), part.bytes(part.number())));
      rest = part.rest();
    }
    return parts;
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw ck.CkError.mechanismParamInvalid("a part is cut off");
  }
}

function partOf(mode: Sp800ModeName, type: number, value: Uint8Array): Sp800Part {
  switch (type) {
    case ck.CK_SP800_108_ITERATION_VARIABLE:
      if (mode === "counter") return { kind: "counter", ...integerFormat(value, 32) };
      requireThat(value.length === 0, "only the iteration variable of counter mode has a format");
      return { kind: "iteration" };
    case ck.CK_SP800_108_COUNTER:
      requireThat(mode !== "counter", "in counter mode the iteration variable is the counter");
      return { kind: "counter", ...integerFormat(value, 32) };
    case ck.CK_SP800_108_DKM_LENGTH: {
      const method = new WireReader(value).number();
      requireThat(
        method === ck.CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS || method === ck.CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS,
        "the method of the length is unknown",
      );
      const of = method === ck.CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS ? "key" : "blocks";
      return { kind: "length", of, ...integerFormat(value.subarray(4), 64) };
    }
    case ck.CK_SP800_108_BYTE_ARRAY:
      return { kind: "fixed", value };
    default:
      throw ck.CkError.mechanismParamInvalid("the type of a part is unknown");
  }
}

/**
 * Reads the format of a number, which is a little-endian flag ‖ the width in bits. The width must be a multiple of 8, up to `max`
 * bits.
 */
function integerFormat(format: Uint8Array, max: number): { bytes: number; littleEndian: boolean } {
  const reader = new WireReader(format);
  const [order, bits] = [reader.number(), reader.number()];
  reader.end();
  requireThat(order <= 1, "little-endian must be 0 or 1");
  requireThat(bits >= 8 && bits <= max && bits % 8 === 0, `a number must have 8 to ${max} bits, in whole bytes`);
  return { bytes: bits / 8, littleEndian: order === 1 };
}

function requireCount(parts: readonly Sp800Part[], kind: string, min: number, max = min): void {
  const count = parts.filter((part) => part.kind === kind).length;
  requireThat(count >= min && count <= max, `there must be ${min} to ${max} parts of the kind ${kind}`);
}
