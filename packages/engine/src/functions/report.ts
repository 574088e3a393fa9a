/** Reports the mechanism and the keys of a call to a caller that asks for it (CallOptions.report). */
import { equalBytes } from "@grep11/encoding";
import { wkidOf } from "../blobs/g11b.ts";
import type { OperationState } from "../blobs/state-blob.ts";
import type { Context } from "../context.ts";
import type { Key } from "../objects/key.ts";

/** The call has opened or sealed `key` under the master key `wkid`, which is undefined for a public key without a MAC. */
export function reportKey({ report }: Context, { uid }: Key, wkid: Uint8Array | undefined): void {
  if (report === undefined) return;
  // Some calls open and seal the same key.
  const isKnown = report.keys.some((used) => equalBytes(used.uid, uid) && String(used.wkid) === String(wkid));
  if (!isKnown) report.keys.push({ uid: uid.slice(), wkid: wkid?.slice() });
}

/** The state of the operation was opened from `sealed`. */
export function reportState(context: Context, sealed: Uint8Array, { mechanism, key }: OperationState): void {
  if (context.report === undefined) return;
  context.report.mechanisms.push(mechanism);
  if (key !== undefined) reportKey(context, key, wkidOf(sealed));
}
