/** Tests mechanisms whose parameter selects the kind of signature, and signatures that an operator has to enable first. */
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { createPolicy, HPCS_POLICY } from "@grep11/engine";
import { describe, it } from "vitest";
import { EXPECTATIONS, type SampleKey } from "../../src/index.ts";
import { expectBadSignatures, expectCiphers, expectSignatures, having, named } from "../support/flow-checks.ts";
import { onEveryTarget } from "../support/on-every-target.ts";

const [[, ECDSA_OTHER]] = having(ck.CKF_VERIFY).filter(([name]) => name === "CKM_IBM_ECDSA_OTHER") as [
  ReturnType<typeof having>[number],
];

const VARIANTS: readonly (readonly [string, ck.Mechanism, readonly SampleKey[], boolean])[] = [
  ["EC-SDSA", mechanism.ecSdsa(), ["P-256", "brainpoolP256t1"], true],
  ["Zilliqa's", mechanism.zilliqaSchnorr(), ["secp256k1", "P-256"], true],
  ["BLS", mechanism.bls(), ["BLS12-381"], false],
];

onEveryTarget("CKM_IBM_ECDSA_OTHER", (subject) => {
  describe.each(VARIANTS)("with %s signatures", (_, { parameter }, kinds, randomised) => {
    const row = { ...ECDSA_OTHER, parameter: parameter!, keys: kinds, randomised };
    it.each(kinds)("signs and verifies with %s", async (kind) =>
      expectSignatures(subject, row, await subject.keys.key(kind)),
    );
    it("refuses wrong signatures", async () => expectBadSignatures(subject, row, await subject.keys.key(kinds[0]!)));
  });
});

const HIDDEN = named(EXPECTATIONS.filter(({ offByDefault }) => offByDefault));
const rawRsa = {
  ...createPolicy("raw RSA", []),
  allows: (controlPoint: number) => controlPoint === ck.XCP_CPB_ALG_RAW_RSA || HPCS_POLICY.allows(controlPoint),
};

onEveryTarget(
  "a policy with raw RSA",
  (subject) => {
    it.each(HIDDEN)("%s encrypts, signs and refuses like all others", async (_, row) => {
      const pair = await subject.keys.key(row.keys[0]!);
      await expectCiphers(subject, row, pair);
      await expectSignatures(subject, row, pair);
      await expectBadSignatures(subject, row, pair);
    });
  },
  { only: ["engine", "grpc"], options: { policy: rawRsa } },
);
