import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";
import { beginOperation, beginState, type KeyedFunction, resumeOperation } from "./operation.ts";

const ENCRYPT: KeyedFunction = {
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

/** The number of failed decryptions is limited, because a failure reveals something about the plaintext. */
const DECRYPT: KeyedFunction = {
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

/** Whether the error would reveal something about the plaintext. */
function isAboutData(error: unknown): boolean {
  return error instanceof ck.CkError && (error.rv === ck.CKR_DATA_LEN_RANGE || error.rv === ck.CKR_DATA_INVALID);
}

export const reencryptSingle: EngineFunction<"reencryptSingle"> = async (
  context,
  { decMech, decKey, encMech, encKey, ciphered },
  options,
) => {
  const from = beginOperation(context, DECRYPT, "single-only", decMech, decKey, options);
  const to = beginOperation(context, ENCRYPT, "single-only", encMech, encKey, options);
  return from.limited(async () => {
    const plain = await from.run("decrypt", ciphered);
    try {
      return { reciphered: await to.run("encrypt", plain) };
    } catch (error) {
      throw isAboutData(error) ? ck.CkError.encryptedDataInvalid() : error;
    } finally {
      plain.fill(0);
    }
  });
};
