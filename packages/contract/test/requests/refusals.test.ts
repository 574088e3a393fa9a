/**
 * Tests that every mechanism refuses flows and functions that it does not support, wrong keys, missing rights, and invalid
 * parameters.
 */
import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import * as contract from "../../src/index.ts";
import { having, messageOf, named } from "../support/flow-checks.ts";
import { onEveryTarget, type Subject } from "../support/on-every-target.ts";

/** Returns the multi-part operations of a mechanism, each with data to process. */
async function operationsOf(
  { target: { ep11 }, keys }: Subject,
  row: contract.MechanismExpectation,
): Promise<[contract.Operation, Uint8Array, contract.Shape][]> {
  const mech = contract.mechanismOf(row);
  const data = messageOf(row);
  if (contract.offers(row, ck.CKF_DIGEST)) return [[contract.digestion(ep11, mech), data, row.shape]];
  const { publicKey, privateKey } = await keys.key(row.keys[0]!);
  const operations: [contract.Operation, Uint8Array, contract.Shape][] = [];
  if (contract.offers(row, ck.CKF_ENCRYPT)) {
    const ciphered = await contract.encryption(ep11, mech, publicKey).single(data);
    operations.push([contract.encryption(ep11, mech, publicKey), data, row.shape]);
    operations.push([contract.decryption(ep11, mech, privateKey), ciphered, row.decryptShape]);
  }
  if (contract.offers(row, ck.CKF_SIGN)) {
    const signature = await contract.signing(ep11, mech, privateKey).single(data);
    operations.push([contract.signing(ep11, mech, privateKey), data, row.shape]);
    operations.push([contract.verification(ep11, mech, publicKey, signature), data, row.shape]);
  }
  return operations;
}

/** A function that takes a key, with its Single call, and its Init call if the mechanism supports that. */
interface KeyedCall {
  readonly usage: number;
  readonly side: keyof contract.KeyPair;
  readonly begin: readonly ((key: Uint8Array) => Promise<unknown>)[];
}

/** Returns all functions of `row` that take a key. */
function keyedCalls(ep11: ck.Ep11, row: contract.MechanismExpectation, mech = contract.mechanismOf(row)): KeyedCall[] {
  const data = messageOf(row);
  const functions = [
    [ck.CKF_ENCRYPT, ck.CKA_ENCRYPT, "publicKey", contract.encryption],
    [ck.CKF_DECRYPT, ck.CKA_DECRYPT, "privateKey", contract.decryption],
    [ck.CKF_SIGN, ck.CKA_SIGN, "privateKey", contract.signing],
    [ck.CKF_VERIFY, ck.CKA_VERIFY, "publicKey", contract.verification],
  ] as const;
  return functions
    .filter(([flag]) => contract.offers(row, flag))
    .map(([, usage, side, operation]) => {
      const single = (key: Uint8Array) => operation(ep11, mech, key, data).single(data);
      const init = (key: Uint8Array) => operation(ep11, mech, key, data).init();
      return { usage, side, begin: row.shape === "single-only" ? [single] : [init, single] };
    });
}

/** Returns a key of a type that `row` does not accept: a key pair for a mechanism of secret keys, and a secret key otherwise. */
function wrongKey({ keys }: Subject, row: contract.MechanismExpectation): Promise<contract.KeyPair> {
  return keys.key(contract.SAMPLE_KEYS[row.keys[0]!].kind === "pair" ? "AES-256" : "P-256");
}

onEveryTarget("refusals", (subject) => {
  it.each(having(ck.CKF_DIGEST | ck.CKF_ENCRYPT | ck.CKF_VERIFY))("%s refuses unsupported flows", async (_, row) => {
    for (const [operation, data, shape] of await operationsOf(subject, row)) {
      const illegal = contract.FLOWS.filter((flow) => !contract.flowsOf(shape).includes(flow));
      for (const flow of illegal) await expect(flow.run(operation, data)).toThrowRv(ck.CKR_MECHANISM_INVALID);
      if (shape !== "one-shot") continue;
      const state = await operation.init();
      await expect(operation.update(state, data)).toThrowRv(ck.CKR_MECHANISM_INVALID);
      await expect(operation.final(state)).toThrowRv(ck.CKR_MECHANISM_INVALID);
      // A refused call does not affect the state.
      await operation.once(state, data);
    }
  });

  describe.each(having(ck.CKF_ENCRYPT | ck.CKF_VERIFY))("%s", (_, row) => {
    it("refuses keys of another type", async () => {
      const other = await wrongKey(subject, row);
      for (const { begin, side } of keyedCalls(subject.target.ep11, row)) {
        for (const call of begin) await expect(call(other[side])).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      }
    });

    it("refuses keys without the right", async () => {
      const pair = await subject.keys.key(row.keys[0]!);
      for (const { begin, side, usage } of keyedCalls(subject.target.ep11, row)) {
        // Anyone may encrypt and verify with a public key, so a public key needs no right for that.
        if (side === "publicKey" && pair.publicKey !== pair.privateKey) continue;
        const key = await subject.keys.without(pair[side], usage);
        for (const call of begin) await expect(call(key)).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
      }
    });

    it("refuses the other half of a pair", async () => {
      const { publicKey, privateKey } = await subject.keys.key(row.keys[0]!);
      if (publicKey === privateKey) return;
      for (const { begin, side } of keyedCalls(subject.target.ep11, row)) {
        const other = side === "publicKey" ? privateKey : publicKey;
        for (const call of begin) await expect(call(other)).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
      }
    });

    it("refuses parameters of other mechanisms", async () => {
      const pair = await subject.keys.key(row.keys[0]!);
      const wrong = Uint8Array.of(1, 2, 3);
      const bad = row.parameter === undefined || row.parameterOptional ? [wrong] : [undefined, wrong];
      for (const parameter of bad) {
        const mech = { mechanism: row.mechanism, ...(parameter && { parameter }) };
        for (const { begin, side } of keyedCalls(subject.target.ep11, row, mech)) {
          for (const call of begin) await expect(call(pair[side])).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
        }
      }
    });
  });

  it.each(named(contract.EXPECTATIONS))("%s refuses functions that it does not have", async (_, row) => {
    const { privateKey } = await subject.keys.key("AES-256");
    for (const [name, flag, call] of contract.FUNCTION_CALLS) {
      if (contract.offers(row, flag)) continue;
      const refused = call(subject.target.ep11, contract.mechanismOf(row), privateKey);
      await expect(refused, name).toThrowRv(ck.CKR_MECHANISM_INVALID);
    }
  });

  it("derives nothing with CKM_GENERIC_SECRET_KEY_GEN, for which cards report CKF_DERIVE", async () => {
    const { privateKey } = await subject.keys.key("generic-32");
    const mech = { mechanism: ck.CKM_GENERIC_SECRET_KEY_GEN };
    const derived = subject.target.ep11.deriveKey({ mech, baseKey: privateKey, template: new Map() });
    await expect(derived).toThrowRv(ck.CKR_MECHANISM_INVALID);
  });

  it("refuses an unknown mechanism in every function", async () => {
    const { privateKey } = await subject.keys.key("AES-256");
    for (const [name, , call] of contract.FUNCTION_CALLS) {
      const refused = call(subject.target.ep11, { mechanism: 0x80017777 }, privateKey);
      await expect(refused, name).toThrowRv(ck.CKR_MECHANISM_INVALID);
    }
  });
});
