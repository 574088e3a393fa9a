/** Tests that the suite uses every mechanism that a target lists, with every function that the target reports for it. */
import * as ck from "@grep11/cryptoki";
import { expect, it } from "vitest";
import { EXPECTATIONS, exercise, FUNCTION_FLAGS } from "../../src/index.ts";
import { named } from "../support/flow-checks.ts";
import { onEveryTarget } from "../support/on-every-target.ts";

const FUNCTIONS = FUNCTION_FLAGS.reduce((flags, flag) => flags | flag, 0);

onEveryTarget("coverage", (subject) => {
  it("has an expectation for every listed mechanism", async () => {
    const { mechs } = await subject.target.ep11.getMechanismList({});
    const known = EXPECTATIONS.map(({ mechanism }) => mechanism);
    expect(mechs.filter((mechanism) => !known.includes(mechanism)).map(ck.ckmName)).toEqual([]);
  });

  it.each(named(EXPECTATIONS.filter(({ offByDefault }) => !offByDefault)))(
    "%s supports every function that it reports",
    async (_, row) => {
      const { ep11 } = subject.target;
      const reported = (await ep11.getMechanismInfo({ mech: row.mechanism })).mechInfo.flags & FUNCTIONS;
      const used = await exercise(ep11, subject.keys, row);
      const isGenericSecret = row.mechanism === ck.CKM_GENERIC_SECRET_KEY_GEN;
      expect(used).toBe(isGenericSecret ? ck.CKF_GENERATE : reported);
    },
  );
});
