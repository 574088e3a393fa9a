import * as ck from "@grep11/cryptoki";

/** Returns the CK_RV that `work` throws. */
export function rvOf(work: () => unknown): number {
  try {
    work();
  } catch (error) {
    if (error instanceof ck.CkError) return error.rv;
    throw error;
  }
  throw new Error("nothing was thrown");
}
