/**
 * Tests that states can be used twice. The tests fork every multi-part operation before every part and before its end, run both
 * branches concurrently, and compare each branch with a single call over the same data. A fork must be equivalent to a second
 * Init with the same parameter: no mechanism chooses its own initialisation vector, and each branch draws a new signature nonce
 * at the end.
 */
import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import * as contract from "../../src/index.ts";
import { having } from "../support/flow-checks.ts";
import { onEveryTarget, type Subject, sample } from "../support/on-every-target.ts";

const MESSAGE = sample(48);
/** The parts of the message. Some end inside a block and some at a block boundary. */
const PARTS = contract.cut(MESSAGE, [1, 15, 17, 15]);
const BLOCK = 16;
const NOTHING = new Uint8Array(0);
/** Splits `data` into parts of `size` bytes, the last of which can be shorter. Empty data has no parts. */
const inPartsOf = (size: number, data: Uint8Array) =>
  Array.from({ length: Math.ceil(data.length / size) }, (_, at) => data.subarray(size * at, size * at + size));
const join = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** Two branches from one state: one continues with the original message, the other with different data of the same length. */
interface Fork {
  readonly original: Uint8Array;
  readonly other: Uint8Array;
  /** The whole messages of the two branches. */
  readonly messages: readonly [Uint8Array, Uint8Array];
}

/** Runs `operation` over `parts` and forks it before each of them and before Final. */
async function forkEverywhere(
  operation: contract.Operation,
  parts: readonly Uint8Array[],
  otherEnd: (at: number, length: number) => Uint8Array,
): Promise<Fork[]> {
  const forks: Fork[] = [];
  const whole = join(...parts);
  let state = await operation.init();
  let output = NOTHING;
  for (let next = 0; next <= parts.length; next++) {
    const at = join(...parts.slice(0, next)).length;
    const rest = parts.slice(next);
    const end = otherEnd(at, whole.length - at);
    const branch = { ...operation, init: async () => state };
    const [original, other] = await Promise.all([
      contract.runParts(branch, rest),
      contract.runParts(branch, inPartsOf(7, end)),
    ]);
    const messages = [whole, join(whole.subarray(0, at), end)] as const;
    forks.push({ original: join(output, original), other: join(output, other), messages });
    if (next === parts.length) break;
    const step = await operation.update(state, parts[next]!);
    state = step.state;
    output = join(output, step.output);
  }
  return forks;
}

const another = (at: number, length: number) => sample(length, 77 + at);

/** Asserts that each branch has the same output as a single call with its message. */
async function expectBranches(operation: contract.Operation, forks: readonly Fork[]): Promise<void> {
  for (const { original, other, messages } of forks) {
    expect(original).toEqual(await operation.single(messages[0]));
    expect(other).toEqual(messages[1].length > 0 ? await operation.single(messages[1]) : NOTHING);
  }
}

async function operationOf({ target, keys }: Subject, row: contract.MechanismExpectation) {
  const pair = await keys.key(row.keys[0]!);
  return { ep11: target.ep11, mech: contract.mechanismOf(row), ...pair };
}

const inParts = (flag: number) =>
  having(flag).filter(([, row]) => (flag === ck.CKF_DECRYPT ? row.decryptShape : row.shape) === "multi");

