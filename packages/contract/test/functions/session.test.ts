/** Tests GenerateRandom, Login and Logout. */
import * as ck from "@grep11/cryptoki";
import { expect, it } from "vitest";
import { createKeyring, openTarget } from "../../src/index.ts";
import { onEveryTarget, sample } from "../support/on-every-target.ts";

onEveryTarget("GenerateRandom", (subject) => {
  it.each([1, 8, 4096, 1_000_000])("returns exactly %i bytes", async (len) => {
    const { rnd } = await subject.target.ep11.generateRandom({ len });
    expect(rnd).toHaveLength(len);
    if (len < 8) return;
    expect((await subject.target.ep11.generateRandom({ len })).rnd).not.toEqual(rnd);
  });

  it.each([0, 1_000_001, 2 ** 40])("refuses %i bytes", async (len) => {
    await expect(subject.target.ep11.generateRandom({ len })).toThrowRv(ck.CKR_ARGUMENTS_BAD);
  });
});

onEveryTarget("Login", (subject) => {
  const login = async (storeid: Uint8Array, pin: Uint8Array) =>
    (await subject.target.ep11.login({ storeid, pin })).pinblob;

  it("returns a pin blob determined by PIN and store", async () => {
    const pinblob = await login(sample(16), sample(8, 2));
    expect(pinblob).toHaveLength(80);
    expect(pinblob[0]).not.toBe(0x30);
    expect(pinblob[4]).toBe(0xaa);
    expect(await login(sample(16), sample(8, 2))).toEqual(pinblob);
    expect((await login(sample(16), sample(8, 3))).subarray(0, 32)).not.toEqual(pinblob.subarray(0, 32));
    expect((await login(sample(16, 4), sample(8, 2))).subarray(0, 32)).not.toEqual(pinblob.subarray(0, 32));
  });

  it.each([0, 7, 17])("refuses a PIN of %i bytes", async (length) => {
    await expect(login(sample(16), sample(length))).toThrowRv(ck.CKR_PIN_LEN_RANGE);
  });

  it.each([8, 16])("accepts a PIN of %i bytes", async (length) => {
    expect(await login(sample(16), sample(length))).toHaveLength(80);
  });

  it("Logout succeeds, with or without a previous login", async () => {
    expect(await subject.target.ep11.logout({})).toEqual({});
    await login(sample(16), sample(8));
    expect(await subject.target.ep11.logout({})).toEqual({});
  });
});

it("a login gives the same result on every replica, and another under another master key", async () => {
  const keyring = createKeyring();
  const targets = await Promise.all([
    openTarget("engine", { keyring }),
    openTarget("grpc", { keyring }),
    openTarget("engine"),
  ]);
  const request = { storeid: sample(16), pin: sample(12) };
  const [first, second, foreign] = await Promise.all(targets.map(({ ep11 }) => ep11.login(request)));
  expect(second).toEqual(first);
  expect(foreign!.pinblob.subarray(0, 32)).not.toEqual(first!.pinblob.subarray(0, 32));
  await Promise.all(targets.map((target) => target.close()));
});
