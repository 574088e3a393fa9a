/**
 * No function of any mechanism keeps the event loop for 5 ms, with any kind of key. What takes longer is tried again, up to
 * a limit: a busy machine, the compiler and the garbage collector delay a call now and then, the work itself every time.
 */

import { CKF_DIGEST, CKF_ENCRYPT, CKF_VERIFY } from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  encryption,
  exercise,
  KeyWorkshop,
  LOOP_LIMIT,
  MECHANISM_FACTS,
  measured,
  mechanismOf,
  openTarget,
  signing,
  type Target,
} from "../src/index.ts";
import { having, named } from "./agreement.ts";

const ROUNDS = 6;
const MEBIBYTE = new Uint8Array(1 << 20);

describe("the event loop", () => {
  let target: Target;
  let keys: KeyWorkshop;
  beforeAll(async () => {
    target = await openTarget("engine");
    keys = new KeyWorkshop(target.ep11);
  });
  afterAll(() => target.close());

  /** The functions that took too long in every round of `work`. */
  async function slowIn(work: (ep11: Target["ep11"]) => Promise<unknown>): Promise<string[]> {
    let slow: Set<string> | undefined;
    for (let round = 0; round < ROUNDS && slow?.size !== 0; round++) {
      const found = new Set<string>();
      await work(
        measured(target.ep11, ({ name, first, active }) => {
          if (first > LOOP_LIMIT || active > LOOP_LIMIT) found.add(name);
        }),
      );
      slow = slow === undefined ? found : new Set([...slow].filter((name) => found.has(name)));
    }
    return [...slow!];
  }

  it.each(named(MECHANISM_FACTS.filter(({ offByDefault }) => !offByDefault)))("is left free by %s", async (_, row) => {
    const kinds = row.keys.length > 0 ? row.keys.map((kind) => [kind]) : [[]];
    for (const kind of kinds) {
      for (const each of kind) await keys.key(each);
      expect(await slowIn((ep11) => exercise(ep11, keys, { ...row, keys: kind })), kind[0]).toEqual([]);
    }
  });

  it.each(having(CKF_DIGEST))("is left free by a megabyte for %s", async (_, row) => {
    expect(await slowIn((ep11) => ep11.digestSingle({ mech: mechanismOf(row), data: MEBIBYTE }))).toEqual([]);
  });

  it.each(having(CKF_ENCRYPT).filter(([, row]) => row.shape === "multi"))(
    "is left free by a megabyte for %s",
    async (_, row) => {
      const { publicKey } = await keys.key(row.keys[0]!);
      expect(await slowIn((ep11) => encryption(ep11, mechanismOf(row), publicKey).single(MEBIBYTE))).toEqual([]);
    },
  );

  it.each(having(CKF_VERIFY).filter(([, row]) => row.shape === "multi"))(
    "is left free by a megabyte for %s",
    async (_, row) => {
      const { privateKey } = await keys.key(row.keys[0]!);
      expect(await slowIn((ep11) => signing(ep11, mechanismOf(row), privateKey).single(MEBIBYTE))).toEqual([]);
    },
  );
});
