import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";
import { beginOperation, beginState, type KeyedFunction, type Operation, resumeOperation } from "./operation.ts";

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

const VERIFY: KeyedFunction = {
  operation: "verify",
  init: "signatureInit",
  flag: ck.CKF_VERIFY,
  usage: ck.CKA_VERIFY,
  side: "public",
};

/** Invalid MACs count as failures. Invalid signatures do not, because anyone who has the public key can check them. */
async function respond(operation: Operation, isValid: () => Promise<boolean>): Promise<Record<string, never>> {
  const verify = async () => {
    if (!(await isValid())) throw ck.CkError.signatureInvalid();
    return {};
  };
  return operation.key.objectClass === ck.CKO_SECRET_KEY ? operation.limited(verify) : verify();
}

export const verifyInit: EngineFunction<"verifyInit"> = async (context, { mech, pubKey }, options) => ({
  state: beginState(context, VERIFY, mech, pubKey, options),
});

export const verify: EngineFunction<"verify"> = async (context, { state, data, signature }, options) => {
  const operation = resumeOperation(context, VERIFY, "one-shot", state, options);
  return respond(operation, () => operation.run("verify", data, signature));
};

export const verifyUpdate: EngineFunction<"verifyUpdate"> = async (context, { state, data }, options) => {
  const operation = resumeOperation(context, VERIFY, "multi", state, options);
  return { state: operation.sealNext(await operation.runPart("signatureUpdate", data)) };
};

export const verifyFinal: EngineFunction<"verifyFinal"> = async (context, { state, signature }, options) => {
  const operation = resumeOperation(context, VERIFY, "multi", state, options);
  return respond(operation, () => operation.runPart("verifyFinal", signature));
};

export const verifySingle: EngineFunction<"verifySingle"> = async (
  context,
  { mech, pubKey, data, signature },
  options,
) => {
  const operation = beginOperation(context, VERIFY, "single-only", mech, pubKey, options);
  return respond(operation, () => operation.run("verify", data, signature));
};
