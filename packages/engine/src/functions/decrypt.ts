/**
 * DecryptInit, Decrypt, DecryptUpdate, DecryptFinal, DecryptSingle. Failures could reveal the plaintext, so their number is
 * limited.
 */
import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";
import { beginOperation, beginState, type KeyedFunction, resumeOperation } from "./operation.ts";

/** What decryption requires of the mechanism and the key. */
export const DECRYPT: KeyedFunction = {
  operation: "decrypt",
  init: "decryptInit",
  flag: ck.CKF_DECRYPT,
  usage: ck.CKA_DECRYPT,
  side: "private",
};

export const decryptInit: EngineFunction<"decryptInit"> = async (context, { mech, key }, options) => ({
  state: beginState(context, DECRYPT, mech, key, options),
});

export const decrypt: EngineFunction<"decrypt"> = async (context, { state, ciphered }, options) => {
  const operation = resumeOperation(context, DECRYPT, "one-shot", state, options);
  return { plain: await operation.limited(() => operation.run("decrypt", ciphered)) };
};

export const decryptUpdate: EngineFunction<"decryptUpdate"> = async (context, { state, ciphered }, options) => {
  const operation = resumeOperation(context, DECRYPT, "multi", state, options);
  const { output, runningState } = await operation.runPart("decryptUpdate", ciphered);
  return { state: operation.sealNext(runningState), plain: output };
};

export const decryptFinal: EngineFunction<"decryptFinal"> = async (context, { state }, options) => {
  const operation = resumeOperation(context, DECRYPT, "multi", state, options);
  return { plain: await operation.limited(() => operation.runPart("decryptFinal")) };
};

export const decryptSingle: EngineFunction<"decryptSingle"> = async (context, { mech, key, ciphered }, options) => {
  const operation = beginOperation(context, DECRYPT, "single-only", mech, key, options);
  return { plain: await operation.limited(() => operation.run("decrypt", ciphered)) };
};
