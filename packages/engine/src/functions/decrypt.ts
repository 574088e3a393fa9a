/** DecryptInit, Decrypt, DecryptUpdate, DecryptFinal, DecryptSingle. */
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

/** What decrypting asks of mechanism and key. */
export const DECRYPT: KeyedFunction = {
  operation: "decrypt",
  flag: ck.CKF_DECRYPT,
  usage: ck.CKA_DECRYPT,
  side: "private",
};

export async function decryptInit(
  context: Context,
  { mech, key }: ck.DecryptInitRequest,
): Promise<ck.DecryptInitResponse> {
  const operation = beginOperation(context, DECRYPT, "one-shot", mech, key);
  return { state: sealBegun(context, DECRYPT, operation, mech) };
}

export async function decrypt(
  context: Context,
  { state: sealed, ciphered }: ck.DecryptRequest,
  options: Options,
): Promise<ck.DecryptResponse> {
  const { row, key, parameter, state } = resumeOperation(context, DECRYPT, "one-shot", sealed);
  requireUntouched(state);
  const use = () => perform(context, row, "decrypt", key, [key, parameter, ciphered], options);
  return { plain: await context.failures.run(key, options, use) };
}

export async function decryptUpdate(
  context: Context,
  { state: sealed, ciphered }: ck.DecryptUpdateRequest,
  options: Options,
): Promise<ck.DecryptUpdateResponse> {
  const { row, key, parameter, state } = resumeOperation(context, DECRYPT, "multi", sealed);
  const before = state.runningState ?? (await perform(context, row, "decryptInit", key, [key, parameter], options));
  const step = await perform(context, row, "decryptUpdate", key, [key, parameter, before, ciphered], options);
  return { state: sealRunningState(context, state, step.runningState), plain: step.output };
}

export async function decryptFinal(
  context: Context,
  { state: sealed }: ck.DecryptFinalRequest,
  options: Options,
): Promise<ck.DecryptFinalResponse> {
  const { row, key, parameter, state } = resumeOperation(context, DECRYPT, "multi", sealed);
  const before = state.runningState ?? (await perform(context, row, "decryptInit", key, [key, parameter], options));
  const use = () => perform(context, row, "decryptFinal", key, [key, parameter, before], options);
  return { plain: await context.failures.run(key, options, use) };
}

export async function decryptSingle(
  context: Context,
  { mech, key: argument, ciphered }: ck.DecryptSingleRequest,
  options: Options,
): Promise<ck.DecryptSingleResponse> {
  const { row, key, parameter } = beginOperation(context, DECRYPT, "single-only", mech, argument);
  const use = () => perform(context, row, "decrypt", key, [key, parameter, ciphered], options);
  return { plain: await context.failures.run(key, options, use) };
}
