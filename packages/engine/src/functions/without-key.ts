import * as ck from "@grep11/cryptoki";
import { createPinBlob } from "../blobs/pin-blob.ts";
import type { EngineFunction } from "../context.ts";

export const getMechanismList: EngineFunction<"getMechanismList"> = async (context) => ({
  mechs: context.mechanisms.list(),
});

export const getMechanismInfo: EngineFunction<"getMechanismInfo"> = async (context, { mech }) => ({
  mechInfo: context.mechanisms.info(mech),
});

/** IBM documents this maximum number of bytes for one call. */
const MAX_RANDOM_BYTES = 1_000_000;

export const generateRandom: EngineFunction<"generateRandom"> = async (context, { len }) => {
  if (!Number.isInteger(len) || len < 1 || len > MAX_RANDOM_BYTES) {
    throw ck.CkError.argumentsBad(`len: expected an integer from 1 to ${MAX_RANDOM_BYTES}`);
  }
  return { rnd: context.random(len) };
};

const MIN_PIN_BYTES = 8;
const MAX_PIN_BYTES = 16;

export const login: EngineFunction<"login"> = async (context, { storeid, pin }) => {
  const masterKey = context.keyring.sealingKey();
  if (!context.policy.allows(ck.XCP_CPB_ALLOW_LOGIN_PRE_F2021)) {
    throw ck.CkError.functionCanceled("the policy does not allow login by PIN alone");
  }
  if (pin.length < MIN_PIN_BYTES || pin.length > MAX_PIN_BYTES) {
    throw new ck.CkError(ck.CKR_PIN_LEN_RANGE, `a PIN has ${MIN_PIN_BYTES} to ${MAX_PIN_BYTES} bytes`);
  }
  return { pinblob: createPinBlob(masterKey, pin, storeid) };
};

export const logout: EngineFunction<"logout"> = async () => ({});
