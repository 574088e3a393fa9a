/** EncryptInit, Encrypt, EncryptUpdate, EncryptFinal, EncryptSingle. */
import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";
import { beginOperation, beginState, type KeyedFunction, resumeOperation } from "./operation.ts";

/** What encryption requires of the mechanism and the key. */
export const ENCRYPT: KeyedFunction = {
  operation: "encrypt",
  init: "encryptInit",
  flag: ck.CKF_ENCRYPT,
  usage: ck.CKA_ENCRYPT,
  side: "public",
};

export const encryptInit: EngineFunction<"encryptInit"> = async (context, { mech, key }, options) => ({
  state: beginState(context, ENCRYPT, mech, key, options),
});

export const encrypt: EngineFunction<"encrypt"> = async (context, { state, plain }, options) => {
  const operation = resumeOperation(context, ENCRYPT, "one-shot", state, options);
  return { ciphered: await operation.run("encrypt", plain) };
};

export const encryptUpdate: EngineFunction<"encryptUpdate"> = async (context, { state, plain }, options) => {
  const operation = resumeOperation(context, ENCRYPT, "multi", state, options);
  const { output, runningState } = await operation.runPart("encryptUpdate", plain);
  return { state: operation.sealNext(runningState), ciphered: output };
};

export const encryptFinal: EngineFunction<"encryptFinal"> = async (context, { state }, options) => {
  const operation = resumeOperation(context, ENCRYPT, "multi", state, options);
  return { ciphered: await operation.runPart("encryptFinal") };
};

export const encryptSingle: EngineFunction<"encryptSingle"> = async (context, { mech, key, plain }, options) => {
  const operation = beginOperation(context, ENCRYPT, "single-only", mech, key, options);
  return { ciphered: await operation.run("encrypt", plain) };
};
