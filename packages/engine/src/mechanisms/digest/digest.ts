/** The digest mechanisms (FIPS 180-4, FIPS 202). */
import * as ck from "@grep11/cryptoki";
import { hash, hashFinal, hashInit, hashUpdate } from "../../primitives/hash/hash.ts";
import { FAST_INLINE_BYTES, type Family } from "../family.ts";
import { hashRows, requireHashState } from "../hash-rows.ts";
import { type MechanismRow, row } from "../row.ts";

/** Throws CKR_SAVED_STATE_INVALID for a running state of another mechanism. */
export function digest(name: ck.HashName): Family<undefined> {
  return {
    ...(!name.startsWith("sha3-") && { inlineBytes: FAST_INLINE_BYTES }),
    digest: (_key, _parameter, data) => hash(name, data),
    digestInit: () => hashInit(name),
    digestUpdate: (_key, _parameter, runningState, data) => hashUpdate(requireHashState(runningState, name), data),
    digestFinal: (_key, _parameter, runningState) => hashFinal(requireHashState(runningState, name)),
  };
}

export const rows: readonly MechanismRow[] = hashRows("digest", (mechanism, hash) =>
  row(mechanism, { flags: ck.CKF_DIGEST, shape: "multi", family: digest(hash) }),
);
