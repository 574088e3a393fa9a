/**
 * Parameters of ML-DSA and SLH-DSA (PKCS #11 v3.2: CK_SIGN_ADDITIONAL_CONTEXT, CK_HASH_SIGN_ADDITIONAL_CONTEXT;
 * docs/reference/ep11.md#post-quantum, docs/reference/ep11.md#standard-parameters). Everything wrong with them is
 * CKR_MECHANISM_PARAM_INVALID.
 */
import * as ck from "@grep11/cryptoki";
import type { ParameterParser } from "../row.ts";
import { WireReader } from "./wire-reader.ts";

/** How a message is signed. */
export interface SignatureContext {
  /** Without randomness: the same message gives the same signature. */
  readonly deterministic: boolean;
  /** At most 255 bytes. */
  readonly context: Uint8Array;
}

/** How a digest is signed. */
export interface DigestContext extends SignatureContext {
  readonly hash: ck.HashName;
}

const MAX_CONTEXT_BYTES = 255;
const DEFAULT: SignatureContext = { deterministic: false, context: new Uint8Array(0) };

/** CKH_* to whether it wants determinism. */
const STANDARD_HEDGES: ReadonlyMap<number, boolean> = new Map([
  [ck.CKH_HEDGE_PREFERRED, false],
  [ck.CKH_HEDGE_REQUIRED, false],
  [ck.CKH_DETERMINISTIC_REQUIRED, true],
]);

/** IBM counts from 1. */
const IBM_HEDGES: ReadonlyMap<number, boolean> = new Map([
  [ck.CKH_IBM_HEDGE_PREFERRED, false],
  [ck.CKH_IBM_HEDGE_REQUIRED, false],
  [ck.CKH_IBM_DETERMINISTIC_REQUIRED, true],
]);

/** Nothing, or hedge variant ‖ length of context ‖ context. */
function contextParameter(hedges: ReadonlyMap<number, boolean>): ParameterParser<SignatureContext> {
  return (parameter) => {
    if (parameter === undefined) return DEFAULT;
    if (!(parameter instanceof Uint8Array)) throw ck.CkError.mechanismParamInvalid("the parameter is a byte string");
    if (parameter.length === 0) return DEFAULT;
    const reader = new WireReader(parameter);
    const deterministic = isDeterministic(hedges, reader.number());
    return reader.end({ deterministic, context: reader.bytes(contextLength(reader.number())) });
  };
}

/** For the standard mechanisms. */
export const signatureContext: ParameterParser<SignatureContext> = contextParameter(STANDARD_HEDGES);
/** For CKM_IBM_ML_DSA. */
export const ibmSignatureContext: ParameterParser<SignatureContext> = contextParameter(IBM_HEDGES);

/** For CKM_HASH_ML_DSA: hedge variant ‖ length of context ‖ CKM_* of the hash ‖ context. */
export const digestContext: ParameterParser<DigestContext> = (parameter) => {
  if (!(parameter instanceof Uint8Array)) throw ck.CkError.mechanismParamInvalid("the parameter is a byte string");
  const reader = new WireReader(parameter);
  const deterministic = isDeterministic(STANDARD_HEDGES, reader.number());
  const length = contextLength(reader.number());
  const hash = ck.hashOfDigest(reader.number());
  if (hash === undefined) throw ck.CkError.mechanismParamInvalid("the parameter names an unknown hash");
  return reader.end({ deterministic, hash, context: reader.bytes(length) });
};

function isDeterministic(hedges: ReadonlyMap<number, boolean>, hedge: number): boolean {
  const deterministic = hedges.get(hedge);
  if (deterministic === undefined) throw ck.CkError.mechanismParamInvalid("the hedge variant is not known");
  return deterministic;
}

function contextLength(length: number): number {
  if (length <= MAX_CONTEXT_BYTES) return length;
  throw ck.CkError.mechanismParamInvalid(`a context has at most ${MAX_CONTEXT_BYTES} bytes`);
}
