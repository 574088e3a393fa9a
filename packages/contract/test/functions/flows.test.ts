/**
 * Tests every mechanism in every call flow that it supports: all flows give the same result, even with one byte per Update and
 * with empty Updates. On the target `two`, each call goes to another server than the call before.
 */
import * as ck from "@grep11/cryptoki";
import { describe, it } from "vitest";
import * as flowChecks from "../support/flow-checks.ts";
import { onEveryTarget } from "../support/on-every-target.ts";

onEveryTarget("flows", (subject) => {
  it.each(flowChecks.having(ck.CKF_DIGEST))("%s digests the same in every flow", (_, row) =>
    flowChecks.expectDigests(subject, row),
  );

  describe.each(flowChecks.having(ck.CKF_ENCRYPT))("%s", (_, row) => {
    it.each(flowChecks.kindsOf(subject, row))("encrypts and decrypts the same in every flow with %s", async (kind) =>
      flowChecks.expectCiphers(subject, row, await subject.keys.key(kind)),
    );
  });

  describe.each(flowChecks.having(ck.CKF_VERIFY))("%s", (_, row) => {
    it.each(flowChecks.kindsOf(subject, row))("signs and verifies the same in every flow with %s", async (kind) =>
      flowChecks.expectSignatures(subject, row, await subject.keys.key(kind)),
    );
    it("refuses wrong signatures", async () =>
      flowChecks.expectBadSignatures(subject, row, await subject.keys.key(row.keys[0]!)));
  });
});
