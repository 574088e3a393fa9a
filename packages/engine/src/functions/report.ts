/** What the engine reports about a call to a caller that asks for it (CallOptions.report): its mechanism and its keys. */
import { equalBytes } from "@grep11/encoding";
import { wkidOf } from "../blobs/g11b.ts";
import type { OperationState } from "../blobs/state-blob.ts";
import type { Context } from "../context.ts";
import type { Key } from "../objects/key.ts";

/**
 * Reports `key`, which the call has opened or sealed under the master key `wkid`; `wkid` is undefined for a public key
 * without a MAC.
 */
export function reportKey({ report }: Context, { uid }: Key, wkid: Uint8Array | undefined): void {
  if (report === undefined) return;
  // SetAttributeValue, for example, opens and seals the same key.
  const isKnown = report.keys.some((used) => equalBytes(used.uid, uid) && String(used.wkid) === String(wkid));
  if (!isKnown) report.keys.push({ uid: uid.slice(), wkid: wkid?.slice() });
}

/** Reports the mechanism and the key of an operation whose state was opened from `sealed`. */
export function reportState(context: Context, sealed: Uint8Array, { mechanism, key }: OperationState): void {
  if (context.report === undefined) return;
  context.report.mechanisms.push(mechanism);
  if (key !== undefined) reportKey(context, key, wkidOf(sealed));
}
