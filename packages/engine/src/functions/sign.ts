/** SignInit, Sign, SignUpdate, SignFinal, SignSingle. */
import * as ck from "@grep11/cryptoki";
import type { Context } from "../context.ts";
import {
  beginOperation,
  type KeyedFunction,
  type Options,
  requireUntouched,
  resumeOperation,
  sealBegun,
  sealRunningState,
} from "./operation.ts";
import { perform } from "./perform.ts";

/** What signing asks of mechanism and key. */
const SIGN: KeyedFunction = { operation: "sign", flag: ck.CKF_SIGN, usage: ck.CKA_SIGN, side: "private" };

export async function signInit(context: Context, { mech, privKey }: ck.SignInitRequest): Promise<ck.SignInitResponse> {
  const operation = beginOperation(context, SIGN, "one-shot", mech, privKey);
  return { state: sealBegun(context, SIGN, operation, mech) };
}

export async function sign(
  context: Context,
  { state: sealed, data }: ck.SignRequest,
  options: Options,
): Promise<ck.SignResponse> {
  const { row, key, parameter, state } = resumeOperation(context, SIGN, "one-shot", sealed);
  requireUntouched(state);
  return { signature: await perform(context, row, "sign", key, [key, parameter, data], options) };
}

export async function signUpdate(
  context: Context,
  { state: sealed, data }: ck.SignUpdateRequest,
  options: Options,
): Promise<ck.SignUpdateResponse> {
  const { row, key, parameter, state } = resumeOperation(context, SIGN, "multi", sealed);
  const before = state.runningState ?? (await perform(context, row, "signatureInit", key, [key, parameter], options));
  const runningState = await perform(context, row, "signatureUpdate", key, [key, parameter, before, data], options);
  return { state: sealRunningState(context, state, runningState) };
}

export async function signFinal(
  context: Context,
  { state: sealed }: ck.SignFinalRequest,
  options: Options,
): Promise<ck.SignFinalResponse> {
  const { row, key, parameter, state } = resumeOperation(context, SIGN, "multi", sealed);
  const before = state.runningState ?? (await perform(context, row, "signatureInit", key, [key, parameter], options));
  return { signature: await perform(context, row, "signFinal", key, [key, parameter, before], options) };
}

export async function signSingle(
  context: Context,
  { mech, privKey, data }: ck.SignSingleRequest,
  options: Options,
): Promise<ck.SignSingleResponse> {
  const { row, key, parameter } = beginOperation(context, SIGN, "single-only", mech, privKey);
  return { signature: await perform(context, row, "sign", key, [key, parameter, data], options) };
}
