/**
 * Hashing in parts (FIPS 180-4, FIPS 202) over a state that is plain bytes, in a form that is the same for every backend:
 *
 *     version (1) ‖ hash (1) ‖ bytes so far (8, big-endian) ‖ chaining value ‖ pending input (less than a block)
 *
 * The chaining value is in the byte order of its standard: big-endian words for SHA-1 and SHA-2, little-endian lanes (all
 * 200 bytes) for SHA-3.
 */
import * as ck from "@grep11/cryptoki";

/** Several hashes share a compression function: for example, SHA-224 is SHA-256 with another initial value. */
export type CompressionName = "sha1" | "sha256" | "sha512" | "keccak";

/** Absorbs whole blocks, at least one, and changes `chaining` in place. For Keccak, `blockBytes` is the rate. */
export type Compress = (chaining: Uint8Array, blocks: Uint8Array, blockBytes: number) => void;

export const CHAINING_BYTES = { sha1: 20, sha256: 32, sha512: 64, keccak: 200 } as const satisfies Record<
  CompressionName,
  number
>;

interface HashFunction {
  /** Identifies the hash in a state; numbers are never reused. */
  readonly id: number;
  readonly compression: CompressionName;
  /** The initial chaining value in hex (FIPS 180-4, 5.3). SHA-3 starts from zeros. */
  readonly initial?: string;
}

const FUNCTIONS: Readonly<Record<ck.HashName, HashFunction>> = {
  sha1: { id: 1, compression: "sha1", initial: "67452301efcdab8998badcfe10325476c3d2e1f0" },
  sha224: {
    id: 2,
    compression: "sha256",
    initial: "c1059ed8367cd5073070dd17f70e5939ffc00b316858151164f98fa7befa4fa4",
  },
  sha256: {
    id: 3,
    compression: "sha256",
    initial: "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19",
  },
  sha384: {
    id: 4,
    compression: "sha512",
    initial:
      "cbbb9d5dc1059ed8629a292a367cd5079159015a3070dd17152fecd8f70e5939" +
      "67332667ffc00b318eb44a8768581511db0c2e0d64f98fa747b5481dbefa4fa4",
  },
  sha512: {
    id: 5,
    compression: "sha512",
    initial:
      "6a09e667f3bcc908bb67ae8584caa73b3c6ef372fe94f82ba54ff53a5f1d36f1" +
      "510e527fade682d19b05688c2b3e6c1f1f83d9abfb41bd6b5be0cd19137e2179",
  },
  "sha512-224": {
    id: 6,
    compression: "sha512",
    initial:
      "8c3d37c819544da273e1996689dcd4d61dfab7ae32ff9c82679dd514582f9fcf" +
      "0f6d2b697bd44da877e36f7304c489423f9d85a86a1d36c81112e6ad91d692a1",
  },
  "sha512-256": {
    id: 7,
    compression: "sha512",
    initial:
      "22312194fc2bf72c9f555fa3c84c64c22393b86b6f53b151963877195940eabd" +
      "96283ee2a88effe3be5e1e25538639922b0199fc2c85b8aa0eb72ddc81c52ca2",
  },
  "sha3-224": { id: 8, compression: "keccak" },
  "sha3-256": { id: 9, compression: "keccak" },
  "sha3-384": { id: 10, compression: "keccak" },
  "sha3-512": { id: 11, compression: "keccak" },
};

const NAMES = new Map(Object.entries(FUNCTIONS).map(([name, { id }]) => [id, name as ck.HashName]));
const VERSION = 1;
const COUNT_AT = 2;
const HEADER_BYTES = 10;
/** The longest block of any hash: the rate of SHA3-224. */
const MAX_BLOCK_BYTES = 144;

/** Returns the state before any data. */
export function hashInit(name: ck.HashName): Uint8Array {
  const { id, compression, initial } = FUNCTIONS[name];
  const state = new Uint8Array(HEADER_BYTES + CHAINING_BYTES[compression]);
  state[0] = VERSION;
  state[1] = id;
  if (initial !== undefined) state.set(Buffer.from(initial, "hex"), HEADER_BYTES);
  return state;
}

