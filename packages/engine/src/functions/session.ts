/** Login and Logout. The HSM keeps no session: a login session is a value that PIN, store and master key determine. */
import {
  CKR_PIN_LEN_RANGE,
  CkError,
  type LoginRequest,
  type LoginResponse,
  type LogoutResponse,
  XCP_CPB_ALLOW_LOGIN_PRE_F2021,
} from "@grep11/cryptoki";
import { createPinBlob } from "../blobs/pin-blob.ts";
import type { Context } from "../context.ts";

const MIN_PIN_BYTES = 8;
const MAX_PIN_BYTES = 16;

export async function login(context: Context, { storeid, pin }: LoginRequest): Promise<LoginResponse> {
  const masterKey = context.keyring.sealingKey();
  if (!context.policy.allows(XCP_CPB_ALLOW_LOGIN_PRE_F2021)) {
    throw CkError.functionCanceled("the policy allows no login by PIN alone");
  }
  if (pin.length < MIN_PIN_BYTES || pin.length > MAX_PIN_BYTES) {
    throw new CkError(CKR_PIN_LEN_RANGE, `a PIN has ${MIN_PIN_BYTES} to ${MAX_PIN_BYTES} bytes`);
  }
  return { pinblob: createPinBlob(masterKey, pin, storeid) };
}

export async function logout(): Promise<LogoutResponse> {
  return {};
}
