/** Asserts that all flows of digests, ciphers and signatures give the same result. */
import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import * as contract from "../../src/index.ts";
import { flipBit, type Subject, sample } from "./on-every-target.ts";

/** Returns mechanisms with their names, for describe.each. */
export const named = (rows: readonly contract.MechanismExpectation[]) =>
  rows.map((row) => [ck.ckmName(row.mechanism), row] as const);

/** Returns the mechanisms that the default policy allows and that offer the function of `flag`, such as CKF_SIGN. */
export const having = (flag: number) =>
  named(contract.EXPECTATIONS.filter((row) => contract.offers(row, flag) && !row.offByDefault));

/**
 * Returns whether the target is the engine itself. Calls are much slower through a codec or a network, so all other targets are
 * tested with only one kind of key and two messages.
 */
export const isDirect = ({ name }: Subject) => name === "engine";
/** The length in bytes of the longest message that is sent byte by byte to a target that is not the engine itself. */
const MAX_REMOTE_BYTES = 64;

/** Returns the kinds of keys to test on this target. */
export function kindsOf(subject: Subject, row: contract.MechanismExpectation): readonly contract.SampleKey[] {
  return isDirect(subject) ? row.keys : row.keys.slice(0, 1);
}

function messagesOf(subject: Subject, row: contract.MechanismExpectation): Uint8Array[] {
  if (isDirect(subject)) return row.data.map((length) => sample(length));
  const longest = row.data.findLast((length) => length <= MAX_REMOTE_BYTES) ?? row.data.at(-1);
  return row.data.filter((length) => length === 0 || length === longest).map((length) => sample(length));
}

/** Returns a message that is not empty. */
export const messageOf = (row: contract.MechanismExpectation): Uint8Array => sample(row.data.at(-1)!);

/** Returns the flows that `row` supports for `data`. */
function allowedFlows(
  row: contract.MechanismExpectation,
  data: Uint8Array,
  shape = row.shape,
): readonly contract.Flow[] {
  const flows = contract.flowsOf(shape, !contract.offers(row, ck.CKF_DIGEST));
  return data.length > 0 ? flows : flows.filter((flow) => !flow.name.startsWith("byte"));
}

/** Asserts that all flows give the same output as Single, and returns it. */
async function expectSameResult(
  row: contract.MechanismExpectation,
  operation: contract.Operation,
  data: Uint8Array,
  shape = row.shape,
): Promise<Uint8Array> {
  const expected = await operation.single(data);
  for (const flow of allowedFlows(row, data, shape)) {
    expect(await flow.run(operation, data), `${flow.name}, ${data.length} bytes`).toEqual(expected);
  }
  return expected;
}

/** Asserts that every flow gives the same digest. */
export async function expectDigests(subject: Subject, row: contract.MechanismExpectation): Promise<void> {
  for (const data of messagesOf(subject, row)) {
    await expectSameResult(row, contract.digestion(subject.target.ep11, contract.mechanismOf(row)), data);
  }
}

/**
 * Asserts that every flow encrypts to the same ciphertext, unless the mechanism is randomised, and that every flow decrypts it.
 */
export async function expectCiphers(
  subject: Subject,
  row: contract.MechanismExpectation,
  pair: contract.KeyPair,
): Promise<void> {
  const { ep11 } = subject.target;
  const encrypting = contract.encryption(ep11, contract.mechanismOf(row), pair.publicKey);
  const decrypting = contract.decryption(ep11, contract.mechanismOf(row), pair.privateKey);
  const deterministic = pair.publicKey === pair.privateKey;
  for (const plain of messagesOf(subject, row)) {
    const ciphered = deterministic ? await expectSameResult(row, encrypting, plain) : await encrypting.single(plain);
    expect(await expectSameResult(row, decrypting, ciphered, row.decryptShape)).toEqual(plain);
    if (deterministic) continue;
    for (const flow of allowedFlows(row, plain)) {
      expect(await decrypting.single(await flow.run(encrypting, plain))).toEqual(plain);
    }
  }
}

/** Asserts that every flow gives the same signature, unless the mechanism is randomised, and that every flow verifies it. */
export async function expectSignatures(
  subject: Subject,
  row: contract.MechanismExpectation,
  pair: contract.KeyPair,
): Promise<void> {
  const { ep11 } = subject.target;
  const mech = contract.mechanismOf(row);
  const signer = contract.signing(ep11, mech, pair.privateKey);
  for (const data of messagesOf(subject, row)) {
    const signature = row.randomised ? await signer.single(data) : await expectSameResult(row, signer, data);
    await expectSameResult(row, contract.verification(ep11, mech, pair.publicKey, signature), data);
    if (!row.randomised) continue;
    for (const flow of allowedFlows(row, data)) {
      await contract.verification(ep11, mech, pair.publicKey, await flow.run(signer, data)).single(data);
    }
  }
}

/** The flows for checks that do not depend on how the data is split. */
const SHORT_FLOWS: ReadonlySet<string> = new Set(["Single", "Init and one call", "Init, one Update, Final"]);

/**
 * Asserts that wrong signatures are refused with CKR_SIGNATURE_INVALID, or with CKR_SIGNATURE_LEN_RANGE if their length is wrong.
 */
export async function expectBadSignatures(
  subject: Subject,
  row: contract.MechanismExpectation,
  pair: contract.KeyPair,
): Promise<void> {
  const { ep11 } = subject.target;
  const mech = contract.mechanismOf(row);
  const data = messageOf(row);
  const signature = await contract.signing(ep11, mech, pair.privateKey).single(data);
  for (const flow of allowedFlows(row, data).filter(({ name }) => SHORT_FLOWS.has(name))) {
    const verify = (altered: Uint8Array, message = data) =>
      flow.run(contract.verification(ep11, mech, pair.publicKey, altered), message);
    await expect(verify(flipBit(signature, 8 * signature.length - 1))).toThrowRv(ck.CKR_SIGNATURE_INVALID);
    await expect(verify(signature, flipBit(data, 3))).toThrowRv(ck.CKR_SIGNATURE_INVALID);
    await expect(verify(signature.subarray(1))).toThrowRv(ck.CKR_SIGNATURE_LEN_RANGE);
    await expect(verify(Uint8Array.of(...signature, 0))).toThrowRv(ck.CKR_SIGNATURE_LEN_RANGE);
    await expect(verify(new Uint8Array(0))).toThrowRv(ck.CKR_SIGNATURE_LEN_RANGE);
  }
}
