/** The worker's end of the channel: what it is given when it starts, and what changes later. */
import { type Keyring, parseKeyring, UnsealKey } from "@grep11/engine";
import type { KeyringSource } from "../keyring/keyring-source.ts";
import type { KeyringMessage, Shared, ToPrimary, ToWorker } from "./channel.ts";

/** A worker's link to the first process. */
export interface PrimaryLink {
  readonly keyring: KeyringSource;
  readonly iamSecret: Uint8Array | undefined;
  /** Calls `reload` whenever the first process wants certificates read again. */
  onReload(reload: () => void): void;
  tell(message: ToPrimary): void;
}

/** Asks the first process for what it shares; resolves when that is here. */
export async function linkToPrimary(): Promise<PrimaryLink> {
  const keyring = new ChannelKeyring();
  let reloadAll: () => void = () => undefined;
  const tell = (message: ToPrimary): void => void process.send?.(message);
  const shared = await new Promise<Shared>((resolve) => {
    process.on("message", (message: ToWorker) => {
      if (message.kind === "reload") return reloadAll();
      if (message.kind === "keyring") return keyring.receive(message.keyring);
      keyring.receive(message.shared.keyring);
      resolve(message.shared);
    });
    tell({ kind: "hello" });
  });
  return {
    keyring,
    iamSecret: shared.iamSecret,
    onReload: (reload) => {
      reloadAll = reload;
    },
    tell,
  };
}

/** The keyring as the first process sent it last. */
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
