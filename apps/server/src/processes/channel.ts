/**
 * Messages between the first process and its workers, over the IPC channel of parent and child. The keyring is sent
 * sealed under a key that exists as long as the first process.
 */
import type { ReadyReport } from "../files/ready-file.ts";

/** A sealed keyring and the 32-byte key that opens it. */
export interface KeyringMessage {
  readonly sealed: Uint8Array;
  readonly key: Uint8Array;
}

/** What every worker needs that only the first process has. */
export interface Shared {
  readonly keyring: KeyringMessage;
  /** MAC key of the fake IAM's tokens; absent without a fake IAM. */
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
