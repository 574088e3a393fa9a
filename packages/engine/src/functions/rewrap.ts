/** RewrapKeyBlob: the same key, sealed under the next master key while a rotation is prepared (behaviour 7). */
import {
  CKR_IBM_WK_NOT_INITIALIZED,
  CkError,
  type KeyBlob,
  type RewrapKeyBlobRequest,
  type RewrapKeyBlobResponse,
} from "@grep11/cryptoki";
import type { Context } from "../context.ts";
import { readableAttributes } from "../objects/describe.ts";
import { envelope, sealAnyKey } from "./envelope.ts";
import { openAnyKey } from "./open-key.ts";

export async function rewrapKeyBlob(
  context: Context,
  { wrappedKey }: RewrapKeyBlobRequest,
): Promise<RewrapKeyBlobResponse> {
  const { key, authentic } = openAnyKey(context, wrappedKey);
  const next = context.keyring.nextCommittedKey();
  if (next === undefined) {
    throw new CkError(CKR_IBM_WK_NOT_INITIALIZED, "no next master key is committed; load and commit one first");
  }
  const sealed = authentic ? sealAnyKey(context, key, next) : key.value;
  const given: KeyBlob | undefined = wrappedKey instanceof Uint8Array ? undefined : wrappedKey;
  const attributes = given !== undefined && given.attributes.size > 0 ? given.attributes : readableAttributes(key);
  const id = given !== undefined && given.keyBlobId.length > 0 ? given.keyBlobId : undefined;
  return { rewrappedKey: envelope(context, sealed, attributes, (given?.version ?? 0) + 1, id) };
}
