/** VerifyInit, Verify, VerifyUpdate, VerifyFinal, VerifySingle. A MAC is verified with the secret key that made it. */
import * as ck from "@grep11/cryptoki";
import type { Context } from "../context.ts";
import type { Key } from "../objects/key.ts";
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

/** What verifying asks of mechanism and key. */
const VERIFY: KeyedFunction = { operation: "verify", flag: ck.CKF_VERIFY, usage: ck.CKA_VERIFY, side: "public" };

/**
 * The empty answer of a signature that holds; CKR_SIGNATURE_INVALID otherwise. Wrong MACs are counted; what a public key
 * says to a signature anybody can find out.
 */
async function answer(
  { failures }: Context,
  key: Key,
  options: Options,
  verified: () => Promise<boolean>,
): Promise<Record<string, never>> {
  const use = async () => {
    if (!(await verified())) throw ck.CkError.signatureInvalid();
    return {};
  };
  return key.objectClass === ck.CKO_SECRET_KEY ? failures.run(key, options, use) : use();
}

export async function verifyInit(
  context: Context,
  { mech, pubKey }: ck.VerifyInitRequest,
): Promise<ck.VerifyInitResponse> {
  const operation = beginOperation(context, VERIFY, "one-shot", mech, pubKey);
  return { state: sealBegun(context, VERIFY, operation, mech) };
}

export async function verify(
  context: Context,
  { state: sealed, data, signature }: ck.VerifyRequest,
  options: Options,
): Promise<ck.VerifyResponse> {
  const { row, key, parameter, state } = resumeOperation(context, VERIFY, "one-shot", sealed);
  requireUntouched(state);
  return answer(context, key, options, () =>
    perform(context, row, "verify", key, [key, parameter, data, signature], options),
  );
}

export async function verifyUpdate(
  context: Context,
  { state: sealed, data }: ck.VerifyUpdateRequest,
  options: Options,
): Promise<ck.VerifyUpdateResponse> {
  const { row, key, parameter, state } = resumeOperation(context, VERIFY, "multi", sealed);
  const before = state.runningState ?? (await perform(context, row, "signatureInit", key, [key, parameter], options));
  const runningState = await perform(context, row, "signatureUpdate", key, [key, parameter, before, data], options);
  return { state: sealRunningState(context, state, runningState) };
}

export async function verifyFinal(
  context: Context,
  { state: sealed, signature }: ck.VerifyFinalRequest,
  options: Options,
): Promise<ck.VerifyFinalResponse> {
  const { row, key, parameter, state } = resumeOperation(context, VERIFY, "multi", sealed);
  const before = state.runningState ?? (await perform(context, row, "signatureInit", key, [key, parameter], options));
  return answer(context, key, options, () =>
    perform(context, row, "verifyFinal", key, [key, parameter, before, signature], options),
  );
}

export async function verifySingle(
  context: Context,
  { mech, pubKey, data, signature }: ck.VerifySingleRequest,
  options: Options,
): Promise<ck.VerifySingleResponse> {
  const { row, key, parameter } = beginOperation(context, VERIFY, "single-only", mech, pubKey);
  return answer(context, key, options, () =>
    perform(context, row, "verify", key, [key, parameter, data, signature], options),
  );
}
