/** Connects a worker to the first process. */
import { type Keyring, parseKeyring, UnsealKey } from "@grep11/engine";
import type { KeyringSource } from "../keyring/keyring-store.ts";
import type { KeyringMessage, Shared, ToPrimary, ToWorker } from "./channel.ts";

export interface PrimaryLink {
  readonly keyring: KeyringSource;
  readonly iamSecret: Uint8Array | undefined;
  /** Sets the function that is called whenever the first process wants certificates to be read again. */
  onReload(reload: () => void): void;
  send(message: ToPrimary): void;
}

/** Asks the first process for the shared data, and resolves when it has arrived. */
export async function linkToPrimary(): Promise<PrimaryLink> {
  const keyring = new ChannelKeyring();
  let reloadAll: () => void = () => undefined;
  const send = (message: ToPrimary): void => void process.send?.(message);
  const shared = await new Promise<Shared>((resolve) => {
    process.on("message", (message: ToWorker) => {
      if (message.kind === "reload") return reloadAll();
      if (message.kind === "keyring") return keyring.receive(message.keyring);
      keyring.receive(message.shared.keyring);
      resolve(message.shared);
    });
    send({ kind: "hello" });
  });
  return {
    keyring,
    iamSecret: shared.iamSecret,
    onReload: (reload) => {
      reloadAll = reload;
    },
    send,
  };
}

/** The keyring that the first process sent last. */
class ChannelKeyring implements KeyringSource {
  #last: KeyringMessage | undefined;
  readonly #watchers = new Set<() => void>();

  receive(keyring: KeyringMessage): void {
    this.#last = keyring;
    for (const changed of this.#watchers) changed();
  }

  async read(): Promise<Keyring> {
    if (this.#last === undefined) throw new Error("the first process has sent no keyring");
    const { sealed, key } = this.#last;
    return parseKeyring(sealed, await UnsealKey.derive({ kind: "key", bytes: key }, { kind: "key" }));
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }
}
