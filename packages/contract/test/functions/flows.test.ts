/**
 * Every mechanism in every call flow that it supports: all flows give the same result, also byte by byte and with empty Updates.
 * On the target `two`, every call goes to the other server.
 */
import * as ck from "@grep11/cryptoki";
import { describe, it } from "vitest";
import {
  expectBadSignatures,
  expectCiphers,
  expectDigests,
  expectSignatures,
  having,
  kindsOf,
} from "../support/flow-checks.ts";
import { onEveryTarget } from "../support/on-every-target.ts";

onEveryTarget("flows", (subject) => {
  it.each(having(ck.CKF_DIGEST))("%s digests the same in every flow", (_, row) => expectDigests(subject, row));

  describe.each(having(ck.CKF_ENCRYPT))("%s", (_, row) => {
    it.each(kindsOf(subject, row))("encrypts and decrypts the same in every flow with %s", async (kind) =>
      expectCiphers(subject, row, await subject.keys.key(kind)),
    );
  });

  describe.each(having(ck.CKF_VERIFY))("%s", (_, row) => {
    it.each(kindsOf(subject, row))("signs and verifies the same in every flow with %s", async (kind) =>
      expectSignatures(subject, row, await subject.keys.key(kind)),
    );
    it("refuses wrong signatures", async () => expectBadSignatures(subject, row, await subject.keys.key(row.keys[0]!)));
  });
});
