/** Concatenates numbers, as 32 bits big-endian, and byte strings. */
export function wire(...parts: readonly (number | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    Buffer.concat(
      parts.map((part) => {
        if (typeof part !== "number") return part;
        const word = Buffer.alloc(4);
        word.writeUInt32BE(part);
        return word;
      }),
    ),
  );
}
