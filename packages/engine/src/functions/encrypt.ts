/** EncryptInit, Encrypt, EncryptUpdate, EncryptFinal, EncryptSingle. */
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

/** What encrypting asks of mechanism and key. */
export const ENCRYPT: KeyedFunction = {
  operation: "encrypt",
  flag: ck.CKF_ENCRYPT,
  usage: ck.CKA_ENCRYPT,
  side: "public",
};

export async function encryptInit(
  context: Context,
  { mech, key }: ck.EncryptInitRequest,
): Promise<ck.EncryptInitResponse> {
  const operation = beginOperation(context, ENCRYPT, "one-shot", mech, key);
  return { state: sealBegun(context, ENCRYPT, operation, mech) };
}

export async function encrypt(
  context: Context,
  { state: sealed, plain }: ck.EncryptRequest,
  options: Options,
): Promise<ck.EncryptResponse> {
  const { row, key, parameter, state } = resumeOperation(context, ENCRYPT, "one-shot", sealed);
  requireUntouched(state);
  return { ciphered: await perform(context, row, "encrypt", key, [key, parameter, plain], options) };
}

export async function encryptUpdate(
  context: Context,
  { state: sealed, plain }: ck.EncryptUpdateRequest,
  options: Options,
): Promise<ck.EncryptUpdateResponse> {
  const { row, key, parameter, state } = resumeOperation(context, ENCRYPT, "multi", sealed);
  const before = state.runningState ?? (await perform(context, row, "encryptInit", key, [key, parameter], options));
  const step = await perform(context, row, "encryptUpdate", key, [key, parameter, before, plain], options);
  return { state: sealRunningState(context, state, step.runningState), ciphered: step.output };
}

export async function encryptFinal(
  context: Context,
  { state: sealed }: ck.EncryptFinalRequest,
  options: Options,
): Promise<ck.EncryptFinalResponse> {
  const { row, key, parameter, state } = resumeOperation(context, ENCRYPT, "multi", sealed);
  const before = state.runningState ?? (await perform(context, row, "encryptInit", key, [key, parameter], options));
  return { ciphered: await perform(context, row, "encryptFinal", key, [key, parameter, before], options) };
}

export async function encryptSingle(
  context: Context,
  { mech, key: argument, plain }: ck.EncryptSingleRequest,
  options: Options,
): Promise<ck.EncryptSingleResponse> {
  const { row, key, parameter } = beginOperation(context, ENCRYPT, "single-only", mech, argument);
  return { ciphered: await perform(context, row, "encrypt", key, [key, parameter, plain], options) };
}
