/** The progress of operations that hash their data in parts: the bare state of the hash (primitives/hash-state.ts). */
import * as ck from "@grep11/cryptoki";
import { isHashState } from "../../primitives/hash/hash.ts";
import type { HashName } from "../../primitives/hash/hash-name.ts";
import type { Progress } from "../family.ts";

/** `progress` itself; throws CKR_SAVED_STATE_INVALID unless it is a state of the hash `name`. */
export function requireHashState(progress: Progress, name: HashName): Progress {
  if (!isHashState(progress, name)) throw ck.CkError.savedStateInvalid();
  return progress;
}
