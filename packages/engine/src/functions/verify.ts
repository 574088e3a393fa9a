/** VerifyInit, Verify, VerifyUpdate, VerifyFinal, VerifySingle. A MAC is verified with the secret key that made it. */
import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";
import { beginOperation, beginState, type KeyedFunction, type Operation, resumeOperation } from "./operation.ts";

/** What verification requires of the mechanism and the key. */
const VERIFY: KeyedFunction = {
  operation: "verify",
  init: "signatureInit",
  flag: ck.CKF_VERIFY,
  usage: ck.CKA_VERIFY,
  side: "public",
};

/**
 * Returns the empty response for a valid signature; throws CKR_SIGNATURE_INVALID otherwise. Invalid MACs count as failures.
 * Invalid signatures do not, because anyone who has the public key can check them.
 */
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
