/**
 * Decodes the Huffman code of HPACK (RFC 7541, section 5.2 and appendix B). The code is canonical, so the lengths of
 * the codes determine all codes. There is no encoder, because strings may also be sent without the Huffman code, which
 * takes less time.
 */
import { compressionError } from "../errors.ts";

/** The length in bits of each byte value's code. The last element is for EOS, the end of the string. */
const CODE_LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];
const EOS = 256;
const LONGEST_CODE = 30;

/**
 * The transitions of the decoder, which reads four bits at a time. A state is an inner node of the code's tree. Entry
 * `state * 16 + bits` contains the next state in its low bits and, above them, the decoded byte if there is one. The
 * shortest code has five bits, so a transition decodes at most one byte.
 */
const TRANSITIONS = new Uint32Array(256 * 16);
/**
 * For each state, 1 if the input may end in it. After the last symbol, at most seven bits of padding may follow, and
 * all of them must be ones (section 5.2).
 */
const MAY_END = new Uint8Array(256);
const EMITS = 0x100;
const SYMBOL_SHIFT = 16;
const FAILS = 0x200;
const STATE = 0xff;

buildTransitions();

/**
 * Decodes `bytes` from `start` to `end` into `target`, and returns how many bytes were written. `target` must have at
 * least 8/5 of the input's length. Throws ConnectionError COMPRESSION_ERROR if the input contains EOS or the padding is
 * invalid.
 */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const next = TRANSITIONS[state * 16 + ((byte >> shift) & 15)]!;
      if ((next & (EMITS | FAILS)) !== 0) {
        if ((next & FAILS) !== 0) throw compressionError("EOS in a Huffman-coded string");
        target[length++] = next >> SYMBOL_SHIFT;
      }
      state = next & STATE;
    }
  }
  if (MAY_END[state] === 0) throw compressionError("wrong padding of a Huffman-coded string");
  return length;
}

function buildTransitions(): void {
  const tree = buildTree();
  for (let state = 0; state < tree.length; state++) {
    for (let bits = 0; bits < 16; bits++) {
      let node = state;
      let flags = 0;
      for (let bit = 3; bit >= 0; bit--) {
        const child = tree[node]![(bits >> bit) & 1]!;
        if (child >= 0) {
          node = child;
          continue;
        }
        const symbol = -1 - child;
        flags = symbol === EOS ? FAILS : EMITS | (symbol << SYMBOL_SHIFT);
        node = 0;
        if (symbol === EOS) break;
      }
      TRANSITIONS[state * 16 + bits] = flags | node;
    }
  }
  for (let node = 0, depth = 0; depth < 8; depth++) {
    MAY_END[node] = 1;
    node = tree[node]![1]!;
  }
}

/**
 * Returns the code as a binary tree, whose root is node 0. Each child is either the number of an inner node, or `-1 -
 * symbol` for a leaf.
 */
function buildTree(): [number, number][] {
  const tree: [number, number][] = [[0, 0]];
  let code = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    code <<= 1;
    for (let symbol = 0; symbol <= EOS; symbol++) {
      if (CODE_LENGTHS[symbol] !== length) continue;
      addCode(tree, code, length, symbol);
      code++;
    }
  }
  return tree;
}

function addCode(tree: [number, number][], code: number, length: number, symbol: number): void {
  let node = 0;
  for (let bit = length - 1; bit > 0; bit--) {
    const side = ((code >> bit) & 1) as 0 | 1;
    if (tree[node]![side] === 0) tree[node]![side] = tree.push([0, 0]) - 1;
    node = tree[node]![side];
  }
  tree[node]![(code & 1) as 0 | 1] = -1 - symbol;
}
