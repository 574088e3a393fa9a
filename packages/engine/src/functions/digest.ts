import * as ck from "@grep11/cryptoki";
import { openState } from "../blobs/state-blob.ts";
import type { Context, EngineFunction } from "../context.ts";
import { leavesUnderAnyKek } from "../objects/booleans.ts";
import { type Key, NO_KEY } from "../objects/key.ts";
import { requireAllowedUse } from "../objects/policy/policy-rules.ts";
import { MIN_HIDDEN_BYTES } from "../objects/strength.ts";
import { openAnyKey, requireMasterKey } from "./open-key.ts";
import { Operation, ResumedOperation, sealFirstState } from "./operation.ts";
import { reportState } from "./report.ts";

const NO_PARAMETER = new Uint8Array(0);

/**
 * Throws CKR_KEY_INDIGESTIBLE unless the key may leave under any KEK. The digest of a key can be as useful as the key: HMAC
 * replaces a long key by its digest, and derivation by hash makes keys from digests.
 */
function requireDigestible({ objectClass, booleans, value }: Key): void {
  const hidden = value.length >= MIN_HIDDEN_BYTES;
  if (objectClass === ck.CKO_SECRET_KEY && hidden && leavesUnderAnyKek(booleans)) return;
  throw new ck.CkError(ck.CKR_KEY_INDIGESTIBLE, "only secret keys of 112 bits or more that may leave under any KEK");
}

/** EP11 refuses empty data in a call, although an operation in parts may end without any part. */
function requireData(data: Uint8Array): void {
  if (data.length === 0) throw ck.CkError.argumentsBad("there is no data to digest");
}

function beginDigest(context: Context, mech: ck.Mechanism, options: ck.CallOptions | undefined): Operation {
  const row = context.mechanisms.resolve(mech.mechanism, ck.CKF_DIGEST);
  return new Operation(context, row, NO_KEY, row.read(mech.parameter), options);
}

function resumeDigest(context: Context, sealed: Uint8Array, options: ck.CallOptions | undefined): ResumedOperation {
  const state = openState(context.keyring, sealed, "digest", context.now());
  reportState(context, sealed, state);
  const row = context.mechanisms.resolve(state.mechanism, ck.CKF_DIGEST);
  return new ResumedOperation(context, row, undefined, options, state, "digestInit");
}

export const digestInit: EngineFunction<"digestInit"> = async (context, { mech }, options) => {
  requireMasterKey(context);
  beginDigest(context, mech, options);
  return { state: sealFirstState(context, "digest", mech.mechanism, NO_PARAMETER, undefined) };
};

export const digest: EngineFunction<"digest"> = async (context, { state, data }, options) => {
  const operation = resumeDigest(context, state, options);
  operation.requireNoParts();
  requireData(data);
  return { digest: await operation.run("digest", data) };
};

export const digestUpdate: EngineFunction<"digestUpdate"> = async (context, { state, data }, options) => {
  const operation = resumeDigest(context, state, options);
  requireData(data);
  return { state: operation.sealNext(await operation.runPart("digestUpdate", data)) };
};

export const digestKey: EngineFunction<"digestKey"> = async (context, { state, key: argument }, options) => {
  const { key } = openAnyKey(context, argument);
  const operation = resumeDigest(context, state, options);
  requireAllowedUse(context.policy, key);
  requireDigestible(key);
  return { state: operation.sealNext(await operation.runPart("digestUpdate", key.value)) };
};

export const digestFinal: EngineFunction<"digestFinal"> = async (context, { state }, options) => ({
  digest: await resumeDigest(context, state, options).runPart("digestFinal"),
});

export const digestSingle: EngineFunction<"digestSingle"> = async (context, { mech, data }, options) => {
  const operation = beginDigest(context, mech, options);
  requireData(data);
  return { digest: await operation.run("digest", data) };
};
