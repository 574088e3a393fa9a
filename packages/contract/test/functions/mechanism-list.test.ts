/**
 * Tests that GetMechanismList and GetMechanismInfo return what a card returns (docs/reference/ep11.md#mechanism-list), and that
 * the suite covers every mechanism.
 */
import * as ck from "@grep11/cryptoki";
import { createEngine, MECHANISM_TABLE, type MechanismRow } from "@grep11/engine";
import { expect, it } from "vitest";
import { createKeyring, EXPECTATIONS, type MechanismExpectation } from "../../src/index.ts";
import { onEveryTarget } from "../support/on-every-target.ts";

/** The mechanisms that are listed under the default policy. */
const LISTED = EXPECTATIONS.filter(({ listed, offByDefault }) => listed && !offByDefault);

const numbers = (rows: readonly { readonly mechanism: number }[]) => rows.map(({ mechanism }) => mechanism);

onEveryTarget("mechanism list", (subject) => {
  it("begins with CKM_RSA_PKCS and has every listed mechanism in the order of the card", async () => {
    const { mechs } = await subject.target.ep11.getMechanismList({});
    expect(mechs[0]).toBe(ck.CKM_RSA_PKCS);
    expect(mechs.map(ck.ckmName)).toEqual(numbers(LISTED).map(ck.ckmName));
  });

  it.each(EXPECTATIONS.map((row) => [ck.ckmName(row.mechanism), row] as const))("%s", async (_, row) => {
    const requested = subject.target.ep11.getMechanismInfo({ mech: row.mechanism });
    const info = { minKeySize: row.min, maxKeySize: row.max, flags: row.flags };
    if (row.offByDefault) await expect(requested).toThrowRv(ck.CKR_MECHANISM_INVALID);
    else expect((await requested).mechInfo).toEqual(info);
  });

  it("refuses an unknown mechanism", async () => {
    await expect(subject.target.ep11.getMechanismInfo({ mech: 0x80017777 })).toThrowRv(ck.CKR_MECHANISM_INVALID);
  });
});

it("the suite has an expectation for every row of the engine's table, with the same calls", () => {
  const calls = ({ mechanism, shape, decryptShape, listed, ibm }: MechanismExpectation | MechanismRow) =>
    [ck.ckmName(mechanism), shape, decryptShape, listed, ibm] as const;
  expect(EXPECTATIONS.map(calls)).toEqual(MECHANISM_TABLE.map(calls));
});

it("an engine limited to IBM's mechanisms lists only those", async () => {
  const engine = createEngine({ keyring: createKeyring(), mechanisms: "ibm" });
  const { mechs } = await engine.getMechanismList({});
  expect(mechs).toEqual(numbers(LISTED.filter(({ ibm }) => ibm)));
  await engine.close();
});