interface OpenState {
  readonly name: ck.HashName;
  readonly compression: CompressionName;
  readonly blockBytes: number;
  readonly count: number;
  readonly chaining: Uint8Array;
  readonly pending: Uint8Array;
}

/** Returns views of `state`; undefined if it is malformed. */
function openState(state: Uint8Array): OpenState | undefined {
  const name = NAMES.get(state[1] ?? 0);
  if (state[0] !== VERSION || name === undefined || state.length < HEADER_BYTES) return undefined;
  const { compression } = FUNCTIONS[name];
  const { blockBytes } = ck.HASHES[name];
  const count = Number(new DataView(state.buffer, state.byteOffset, state.length).getBigUint64(COUNT_AT));
  const pendingAt = HEADER_BYTES + CHAINING_BYTES[compression];
  if (!Number.isSafeInteger(count) || state.length !== pendingAt + (count % blockBytes)) return undefined;
  const chaining = state.subarray(HEADER_BYTES, pendingAt);
  return { name, compression, blockBytes, count, chaining, pending: state.subarray(pendingAt) };
}

function requireState(state: Uint8Array): OpenState {
  const open = openState(state);
  if (open === undefined) throw new Error("not the state of a hash");
  return open;
}

export function isHashState(state: Uint8Array, name: ck.HashName): boolean {
  return openState(state)?.name === name;
}

/** Returns the state after `data`; `state` is not changed. Throws an Error if it is malformed. */
export function absorb(
  state: Uint8Array,
  data: Uint8Array,
  backend: Readonly<Record<CompressionName, Compress>>,
): Uint8Array {
  const { compression, blockBytes, count, chaining, pending } = requireState(state);
  const pendingAt = HEADER_BYTES + chaining.length;
  const available = pending.length + data.length;
  const rest = available % blockBytes;
  const next = new Uint8Array(pendingAt + rest);
  next.set(state.subarray(0, pendingAt));
  new DataView(next.buffer).setBigUint64(COUNT_AT, BigInt(count + data.length));
  if (available < blockBytes) {
    next.set(pending, pendingAt);
    next.set(data, pendingAt + pending.length);
    return next;
  }
  const compress = backend[compression];
  const nextChaining = next.subarray(HEADER_BYTES, pendingAt);
  let from = 0;
  if (pending.length > 0) {
    from = blockBytes - pending.length;
    const block = new Uint8Array(blockBytes);
    block.set(pending);
    block.set(data.subarray(0, from), pending.length);
    compress(nextChaining, block, blockBytes);
    block.fill(0);
  }
  const to = data.length - rest;
  if (to > from) compress(nextChaining, data.subarray(from, to), blockBytes);
  next.set(data.subarray(to), pendingAt);
  return next;
}

/** Returns the digest of all data so far; `state` is not changed. Throws an Error if it is malformed. */
export function finish(state: Uint8Array, backend: Readonly<Record<CompressionName, Compress>>): Uint8Array {
  const open = requireState(state);
  const { compression, blockBytes } = open;
  const chaining = open.chaining.slice();
  const tail = new Uint8Array(2 * MAX_BLOCK_BYTES);
  tail.set(open.pending);
  const tailBytes = compression === "keccak" ? padSha3(tail, open) : padSha2(tail, open);
  backend[compression](chaining, tail.subarray(0, tailBytes), blockBytes);
  tail.fill(0);
  return chaining.slice(0, ck.HASHES[open.name].bytes);
}

/** Appends a one bit, zeros and the length in bits (FIPS 180-4, 5.1). Returns the padded length in bytes. */
function padSha2(tail: Uint8Array, { blockBytes, count, pending }: OpenState): number {
  const lengthBytes = blockBytes / 8;
  const bytes = pending.length + 1 + lengthBytes <= blockBytes ? blockBytes : 2 * blockBytes;
  tail[pending.length] = 0x80;
  new DataView(tail.buffer).setBigUint64(bytes - 8, BigInt(count) * 8n);
  return bytes;
}

/** Appends the domain bits 01, then 10*1 (FIPS 202, 6.1 and 5.1). Returns the padded length in bytes. */
function padSha3(tail: Uint8Array, { blockBytes, pending }: OpenState): number {
  tail[pending.length] = 0x06;
  tail[blockBytes - 1]! |= 0x80;
  return blockBytes;
}