onEveryTarget(
  "forks",
  (subject) => {
    it.each(inParts(ck.CKF_DIGEST))("%s digests both branches", async (_, row) => {
      const operation = contract.digestion(subject.target.ep11, contract.mechanismOf(row));
      await expectBranches(operation, await forkEverywhere(operation, PARTS, another));
    });

    it.each(inParts(ck.CKF_ENCRYPT))("%s encrypts both branches", async (_, row) => {
      const { ep11, mech, publicKey } = await operationOf(subject, row);
      const operation = contract.encryption(ep11, mech, publicKey);
      await expectBranches(operation, await forkEverywhere(operation, PARTS, another));
    });

    it.each(inParts(ck.CKF_DECRYPT))("%s decrypts both branches", async (_, row) => {
      const { ep11, mech, publicKey, privateKey } = await operationOf(subject, row);
      const encrypt = (plain: Uint8Array) => contract.encryption(ep11, mech, publicKey).single(plain);
      const operation = contract.decryption(ep11, mech, privateKey);
      const ciphered = await encrypt(MESSAGE);
      const blocks = inPartsOf(BLOCK, ciphered);
      // Ciphertexts begin with the same data if their plaintexts do. So only the part after the fork is kept.
      const ends = new Map<number, Uint8Array>();
      for (let at = 0; at <= MESSAGE.length; at += BLOCK) {
        const plain = join(MESSAGE.subarray(0, at), another(at, MESSAGE.length - at));
        ends.set(at, (await encrypt(plain)).subarray(at));
      }
      const endAt = (at: number) => ends.get(at) ?? NOTHING;
      await expectBranches(operation, await forkEverywhere(operation, blocks, endAt));
    });

    describe.each(inParts(ck.CKF_VERIFY))("%s", (_, row) => {
      it("signs both branches, with a new nonce for each", async () => {
        const { ep11, mech, publicKey, privateKey } = await operationOf(subject, row);
        const operation = contract.signing(ep11, mech, privateKey);
        const forks = await forkEverywhere(operation, PARTS, another);
        if (!row.randomised) return expectBranches(operation, forks);
        const signatures = forks.flatMap(({ original, other }) => [original, other]);
        for (const { original, other, messages } of forks) {
          await contract.verification(ep11, mech, publicKey, original).single(messages[0]);
          await contract.verification(ep11, mech, publicKey, other).single(messages[1]);
        }
        const nonces = signatures.map((signature) =>
          Buffer.from(signature.subarray(0, signature.length / 2)).toString("hex"),
        );
        expect(new Set(nonces).size).toBe(signatures.length);
      });

      it("verifies only the branch with the right data", async () => {
        const { ep11, mech, publicKey, privateKey } = await operationOf(subject, row);
        const signature = await contract.signing(ep11, mech, privateKey).single(MESSAGE);
        const operation = contract.verification(ep11, mech, publicKey, signature);
        let state = await operation.init();
        for (const [index, part] of PARTS.entries()) {
          const branch = { ...operation, init: async () => state };
          const rest = PARTS.slice(index);
          const wrong = contract.runParts(branch, [another(index, join(...rest).length)]);
          await expect(wrong).toThrowRv(ck.CKR_SIGNATURE_INVALID);
          await contract.runParts(branch, rest);
          state = (await operation.update(state, part)).state;
        }
        await operation.final(state);
        await operation.final(state);
      });
    });

    it.each([
      ["CKM_AES_CTR", ck.CKM_AES_CTR, "AES-256", Uint8Array.of(0, 0, 0, 4, ...new Uint8Array(16).fill(0xf7)), BLOCK, 9],
      [
        "CKM_CHACHA20",
        ck.CKM_CHACHA20,
        "ChaCha20",
        Uint8Array.of(0, 0, 0, 32, 0, 0, 0, 96, 0xfe, 0xff, 0xff, 0xff, ...new Uint8Array(12)),
        64,
        2,
      ],
    ] as const)("%s stops before its keystream would repeat", async (_, number, kind, parameter, block, blocks) => {
      const { privateKey: key } = await subject.keys.key(kind);
      const mech = { mechanism: number, parameter };
      const operation = contract.encryption(subject.target.ep11, mech, key);
      const zeros = new Uint8Array(block * blocks);
      const keystream = await operation.single(zeros);
      const seen = inPartsOf(block, keystream).map((part) => Buffer.from(part).toString("hex"));
      expect(new Set(seen).size).toBe(blocks);
      expect(await contract.runParts(operation, contract.cut(zeros, [5, block]))).toEqual(keystream);
      const beyond = new Uint8Array(block * blocks + 1);
      await expect(operation.single(beyond)).toThrowRv(ck.CKR_DATA_LEN_RANGE);
      await expect(contract.runParts(operation, contract.cut(beyond, [zeros.length]))).toThrowRv(ck.CKR_DATA_LEN_RANGE);
    });
  },
  { only: ["engine", "two"] },
);
