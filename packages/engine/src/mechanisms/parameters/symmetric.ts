/**
 * Parameters of PKCS #11 mechanisms that no structure of GREP11 stands for. They are bytes
 * (docs/reference/ep11.md#standard-parameters): a byte string of PKCS #11 as it is; a structure as its numbers, 32 bits
 * big-endian each, in the order of the structure with lengths in place of pointers, then the variable parts in the same
 * order. Lengths must add up exactly. Everything wrong is CKR_MECHANISM_PARAM_INVALID.
 */
import * as ck from "@grep11/cryptoki";
import type { CcmParameter } from "../../primitives/symmetric/ccm.ts";
import type { ChaChaStart } from "../../primitives/symmetric/chacha20.ts";
import type { ChaChaPolyParameter } from "../../primitives/symmetric/chacha20-poly1305.ts";
import type { CounterBlock } from "../../primitives/symmetric/counter-mode.ts";
import type { GcmParameter } from "../../primitives/symmetric/gcm.ts";
import type { ParameterParser } from "../row.ts";
import { words } from "./classic.ts";

const BLOCK_BYTES = 16;
/** Shortest MAC that is made or accepted, in bytes: PKCS #11 v3.2 (6.21.3) lets a token stop here, citing FIPS 198. */
const MIN_MAC_BYTES = 4;

/** CK_AES_CTR_PARAMS: counter bits ‖ block (16), or only the block, all of it counter. Their lengths tell them apart. */
export const ctr: ParameterParser<CounterBlock> = (parameter) => {
  const wire = requireBytes(parameter);
  if (wire.length === BLOCK_BYTES) return { block: wire, counterBits: 8 * BLOCK_BYTES };
  const [counterBits] = words(wire, 1);
  const block = variableParts(wire, 4, [BLOCK_BYTES])[0]!;
  if (counterBits! < 1 || counterBits! > 8 * BLOCK_BYTES) throw invalid("a counter has 1 to 128 bits");
  return { block, counterBits: counterBits! };
};

/**
 * CK_GCM_PARAMS: IV length ‖ IV bits ‖ AAD length ‖ tag bits ‖ IV ‖ AAD. Tags have 96 to 128 bits; the IV at least one byte.
 * IV bits say the same as IV length, or 0: PKCS #11 v3.2 (6.13.7) wants the length used. A bare IV is refused: the four
 * numbers of a caller who forgot the IV would be one too (docs/adr/0018).
 */
export const gcm: ParameterParser<GcmParameter> = (parameter) => {
  const wire = requireBytes(parameter);
  const [ivLength, ivBits, aadLength, tagBits] = words(wire, 4);
  const [iv, aad] = variableParts(wire, 16, [ivLength!, aadLength!]);
  if (iv!.length === 0) throw invalid("GCM takes an initialisation vector");
  if (ivBits !== 0 && ivBits !== 8 * ivLength!) throw invalid("the lengths of the initialisation vector differ");
  if (tagBits! < 96 || tagBits! > 128 || tagBits! % 8 !== 0) throw invalid("a GCM tag has 96 to 128 bits");
  return { iv: iv!, aad: aad!, tagBytes: tagBits! / 8 };
};

/** What CKM_AES_CCM takes. */
export interface CcmDataParameter extends CcmParameter {
  /** Length in bytes of the plain text. */
  readonly dataLength: number;
}

/** CK_CCM_PARAMS: data length ‖ nonce length ‖ AAD length ‖ MAC length ‖ nonce ‖ AAD. The data fits the nonce. */
export const ccm: ParameterParser<CcmDataParameter> = (parameter) => {
  const wire = requireBytes(parameter);
  const [dataLength, nonceLength, aadLength, tagBytes] = words(wire, 4);
  const [nonce, aad] = variableParts(wire, 16, [nonceLength!, aadLength!]);
  if (nonce!.length < 7 || nonce!.length > 13) throw invalid("a CCM nonce has 7 to 13 bytes");
  if (tagBytes! < 4 || tagBytes! > 16 || tagBytes! % 2 !== 0) throw invalid("a CCM MAC has 4, 6 ... 16 bytes");
  if (dataLength! >= 256 ** (15 - nonce!.length)) throw invalid("the data is too long for this CCM nonce");
  return { dataLength: dataLength!, nonce: nonce!, aad: aad!, tagBytes: tagBytes! };
};

/**
 * CK_CHACHA20_PARAMS: counter bits ‖ nonce bits ‖ counter ‖ nonce. The counter is little-endian, as in the cipher's own
 * state. Bits are 32 and 96 (RFC 8439) or 64 and 64.
 */
