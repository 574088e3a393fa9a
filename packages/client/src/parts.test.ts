import { createHash } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate, concatenateAll } from "@grep11/encoding";
import { describe, expect, it } from "vitest";
import { decryptStream, encryptStream } from "./part-streams.ts";
import { decryptParts, digestParts, encryptParts, partsOf, signParts, verifyParts } from "./parts.ts";

const MECH = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
const KEYED = { mech: MECH, key: Uint8Array.of(1) };

/**
 * Returns a fake Ep11 that "encrypts" by adding 1 to every byte. Its state is all data so far, and Final appends 0xff.
 */
function fakeEp11(): { ep11: ck.Ep11; calls: string[] } {
  const calls: string[] = [];
  const add = (bytes: Uint8Array, n: number) => bytes.map((byte) => byte + n);
  const sha = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
  const log = <T>(name: string, answer: T): Promise<T> => {
    calls.push(name);
    return Promise.resolve(answer);
  };
  const end = Uint8Array.of(0xff);
  const methods: Partial<ck.Ep11> = {
    encryptSingle: ({ plain }) => log(`single ${plain.length}`, { ciphered: concatenate(add(plain, 1), end) }),
    encryptInit: () => log("init", { state: new Uint8Array(0) }),
    encryptUpdate: ({ state, plain }) =>
      log(`update ${plain.length}`, { state: concatenate(state, plain), ciphered: add(plain, 1) }),
    encryptFinal: ({ state }) => log(`final ${state.length}`, { ciphered: end }),
    decryptSingle: ({ ciphered }) => log("single", { plain: add(ciphered.subarray(0, -1), -1) }),
    decryptInit: () => log("init", { state: new Uint8Array(0) }),
    decryptUpdate: ({ state, ciphered }) => {
      const held = concatenate(state, ciphered);
      return log("update", { state: held.subarray(-1), plain: add(held.subarray(0, -1), -1) });
    },
    decryptFinal: ({ state }) =>
      state[0] === 0xff
        ? log("final", { plain: new Uint8Array(0) })
        : Promise.reject(new ck.CkError(ck.CKR_DATA_INVALID)),
    digestSingle: ({ data }) => log(`single ${data.length}`, { digest: sha(data) }),
    digestInit: () => log("init", { state: new Uint8Array(0) }),
    digestUpdate: ({ state, data }) => log(`update ${data.length}`, { state: concatenate(state, data) }),
    digestFinal: ({ state }) => log("final", { digest: sha(state) }),
    signSingle: ({ data }) => log("single", { signature: sha(data) }),
    signInit: () => log("init", { state: new Uint8Array(0) }),
    signUpdate: ({ state, data }) => log("update", { state: concatenate(state, data) }),
    signFinal: ({ state }) => log("final", { signature: sha(state) }),
    verifyInit: () => log("init", { state: new Uint8Array(0) }),
    verifyUpdate: () => Promise.reject(new ck.CkError(ck.CKR_MECHANISM_INVALID)),
  };
  return { ep11: methods as ck.Ep11, calls };
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => index % 200);
async function list(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return parts;
}
async function gather(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return concatenateAll(await list(source));
}

describe("partsOf", () => {
  it.each([
    [[], 4, []],
    [[0, 0], 4, []],
    [[3], 4, [3]],
    [[4], 4, [4]],
    [[9], 4, [4, 4, 1]],
    [[1, 1, 1, 1, 1], 2, [2, 2, 1]],
    [[3, 6], 4, [4, 4, 1]],
  ])("splits chunks %j into parts of %i", async (chunks, size, expected) => {
    const whole = bytes(chunks.reduce((sum, chunk) => sum + chunk, 0));
    const ends = chunks.map((_, index) => chunks.slice(0, index + 1).reduce((sum, chunk) => sum + chunk, 0));
    const source = ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
    const parts = await list(partsOf(source, size));
    expect(parts.map((part) => part.length)).toEqual(expected);
    expect(concatenateAll(parts)).toEqual(whole);
  });
});

describe("multi-part operations", () => {
  it("sends data that fits in one part in one call", async () => {
    const { ep11, calls } = fakeEp11();
    expect(await gather(encryptParts(ep11, KEYED, [bytes(4)], { partSize: 4 }))).toEqual(
      Uint8Array.of(1, 2, 3, 4, 255),
    );
    expect(calls).toEqual(["single 4"]);
  });

  it("sends more in parts, one at a time", async () => {
    const { ep11, calls } = fakeEp11();
    const out = await gather(encryptParts(ep11, KEYED, [bytes(6), bytes(3)], { partSize: 4 }));
    expect(out.length).toBe(10);
    expect(calls).toEqual(["init", "update 4", "update 4", "update 1", "final 9"]);
  });

  it("reads no further than its consumer", async () => {
    const { ep11 } = fakeEp11();
    let read = 0;
    let closed = false;
    async function* source() {
      try {
        for (;;) {
          read++;
          yield bytes(4);
        }
      } finally {
        closed = true;
      }
    }
    const out = encryptParts(ep11, KEYED, source(), { partSize: 4 });
    await out.next();
    expect(read).toBeLessThanOrEqual(3);
    await out.return(undefined);
    expect(closed).toBe(true);
  });

  it("decrypts what it encrypted, through streams too", async () => {
    const { ep11 } = fakeEp11();
    const plain = bytes(1000);
    const ciphered = await gather(encryptParts(ep11, KEYED, [plain], { partSize: 64 }));
    expect(await gather(decryptParts(ep11, KEYED, [ciphered], { partSize: 100 }))).toEqual(plain);
    const source = new Blob([plain]).stream();
    const streamed = source
      .pipeThrough(encryptStream(ep11, KEYED, { partSize: 64 }))
      .pipeThrough(decryptStream(ep11, KEYED, { partSize: 10 }));
    expect(await gather(streamed)).toEqual(plain);
  });

  it("passes errors to the reader of a stream and stops its writer", async () => {
    const { ep11 } = fakeEp11();
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes(8)),
      cancel: () => {
        cancelled = true;
      },
    });
    const failing = { ...ep11, encryptUpdate: () => Promise.reject(ck.CkError.dataInvalid("no")) };
    const reading = gather(source.pipeThrough(encryptStream(failing, KEYED, { partSize: 8 })));
    await expect(reading).rejects.toMatchObject({ rv: ck.CKR_DATA_INVALID });
    expect(cancelled).toBe(true);
  });

  it("digests any amount of data, including none", async () => {
    const { ep11, calls } = fakeEp11();
    const mech = { mechanism: ck.CKM_SHA256 };
    const expected = (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest());
    expect(await digestParts(ep11, mech, [])).toEqual(expected(bytes(0)));
    expect(await digestParts(ep11, mech, [bytes(3)])).toEqual(expected(bytes(3)));
    expect(await digestParts(ep11, mech, [bytes(300)], { partSize: 7 })).toEqual(expected(bytes(300)));
    expect(calls.slice(0, 3)).toEqual(["init", "final", "single 3"]);
  });

  it("signs in parts and reports a mechanism that does not support them", async () => {
    const { ep11 } = fakeEp11();
    const single = await signParts(ep11, KEYED, [bytes(100)]);
    expect(await signParts(ep11, KEYED, [bytes(100)], { partSize: 9 })).toEqual(single);
    const verifying = verifyParts(ep11, KEYED, [bytes(100)], single, { partSize: 9 });
    await expect(verifying).rejects.toMatchObject({ rv: ck.CKR_MECHANISM_INVALID });
  });
});
