/** DigestInit, Digest, DigestUpdate, DigestKey, DigestFinal, DigestSingle. */
import * as ck from "@grep11/cryptoki";
import { type OperationState, openState, sealState } from "../blobs/state-blob.ts";
import type { Context } from "../context.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { leavesUnderAnyKek } from "../objects/booleans.ts";
import type { Key } from "../objects/key.ts";
import { requireAllowedUse } from "../objects/policy-rules.ts";
import { MIN_HIDDEN_BYTES } from "../objects/strength.ts";
import { openAnyKey } from "./open-key.ts";
import { type Options, requireUntouched, sealRunningState } from "./operation.ts";
import { perform } from "./perform.ts";
import { reportState } from "./report.ts";

/**
 * Throws CKR_KEY_INDIGESTIBLE unless the key may leave under any KEK: a digest is what HMAC makes of a long key and what
 * derivation by hash makes of any, so it tells about a key that is meant to stay inside.
 */
function requireDigestible({ objectClass, booleans, value }: Key): void {
  const hidden = value.length >= MIN_HIDDEN_BYTES;
  if (objectClass === ck.CKO_SECRET_KEY && hidden && leavesUnderAnyKek(booleans)) return;
  throw new ck.CkError(ck.CKR_KEY_INDIGESTIBLE, "only secret keys of 112 bits or more that may leave under any KEK");
}

/** EP11 refuses to digest nothing, except as the end of an operation in parts. */
function requireData(data: Uint8Array): void {
  if (data.length === 0) throw ck.CkError.argumentsBad("there is no data to digest");
}

function resumeDigest(context: Context, sealed: Uint8Array): { row: MechanismRow; state: OperationState } {
  const state = openState(context.keyring, sealed, "digest", context.now());
  reportState(context, sealed, state);
  return { row: context.mechanisms.resolve(state.mechanism, ck.CKF_DIGEST), state };
}

export async function digestInit(context: Context, { mech }: ck.DigestInitRequest): Promise<ck.DigestInitResponse> {
  const masterKey = context.keyring.sealingKey();
  const row = context.mechanisms.resolve(mech.mechanism, ck.CKF_DIGEST);
  row.parameter(mech.parameter);
  const state: OperationState = {
    operation: "digest",
    mechanism: mech.mechanism,
    parameter: new Uint8Array(0),
    key: undefined,
    runningState: undefined,
    expires: context.now() + context.stateLifetimeMs,
  };
  return { state: sealState(masterKey, state, context.random) };
}

export async function digest(
  context: Context,
  { state: sealed, data }: ck.DigestRequest,
  options: Options,
): Promise<ck.DigestResponse> {
  const { row, state } = resumeDigest(context, sealed);
  requireUntouched(state);
  requireData(data);
  return { digest: await perform(context, row, "digest", undefined, [data], options) };
}

export async function digestUpdate(
  context: Context,
  { state: sealed, data }: ck.DigestUpdateRequest,
  options: Options,
): Promise<ck.DigestUpdateResponse> {
  const { row, state } = resumeDigest(context, sealed);
  requireData(data);
  const before = state.runningState ?? (await perform(context, row, "digestInit", undefined, [], options));
  const runningState = await perform(context, row, "digestUpdate", undefined, [before, data], options);
  return { state: sealRunningState(context, state, runningState) };
}

export async function digestKey(
  context: Context,
  { state: sealed, key: argument }: ck.DigestKeyRequest,
  options: Options,
): Promise<ck.DigestKeyResponse> {
  const { key } = openAnyKey(context, argument);
  const { row, state } = resumeDigest(context, sealed);
  requireAllowedUse(context.policy, key);
  requireDigestible(key);
  const before = state.runningState ?? (await perform(context, row, "digestInit", undefined, [], options));
  const runningState = await perform(context, row, "digestUpdate", undefined, [before, key.value], options);
  return { state: sealRunningState(context, state, runningState) };
}

export async function digestFinal(
  context: Context,
  { state: sealed }: ck.DigestFinalRequest,
  options: Options,
): Promise<ck.DigestFinalResponse> {
  const { row, state } = resumeDigest(context, sealed);
  const before = state.runningState ?? (await perform(context, row, "digestInit", undefined, [], options));
  return { digest: await perform(context, row, "digestFinal", undefined, [before], options) };
}

export async function digestSingle(
  context: Context,
  { mech, data }: ck.DigestSingleRequest,
  options: Options,
): Promise<ck.DigestSingleResponse> {
  const row = context.mechanisms.resolve(mech.mechanism, ck.CKF_DIGEST);
  row.parameter(mech.parameter);
  requireData(data);
  return { digest: await perform(context, row, "digest", undefined, [data], options) };
}
