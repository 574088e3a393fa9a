/** Reports the mechanism and the keys of a call to a caller that asks for it (CallOptions.report). */
import { equalBytes } from "@grep11/encoding";
import { wkidOf } from "../blobs/g11b.ts";
import type { OperationState } from "../blobs/state-blob.ts";
import type { Context } from "../context.ts";
import type { Key } from "../objects/key.ts";

/** Reports a key that the call has opened or sealed. `wkid` names the master key; a public key without a MAC has none. */
export function reportKey({ report }: Context, { uid }: Key, wkid: Uint8Array | undefined): void {
  if (report === undefined) return;
  // Some calls open a key and seal it again; it is reported once.
  const isKnown = report.keys.some((used) => equalBytes(used.uid, uid) && String(used.wkid) === String(wkid));
  if (!isKnown) report.keys.push({ uid: uid.slice(), wkid: wkid?.slice() });
}

/** Reports an operation whose state was opened from `sealed`. */
export function reportState(context: Context, sealed: Uint8Array, { mechanism, key }: OperationState): void {
  if (context.report === undefined) return;
  context.report.mechanisms.push(mechanism);
  if (key !== undefined) reportKey(context, key, wkidOf(sealed));
}
