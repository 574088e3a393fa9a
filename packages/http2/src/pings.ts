/** Sends PING frames and processes their acknowledgements (RFC 9113, section 6.7). */
import { FrameType, uint32 } from "./frame.ts";
import type { Sender } from "./sender.ts";

export const PING_BYTES = 8;

/** Remembers the pings that have not been acknowledged. Acknowledgements must arrive in order. */
export class Pings {
  readonly #sender: Sender;
  readonly #waiting: (() => void)[] = [];
  #sent = 0;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  send(onAck: () => void): void {
    const payload = new Uint8Array(PING_BYTES);
    this.#sent += 1;
    new DataView(payload.buffer).setUint32(4, this.#sent);
    this.#waiting.push(onAck);
    this.#sender.frame(FrameType.PING, 0, 0, payload);
  }

  /** Processes an acknowledgement. Returns false if we did not send that PING. */
  acknowledged(payload: Uint8Array): boolean {
    const oldest = this.#sent - this.#waiting.length + 1;
    const onAck = this.#waiting[0];
    if (onAck === undefined || uint32(payload, 0) !== 0 || uint32(payload, 4) !== oldest) return false;
    this.#waiting.shift();
    onAck();
    return true;
  }
}
