/**
 * The compression functions in JavaScript (@noble/hashes), for a Node whose OpenSSL cannot be called directly. They use
 * protected members of the package, so its version is pinned.
 */
import { _SHA1 } from "@noble/hashes/legacy.js";
import { _SHA256, _SHA512 } from "@noble/hashes/sha2.js";
import { keccakP } from "@noble/hashes/sha3.js";
import type { Compress, CompressionName } from "./hash-state.ts";

/** Protected members of @noble/hashes. Words are 32-bit numbers, in the order of the standard. */
interface Internals {
  set(...words: readonly number[]): void;
  process(blocks: DataView, offset: number): void;
  get(): readonly number[];
  /** Overwrites the message schedule, as `destroy` does with the chaining value. */
  roundClean(): void;
  destroy(): void;
}

function compressor(create: () => object): Compress {
  return (chaining, blocks, blockBytes) => {
    const hash = create() as Internals;
    const state = viewOf(chaining);
    hash.set(...Array.from({ length: chaining.length / 4 }, (_, word) => state.getUint32(4 * word)));
    const input = viewOf(blocks);
    for (let offset = 0; offset < blocks.length; offset += blockBytes) hash.process(input, offset);
    for (const [word, value] of hash.get().entries()) state.setInt32(4 * word, value);
    hash.roundClean();
    hash.destroy();
  };
}

/** Keccak's lanes are little-endian and consist of two words each. */
const keccak: Compress = (chaining, blocks, blockBytes) => {
  const state = viewOf(chaining);
  const words = Uint32Array.from({ length: chaining.length / 4 }, (_, word) => state.getUint32(4 * word, true));
  const input = viewOf(blocks);
  for (let offset = 0; offset < blocks.length; offset += blockBytes) {
    for (let word = 0; word < blockBytes / 4; word++) words[word]! ^= input.getUint32(offset + 4 * word, true);
    keccakP(words);
  }
  for (const [word, value] of words.entries()) state.setUint32(4 * word, value, true);
  words.fill(0);
};

export const portableCompression: Readonly<Record<CompressionName, Compress>> = {
  sha1: compressor(() => new _SHA1()),
  sha256: compressor(() => new _SHA256()),
  sha512: compressor(() => new _SHA512()),
  keccak,
};

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
