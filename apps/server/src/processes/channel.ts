/**
 * Defines the messages between the first process and its workers, which use the IPC channel of parent and child. The keyring is
 * sent sealed under a key that exists only as long as the first process.
 */
import type { ReadyReport } from "../files/ready-file.ts";

/** A sealed keyring and the 32-byte key that opens it. */
export interface KeyringMessage {
  readonly sealed: Uint8Array;
  readonly key: Uint8Array;
}

/** Data that only the first process has, and that every worker needs. */
export interface Shared {
  readonly keyring: KeyringMessage;
  /** The MAC key of the fake IAM's tokens; absent if there is no fake IAM. */
  readonly iamSecret?: Uint8Array;
}

export type ToWorker =
  | { readonly kind: "shared"; readonly shared: Shared }
  | { readonly kind: "keyring"; readonly keyring: KeyringMessage }
  | { readonly kind: "reload" };

export type ToPrimary =
  /** Sent when the worker listens to messages: asks for {@link Shared}. */
  | { readonly kind: "hello" }
  | { readonly kind: "ready"; readonly report: ReadyReport }
  | { readonly kind: "failed"; readonly reason: string };
