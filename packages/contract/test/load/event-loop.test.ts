/**
 * No function of any mechanism blocks the event loop for more than 5 ms, with any kind of key. Slow calls are repeated: a busy
 * machine, the JIT compiler and the garbage collector delay a call occasionally, its own work every time.
 */

import { template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decryption,
  EXPECTATIONS,
  encryption,
  exercise,
  KeyFixtures,
  LOOP_LIMIT,
  loopMeter,
  mechanismOf,
  openTarget,
  signing,
  type Target,
  verification,
} from "../../src/index.ts";
import { having, named } from "../support/flow-checks.ts";

const ROUNDS = 10;
/** Data lengths in KiB, below and above the sizes at which work moves to a thread. */
const LONG_INPUTS = [16, 240, 1024];
const SECRET = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: 32 });

describe("the event loop", () => {
  let target: Target;
  let keys: KeyFixtures;
  beforeAll(async () => {
    target = await openTarget("engine");
    keys = new KeyFixtures(target.ep11);
  });
  afterAll(() => target.close());

  /** The functions that were too slow in every round of `work`. */
  async function slowIn(work: (ep11: Target["ep11"]) => Promise<unknown>): Promise<string[]> {
    let slow: Set<string> | undefined;
    for (let round = 0; round < ROUNDS && slow?.size !== 0; round++) {
      const found = new Set<string>();
      const meter = loopMeter(({ name, first, active }) => {
        if (first > LOOP_LIMIT || active > LOOP_LIMIT) found.add(name);
      });
      await work(ck.instrument(target.ep11, meter));
      slow = slow === undefined ? found : new Set([...slow].filter((name) => found.has(name)));
    }
    return [...slow!];
  }

  it.each(named(EXPECTATIONS.filter(({ offByDefault }) => !offByDefault)))("is not blocked by %s", async (_, row) => {
    const kinds = row.keys.length > 0 ? row.keys.map((kind) => [kind]) : [[]];
    for (const kind of kinds) {
      for (const each of kind) await keys.key(each);
      expect(await slowIn((ep11) => exercise(ep11, keys, { ...row, keys: kind })), kind[0]).toEqual([]);
    }
  });

  /** Ignores refusals of data of this length. */
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
      expect(await slowIn((ep11) => ep11.digestSingle({ mech: mechanismOf(row), data }))).toEqual([]);
    });

    it.each(having(ck.CKF_ENCRYPT))("%s", async (_, row) => {
      const { publicKey, privateKey } = await keys.key(row.keys.at(-1)!);
      const crypt = async (ep11: ck.Ep11): Promise<void> => {
        const ciphered = await encryption(ep11, mechanismOf(row), publicKey).single(data);
        await decryption(ep11, mechanismOf(row), privateKey).single(ciphered);
      };
      expect(await slowIn((ep11) => ifAccepted(() => crypt(ep11)))).toEqual([]);
    });

    it.each(having(ck.CKF_VERIFY))("%s", async (_, row) => {
      const { publicKey, privateKey } = await keys.key(row.keys[0]!);
      const sign = async (ep11: ck.Ep11): Promise<void> => {
        const signature = await signing(ep11, mechanismOf(row), privateKey).single(data);
        await verification(ep11, mechanismOf(row), publicKey, signature).single(data);
      };
      expect(await slowIn((ep11) => ifAccepted(() => sign(ep11)))).toEqual([]);
    });

    it.each(having(ck.CKF_UNWRAP).filter(([, row]) => row.keys.length > 0))("UnwrapKey with %s", async (_, row) => {
      const { privateKey } = await keys.key(row.keys.at(-1)!);
      const request = { mech: mechanismOf(row), kek: privateKey, wrapped: data, template: SECRET };
      expect(await slowIn((ep11) => ifAccepted(() => ep11.unwrapKey(request)))).toEqual([]);
    });
  });
});
