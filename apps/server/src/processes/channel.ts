/**
 * What passes between the first process and its workers, over the channel the operating system gives parent and child. The
 * keyring travels in its sealed form under a key that lives as long as the first process.
 */
import type { ReadyReport } from "../files/ready-file.ts";

/** A keyring on its way: the sealed file and the 32-byte key that opens it. */
export interface KeyringMessage {
  readonly sealed: Uint8Array;
  readonly key: Uint8Array;
}

/** What every worker needs that only the first process has. */
export interface Shared {
  readonly keyring: KeyringMessage;
  /** Keys the tokens of the IAM double; absent without one. */
  readonly iamSecret?: Uint8Array;
}

export type ToWorker =
  | { readonly kind: "shared"; readonly shared: Shared }
  | { readonly kind: "keyring"; readonly keyring: KeyringMessage }
  | { readonly kind: "reload" };

export type ToPrimary =
  /** Asks for {@link Shared}: the worker listens now. */
  | { readonly kind: "hello" }
  | { readonly kind: "ready"; readonly report: ReadyReport }
  | { readonly kind: "failed"; readonly reason: string };
