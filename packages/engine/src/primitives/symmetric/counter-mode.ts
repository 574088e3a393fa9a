/** AES in counter mode (NIST SP 800-38A, 6.5). */
import { concatenate, fromBigInt, toBigInt } from "@grep11/encoding";
import { xorKeystream } from "./keystream.ts";

const BLOCK_BYTES = 16;

/** The last `counterBits` bits (1 to 128) are a counter that wraps around; the other bits are constant. */
export interface CounterBlock {
  readonly block: Uint8Array;
  readonly counterBits: number;
}

/** Returns the length of the keystream in bytes until the counter wraps around. */
export function bytesBeforeWrap({ block, counterBits }: CounterBlock): bigint {
  const modulus = 1n << BigInt(counterBits);
  return (modulus - (toBigInt(block) % modulus)) * BigInt(BLOCK_BYTES);
}

/** Returns `data` XOR the keystream from byte `offset` on. */
export function aesCtr(key: Uint8Array, counter: CounterBlock, offset: number, data: Uint8Array): Uint8Array {
  const start = advanced(counter, Math.floor(offset / BLOCK_BYTES));
  const skipped = offset % BLOCK_BYTES;
  // OpenSSL counts with all 128 bits, so the data is split where a shorter counter wraps around.
  const available = bytesBeforeWrap(start) - BigInt(skipped);
  if (BigInt(data.length) > available) {
    const before = Number(available);
    const head = aesCtr(key, counter, offset, data.subarray(0, before));
    return concatenate(head, aesCtr(key, counter, offset + before, data.subarray(before)));
  }
  return xorKeystream(`aes-${key.length * 8}-ctr`, key, start.block, skipped, data);
}

function advanced({ block, counterBits }: CounterBlock, blocks: number): CounterBlock {
  const modulus = 1n << BigInt(counterBits);
  const first = toBigInt(block);
  const fixed = first - (first % modulus);
  return { block: fromBigInt(fixed + ((first + BigInt(blocks)) % modulus), BLOCK_BYTES), counterBits };
}