export const chacha20: ParameterParser<ChaChaStart> = (parameter) => {
  const wire = requireBytes(parameter);
  const [counterBits, nonceBits] = words(wire, 2);
  if (!((counterBits === 32 && nonceBits === 96) || (counterBits === 64 && nonceBits === 64))) {
    throw invalid("ChaCha20 takes a counter and a nonce of 32 and 96 bits, or of 64 each");
  }
  const [counter, nonce] = variableParts(wire, 8, [counterBits / 8, nonceBits / 8]);
  const view = new DataView(counter!.buffer, counter!.byteOffset);
  const value = counterBits === 32 ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true);
  return { counter: value, counterBits, nonce: nonce! };
};

/** CK_SALSA20_CHACHA20_POLY1305_PARAMS: nonce length (12) ‖ AAD length ‖ nonce ‖ AAD. A bare nonce is refused, as GCM's is. */
export const chacha20Poly1305: ParameterParser<ChaChaPolyParameter> = (parameter) => {
  const wire = requireBytes(parameter);
  const [nonceLength, aadLength] = words(wire, 2);
  const [nonce, aad] = variableParts(wire, 8, [nonceLength!, aadLength!]);
  if (nonce!.length !== 12) throw invalid("the nonce has 12 bytes");
  return { nonce: nonce!, aad: aad! };
};

/** What a derivation by CBC encryption takes. */
export interface EncryptDataParameter {
  readonly iv: Uint8Array;
  readonly data: Uint8Array;
}

/** CK_AES_CBC_ENCRYPT_DATA_PARAMS and its DES form: IV of one block ‖ data, not empty. */
export function encryptData(blockBytes: number): ParameterParser<EncryptDataParameter> {
  return (parameter) => {
    const wire = requireBytes(parameter);
    if (wire.length <= blockBytes) throw invalid("the parameter is an initialisation vector and data");
    return { iv: wire.subarray(0, blockBytes), data: wire.subarray(blockBytes) };
  };
}

/** An initialisation vector as long as `usual`, which stands for an absent one. */
export function optionalIv(usual: Uint8Array): ParameterParser<Uint8Array> {
  return (parameter) => {
    if (parameter === undefined || (parameter instanceof Uint8Array && parameter.length === 0)) return usual;
    if (parameter instanceof Uint8Array && parameter.length === usual.length) return parameter;
    throw invalid(`the parameter is absent or an initialisation vector of ${usual.length} bytes`);
  };
}

/**
 * CK_MAC_GENERAL_PARAMS, the length of a MAC in bytes, {@link MIN_MAC_BYTES} to `max`: 4 or 8 bytes big-endian; the same
 * little-endian, as programs in C have it in memory (so small a number is never the other order's); or a protobuf message
 * whose field 1 it is.
 */
export function macLength(max: number): ParameterParser<number> {
  const fits = (length: bigint) => length >= BigInt(MIN_MAC_BYTES) && length <= BigInt(max);
  return (parameter) => {
    const length = macLengthReadings(requireBytes(parameter)).find(fits);
    if (length === undefined) throw invalid(`the MAC has ${MIN_MAC_BYTES} to ${max} bytes`);
    return Number(length);
  };
}

function macLengthReadings(wire: Uint8Array): readonly bigint[] {
  const view = new DataView(wire.buffer, wire.byteOffset, wire.byteLength);
  switch (wire.length) {
    case 2:
      return wire[0] === 0x08 ? [BigInt(wire[1]!)] : [];
    case 4:
      return [BigInt(view.getUint32(0)), BigInt(view.getUint32(0, true))];
    case 8:
      return [view.getBigUint64(0), view.getBigUint64(0, true)];
    default:
      return [];
  }
}

/** The parts of `lengths` that stand behind `offset`; together they must end the wire form. */
function variableParts(wire: Uint8Array, offset: number, lengths: readonly number[]): Uint8Array[] {
  const total = lengths.reduce((sum, length) => sum + length, offset);
  if (wire.length !== total) throw invalid("the lengths in the parameter do not add up");
  let at = offset;
  return lengths.map((length) => {
    at += length;
    return wire.subarray(at - length, at);
  });
}

function requireBytes(parameter: ck.MechanismParameter | undefined): Uint8Array {
  if (parameter instanceof Uint8Array) return parameter;
  throw invalid("the parameter is given as bytes");
}

function invalid(detail: string): ck.CkError {
  return ck.CkError.mechanismParamInvalid(detail);
}
