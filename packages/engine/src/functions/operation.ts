/**
 * What the functions with state have in common: an operation begins with a mechanism and a key, travels sealed, and is
 * opened again by whichever engine holds the master key.
 */

import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { type OperationState, openState, sealState } from "../blobs/state-blob.ts";
import type { Context } from "../context.ts";
import type { RunningState } from "../mechanisms/family.ts";
import { encodeParameter } from "../mechanisms/parameters/classic.ts";
import { requireShape } from "../mechanisms/resolve.ts";
import type { MechanismRow, Shape } from "../mechanisms/row.ts";
import { OUTDATED } from "../mechanisms/rows/facts.ts";
import { type Key, NO_KEY } from "../objects/key.ts";
import { type KeySide, openKeys, requireFittingKey, requireKeyLength, requireUsage } from "./open-key.ts";
import { reportState } from "./report.ts";

/** One of the four keyed functions with state, as data. */
export interface KeyedFunction {
  readonly operation: "encrypt" | "decrypt" | "sign" | "verify";
  /** CKF_* the mechanism must offer. */
  readonly flag: number;
  /** CKA_* the key must carry. */
  readonly usage: number;
  readonly side: KeySide;
}

/** A keyed operation ready to run. */
export interface KeyedOperation {
  readonly row: MechanismRow;
  readonly key: Key;
  readonly parameter: unknown;
}

/** A keyed operation that came back in a state. */
export interface ResumedOperation extends KeyedOperation {
  readonly state: OperationState & { readonly key: Key };
}

/** What a function is given besides its request. */
export type Options = ck.CallOptions | undefined;

/**
 * Checks mechanism, key and parameter in the order of docs/reference/ep11.md#order-of-checks. `shape` is the call shape that
 * begins. Errors: those of openKeys, resolve, requireFittingKey, requireUsage and the parameter parser.
 */
export function beginOperation(
  context: Context,
  { flag, usage, side }: KeyedFunction,
  shape: Shape,
  mech: ck.Mechanism,
  argument: ck.KeyArgument | undefined,
): KeyedOperation {
  if (ck.sealedBytes(argument).length === 0) return beginKeyless(context, flag, shape, mech);
  const opened = openKeys(context, argument).map((entry) => entry.key);
  const row = context.mechanisms.resolve(mech.mechanism, flag);
  requireShape(row, flag, shape);
  const key = operationKey(row, opened);
  for (const each of opened) {
    requireFittingKey(row, each, side);
    requireUsage(context, each, usage);
    requireKeyLength(context, row, each);
  }
  const parameter = row.parameter(mech.parameter);
  requireAllowedHash(context, flag, parameter);
  row.family.requireKey?.(key, parameter);
  return { row, key, parameter };
}

/** Throws CKR_FUNCTION_CANCELED for a signature with SHA-1 in its parameter where the policy has none with SHA-1 in its name. */
function requireAllowedHash({ policy }: Context, flag: number, parameter: unknown): void {
  const signs = flag === ck.CKF_SIGN || flag === ck.CKF_VERIFY;
  if (!signs || typeof parameter !== "object" || parameter === null) return;
  if (!("hash" in parameter) || parameter.hash !== "sha1") return;
  if (!OUTDATED.every((controlPoint) => policy.allows(controlPoint))) {
    throw ck.CkError.functionCanceled("the policy allows no signatures with SHA-1");
  }
}

/** An operation that needs no key: the sum of signatures (CKM_IBM_EC_AGGREGATE). */
function beginKeyless(context: Context, flag: number, shape: Shape, mech: ck.Mechanism): KeyedOperation {
  context.keyring.sealingKey();
  const row = context.mechanisms.resolve(mech.mechanism, flag);
  if (row.keyTypes.length > 0) throw new ck.CkError(ck.CKR_KEY_HANDLE_INVALID, "the request names no key");
  requireShape(row, flag, shape);
  return { row, key: NO_KEY, parameter: row.parameter(mech.parameter) };
}

/** The key of an operation: the only one, or the SPKIs of several behind one another where the mechanism sums them up. */
function operationKey(row: MechanismRow, opened: readonly Key[]): Key {
  const [key, ...more] = opened;
  if (key === undefined || (more.length > 0 && !row.sumsPublicKeys)) throw ck.CkError.blobError();
  if (more.length === 0) return key;
  if (more.some((other) => other.keyType !== key.keyType)) {
    throw ck.CkError.keyTypeInconsistent("the public keys are of different types");
  }
  return { ...key, value: concatenate(...opened.map((entry) => entry.value)) };
}

/** The state of an operation that has begun and seen no data yet. */
export function sealBegun(
  context: Context,
  keyed: KeyedFunction,
  operation: KeyedOperation,
  mech: ck.Mechanism,
): Uint8Array {
  return sealState(
    context.keyring.sealingKey(),
    {
      operation: keyed.operation,
      mechanism: mech.mechanism,
      parameter: encodeParameter(mech.parameter),
      key: operation.key,
      runningState: undefined,
      expires: context.now() + context.stateLifetimeMs,
    },
    context.random,
  );
}

/** The state that follows `state`. */
export function sealRunningState(context: Context, state: OperationState, runningState: RunningState): Uint8Array {
  return sealState(context.keyring.sealingKey(), { ...state, runningState }, context.random);
}

/**
 * Opens the state of a keyed operation. Errors: CKR_SAVED_STATE_INVALID; CKR_MECHANISM_INVALID if the mechanism does not
 * allow calls of `shape`; CKR_FUNCTION_CANCELED if the policy has changed since.
 */
export function resumeOperation(
  context: Context,
  keyed: KeyedFunction,
  shape: Shape,
  sealed: Uint8Array,
): ResumedOperation {
  const state = openState(context.keyring, sealed, keyed.operation, context.now());
  reportState(context, sealed, state);
  const { key } = state;
  if (key === undefined) throw ck.CkError.savedStateInvalid();
  const row = context.mechanisms.resolve(state.mechanism, keyed.flag);
  requireShape(row, keyed.flag, shape);
  requireUsage(context, key, keyed.usage);
  const parameter = row.parameter(state.parameter.length === 0 ? undefined : state.parameter);
  requireAllowedHash(context, keyed.flag, parameter);
  return { row, key, parameter, state: { ...state, key } };
}

/** Throws CKR_OPERATION_ACTIVE if the operation has already taken parts: a single call cannot follow an Update. */
export function requireUntouched(state: OperationState): void {
  if (state.runningState !== undefined) {
    throw new ck.CkError(ck.CKR_OPERATION_ACTIVE, "the operation has taken parts; end it with its Final function");
  }
}
