/**
 * CMAC (NIST SP 800-38B). The state is version (1) ‖ chaining block ‖ pending input. A whole block stays pending until more
 * data follows, because the last block is processed differently.
 */
import type { Mac } from "./mac.ts";

/** CBC mode; the output is as long as the input. */
type CbcEncryption = (iv: Uint8Array, blocks: Uint8Array) => Uint8Array;

const VERSION = 1;
/** The constants Rb of SP 800-38B, 5.3, by block length in bytes. */
const REDUCTION: ReadonlyMap<number, number> = new Map([
  [8, 0x1b],
  [16, 0x87],
]);

/** The blocks of the cipher have 8 or 16 bytes; `encrypt` already contains the key. */
export function cmacWith(blockBytes: number, encrypt: CbcEncryption): Mac {
  const reduction = REDUCTION.get(blockBytes)!;
  const pendingAt = 1 + blockBytes;

  /** Returns K1, or K2 if the last block is not whole (SP 800-38B, 6.1). */
  function subkey(lastIsWhole: boolean): Uint8Array {
    const zeros = new Uint8Array(blockBytes);
    const first = doubled(encrypt(zeros, zeros));
    return lastIsWhole ? first : doubled(first);
  }

  /** Multiplies by x in the field of the cipher's block length. The steps do not depend on the bits. */
  function doubled(block: Uint8Array): Uint8Array {
    const shifted = block.map((byte, index) => (byte << 1) | ((block[index + 1] ?? 0) >> 7));
    shifted[blockBytes - 1]! ^= -(block[0]! >> 7) & reduction;
    return shifted;
  }

  function init(): Uint8Array {
    const state = new Uint8Array(pendingAt);
    state[0] = VERSION;
    return state;
  }

  function update(state: Uint8Array, data: Uint8Array): Uint8Array {
    const pending = state.subarray(pendingAt);
    const available = pending.length + data.length;
    const processed = Math.max(0, Math.ceil(available / blockBytes) - 1) * blockBytes;
    const next = new Uint8Array(pendingAt + available - processed);
    if (processed === 0) {
      next.set(state);
      next.set(data, state.length);
      return next;
    }
    const fromData = processed - pending.length;
    const blocks = new Uint8Array(processed);
    blocks.set(pending);
    blocks.set(data.subarray(0, fromData), pending.length);
    next[0] = VERSION;
    next.set(encrypt(state.subarray(1, pendingAt), blocks).subarray(-blockBytes), 1);
    next.set(data.subarray(fromData), pendingAt);
    return next;
  }

  function final(state: Uint8Array): Uint8Array {
    const pending = state.subarray(pendingAt);
    const whole = pending.length === blockBytes;
    const last = subkey(whole);
    for (const [index, byte] of pending.entries()) last[index]! ^= byte;
    if (!whole) last[pending.length]! ^= 0x80;
    const code = encrypt(state.subarray(1, pendingAt), last);
    last.fill(0);
    return code;
  }

  return {
    bytes: blockBytes,
    compute: (data) => final(update(init(), data)),
    init,
    update,
    final,
    isState: (state) => state[0] === VERSION && state.length >= pendingAt && state.length <= pendingAt + blockBytes,
  };
}
