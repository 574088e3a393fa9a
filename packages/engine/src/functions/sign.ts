/** SignInit, Sign, SignUpdate, SignFinal, SignSingle. */
import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";
import { beginOperation, beginState, type KeyedFunction, resumeOperation } from "./operation.ts";

/** What signing requires of the mechanism and the key. */
const SIGN: KeyedFunction = {
  operation: "sign",
  init: "signatureInit",
  flag: ck.CKF_SIGN,
  usage: ck.CKA_SIGN,
  side: "private",
};

export const signInit: EngineFunction<"signInit"> = async (context, { mech, privKey }, options) => ({
  state: beginState(context, SIGN, mech, privKey, options),
});

export const sign: EngineFunction<"sign"> = async (context, { state, data }, options) => {
  const operation = resumeOperation(context, SIGN, "one-shot", state, options);
  return { signature: await operation.run("sign", data) };
};

export const signUpdate: EngineFunction<"signUpdate"> = async (context, { state, data }, options) => {
  const operation = resumeOperation(context, SIGN, "multi", state, options);
  return { state: operation.sealNext(await operation.runPart("signatureUpdate", data)) };
};

export const signFinal: EngineFunction<"signFinal"> = async (context, { state }, options) => {
  const operation = resumeOperation(context, SIGN, "multi", state, options);
  return { signature: await operation.runPart("signFinal") };
};

export const signSingle: EngineFunction<"signSingle"> = async (context, { mech, privKey, data }, options) => {
  const operation = beginOperation(context, SIGN, "single-only", mech, privKey, options);
  return { signature: await operation.run("sign", data) };
};
