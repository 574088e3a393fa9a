/** Seals a key under the next master key while a rotation is prepared (docs/reference/wire.md#rotation). */
import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";
import { readableAttributes } from "../objects/describe.ts";
import { nextEnvelope, sealInEnvelope } from "./envelope.ts";
import { openAnyKey } from "./open-key.ts";

export const rewrapKeyBlob: EngineFunction<"rewrapKeyBlob"> = async (context, { wrappedKey }) => {
  const { key, authentic } = openAnyKey(context, wrappedKey);
  const next = context.keyring.nextCommittedKey();
  if (next === undefined) {
    throw new ck.CkError(ck.CKR_IBM_WK_NOT_INITIALIZED, "no next master key is committed; load and commit one first");
  }
  const former = wrappedKey instanceof Uint8Array ? undefined : wrappedKey;
  const rewrappedKey = authentic
    ? sealInEnvelope(context, key, next, former)
    : nextEnvelope(context, key.value.slice(), readableAttributes(key), former);
  return { rewrappedKey };
};
