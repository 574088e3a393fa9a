/**
 * The running state of operations that hash their data in parts. It is the unmodified state of the hash
 * (primitives/hash/hash-state.ts).
 */
import * as ck from "@grep11/cryptoki";
import { isHashState } from "../../primitives/hash/hash.ts";
import type { RunningState } from "../family.ts";

/** Returns `runningState`. Throws CKR_SAVED_STATE_INVALID unless it is a state of the hash `name`. */
export function requireHashState(runningState: RunningState, name: ck.HashName): RunningState {
  if (!isHashState(runningState, name)) throw ck.CkError.savedStateInvalid();
  return runningState;
}
