/**
 * Tests that no function of any mechanism blocks the event loop for more than 5 ms, with any kind of key. Slow calls are
 * repeated. A busy machine, the JIT compiler and the garbage collector delay a call only occasionally, whereas the call's own
 * work takes time in every repetition.
 */

import { template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as contract from "../../src/index.ts";
import { having, named } from "../support/flow-checks.ts";

const ROUNDS = 10;
/** Lengths of data in KiB. Some are above the lengths from which work is moved to a worker thread, and some are below. */
const LONG_INPUTS = [16, 240, 1024];
const SECRET = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: 32 });

describe("the event loop", () => {
  let target: contract.Target;
  let keys: contract.KeyFixtures;
  beforeAll(async () => {
    target = await contract.openTarget("engine");
    keys = new contract.KeyFixtures(target.ep11);
  });
  afterAll(() => target.close());

  /** Calls `work` several times and returns the functions that were too slow every time. */
  async function slowIn(work: (ep11: contract.Target["ep11"]) => Promise<unknown>): Promise<string[]> {
    let slow: Set<string> | undefined;
    for (let round = 0; round < ROUNDS && slow?.size !== 0; round++) {
      const found = new Set<string>();
      const meter = contract.loopMeter(({ name, first, active }) => {
        if (first > contract.LOOP_LIMIT || active > contract.LOOP_LIMIT) found.add(name);
      });
      await work(ck.instrument(target.ep11, meter));
      slow = slow === undefined ? found : new Set([...slow].filter((name) => found.has(name)));
    }
    return [...slow!];
  }

  it.each(named(contract.EXPECTATIONS.filter(({ offByDefault }) => !offByDefault)))(
    "is not blocked by %s",
    async (_, row) => {
      const kinds = row.keys.length > 0 ? row.keys.map((kind) => [kind]) : [[]];
      for (const kind of kinds) {
        for (const each of kind) await keys.key(each);
        expect(await slowIn((ep11) => contract.exercise(ep11, keys, { ...row, keys: kind })), kind[0]).toEqual([]);
      }
    },
  );

  /** Runs `work`. Ignores its error if data of this length is not allowed. */
  const ifAccepted = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ck.CkError)) throw error;
    }
  };

  describe.each(LONG_INPUTS)("is not blocked by %i KiB for", (kib) => {
    const data = new Uint8Array(kib * 1024);

    it.each(having(ck.CKF_DIGEST))("%s", async (_, row) => {
      expect(await slowIn((ep11) => ep11.digestSingle({ mech: contract.mechanismOf(row), data }))).toEqual([]);
    });

    it.each(having(ck.CKF_ENCRYPT))("%s", async (_, row) => {
      const { publicKey, privateKey } = await keys.key(row.keys.at(-1)!);
      const crypt = async (ep11: ck.Ep11): Promise<void> => {
        const ciphered = await contract.encryption(ep11, contract.mechanismOf(row), publicKey).single(data);
        await contract.decryption(ep11, contract.mechanismOf(row), privateKey).single(ciphered);
      };
      expect(await slowIn((ep11) => ifAccepted(() => crypt(ep11)))).toEqual([]);
    });

    it.each(having(ck.CKF_VERIFY))("%s", async (_, row) => {
      const { publicKey, privateKey } = await keys.key(row.keys[0]!);
      const sign = async (ep11: ck.Ep11): Promise<void> => {
        const signature = await contract.signing(ep11, contract.mechanismOf(row), privateKey).single(data);
        await contract.verification(ep11, contract.mechanismOf(row), publicKey, signature).single(data);
      };
      expect(await slowIn((ep11) => ifAccepted(() => sign(ep11)))).toEqual([]);
    });

    it.each(having(ck.CKF_UNWRAP).filter(([, row]) => row.keys.length > 0))("UnwrapKey with %s", async (_, row) => {
      const { privateKey } = await keys.key(row.keys.at(-1)!);
      const request = { mech: contract.mechanismOf(row), kek: privateKey, wrapped: data, template: SECRET };
      expect(await slowIn((ep11) => ifAccepted(() => ep11.unwrapKey(request)))).toEqual([]);
    });
  });
});
