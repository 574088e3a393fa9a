/** The digest mechanisms: CKM_SHA_1, CKM_SHA*, CKM_SHA3_* and IBM's numbers for them (FIPS 180-4, FIPS 202). */
import { CkError } from "@grep11/cryptoki";
import { hash, hashFinal, hashInit, hashUpdate, isHashState } from "../primitives/hash.ts";
import type { HashName } from "../primitives/hash-name.ts";
import type { Family, Progress } from "./family.ts";

/** The digest `name`; the data may be empty. A progress of something else: CKR_SAVED_STATE_INVALID. */
export function digest(name: HashName): Family<undefined> {
  function requireState(progress: Progress): Progress {
    if (!isHashState(progress, name)) throw CkError.savedStateInvalid();
    return progress;
  }

  return {
    digest: (data) => hash(name, data),
    digestInit: () => hashInit(name),
    digestUpdate: (progress, data) => hashUpdate(requireState(progress), data),
    digestFinal: (progress) => hashFinal(requireState(progress)),
  };
}
