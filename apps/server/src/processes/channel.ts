/** Defines the messages between the first process and its workers, which travel over Node's IPC channel. */
import type { ReadyReport } from "../files/ready-file.ts";

/** A sealed keyring and the 32-byte key that opens it. The first process makes a new key when it starts. */
export interface KeyringMessage {
  readonly sealed: Uint8Array;
  readonly key: Uint8Array;
}

/** The data that workers get from the first process. */
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
  /** Asks for {@link Shared}. A worker sends this once it can receive messages. */
  | { readonly kind: "hello" }
  | { readonly kind: "ready"; readonly report: ReadyReport }
  | { readonly kind: "failed"; readonly reason: string };
