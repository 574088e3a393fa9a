/** Returns `data` split into parts of these lengths. */
export function cut(data: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let offset = 0;
  return lengths.map((length) => {
    const piece = data.subarray(offset, offset + length);
    offset += length;
    return piece;
  });
}

/** Returns every split of `data` into two parts, including empty ones, and the split into single bytes. */
export function everyCut(data: Uint8Array): Uint8Array[][] {
  const inTwo = Array.from({ length: data.length + 1 }, (_, first) => cut(data, [first, data.length - first]));
  return [...inTwo, cut(data, new Array<number>(data.length).fill(1))];
}
