/**
 * The compression functions in WebAssembly (hash-wasm), for Node builds whose OpenSSL cannot be reached. hash-wasm saves and
 * loads whole contexts; only the chaining value inside a context is ours, the rest comes from a context without input.
 */
import { createSHA1, createSHA3, createSHA256, createSHA512, type IHasher } from "hash-wasm";
import { CHAINING_BYTES, type Compress, type CompressionName } from "./hash-state.ts";
import { swapWords } from "./word-order.ts";

/** Where a saved context holds the Keccak rate (its last 32-bit word, little-endian). */
const RATE_FROM_END = 4;

/** `chainingAt` is the offset of the chaining value in a saved context; `swap` the width of its words in bytes. */
function compressor(hasher: IHasher, chainingAt: number, chainingBytes: number, swap?: 4 | 8): Compress {
  hasher.init();
  const empty = Uint8Array.from(hasher.save());
  const chainingEnd = chainingAt + chainingBytes;
  return (chaining, blocks, blockBytes) => {
    const context = empty.slice();
    context.set(chaining, chainingAt);
    if (swap === undefined) new DataView(context.buffer).setUint32(context.length - RATE_FROM_END, blockBytes, true);
    else swapWords(context.subarray(chainingAt, chainingEnd), swap);
    hasher.load(context);
    context.fill(0);
    hasher.update(blocks);
    const after = hasher.save();
    chaining.set(after.subarray(chainingAt, chainingEnd));
    after.fill(0);
    if (swap !== undefined) swapWords(chaining, swap);
    hasher.init();
  };
}

const [sha1, sha256, sha512, sha3] = await Promise.all([createSHA1(), createSHA256(), createSHA512(), createSHA3(256)]);

/** WebAssembly is little-endian on every machine, so big-endian words are swapped and Keccak's lanes are not. */
export const portableCompression: Readonly<Record<CompressionName, Compress>> = {
  sha1: compressor(sha1, 4, CHAINING_BYTES.sha1, 4),
  sha256: compressor(sha256, 76, CHAINING_BYTES.sha256, 4),
  sha512: compressor(sha512, 140, CHAINING_BYTES.sha512, 8),
  keccak: compressor(sha3, 4, CHAINING_BYTES.keccak),
};
