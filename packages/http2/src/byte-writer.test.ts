import { describe, expect, test } from "vitest";
import { bytes } from "../test/frames.ts";
import { Random } from "../test/random.ts";
import { ByteWriter } from "./byte-writer.ts";

describe("writers share a buffer", () => {
  test("and each has its own bytes, in order, which never change", () => {
    const random = new Random(1);
    const writers = Array.from({ length: 5 }, () => ({
      writer: new ByteWriter(),
      expected: [] as number[],
      taken: [] as Uint8Array[],
    }));
    for (let step = 0; step < 1500; step++) {
      const { writer, expected, taken } = random.of(writers);
      const source = Uint8Array.from({ length: random.of([0, 1, 10, 63, 64, 65, 500, 5000, 20_000]) }, () =>
        random.below(256),
      );
      switch (random.below(step % 10 === 0 ? 6 : 3)) {
        case 0:
          writer.uint32(step);
          expected.push(0, 0, step >> 8, step & 0xff);
          break;
        case 1:
          writer.frameHead(step, 1, 2, 3);
          expected.push(0, step >> 8, step & 0xff, 1, 2, 0, 0, 0, 3);
          break;
        case 2:
          taken.push(...writer.take());
          expect(writer.length).toBe(0);
          break;
        case 3:
          writer.bytes(source);
          expected.push(...source);
          break;
        default: {
          const start = random.below(source.length + 1);
          writer.copy(source, start);
          expected.push(...source.subarray(start));
          source.fill(0);
        }
      }
    }
    for (const { writer, expected, taken } of writers) {
      const rest = writer.length;
      const last = writer.take();
      expect(bytes(...last)).toHaveLength(rest);
      expect(bytes(...taken, ...last)).toEqual(Uint8Array.from(expected));
    }
  });

  test("and large bytes are not copied", () => {
    const writer = new ByteWriter();
    const large = new Uint8Array(5000);
    writer.uint16(1);
    writer.bytes(large);
    writer.uint16(2);
    expect(writer.length).toBe(5004);
    expect(writer.take()[1]).toBe(large);
    expect(writer.take()).toEqual([]);
  });
});
