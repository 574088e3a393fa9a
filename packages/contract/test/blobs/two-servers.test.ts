/**
 * Tests multi-part authenticated encryption and block cipher MACs, whose running state is in the State blob. A 100-byte message
 * is split at every byte, and every call goes to another server than the call before. The output must be the same as that of a
 * single call.
 */
import * as ck from "@grep11/cryptoki";
import { expect, it } from "vitest";
import { encryption, mechanismOf, runParts, signing, verification } from "../../src/index.ts";
import { having } from "../support/flow-checks.ts";
import { onEveryTarget, sample } from "../support/on-every-target.ts";

const MESSAGE = sample(100);
const CUTS = Array.from({ length: MESSAGE.length + 1 }, (_, at) => [MESSAGE.subarray(0, at), MESSAGE.subarray(at)]);

const AEADS = having(ck.CKF_ENCRYPT).filter(([, row]) => row.shape === "multi" && row.decryptShape !== "multi");
const STREAMS = having(ck.CKF_ENCRYPT).filter(([name]) => /_(CTR|CHACHA20)$/.test(name));
const MACS = having(ck.CKF_VERIFY).filter(([name]) => /(CMAC|GMAC)/.test(name));

onEveryTarget(
  "two servers",
  (subject) => {
    it("include authenticated ciphers and block cipher MACs", () => {
      expect(AEADS.map(([name]) => name)).toEqual(expect.arrayContaining(["CKM_AES_GCM", "CKM_CHACHA20_POLY1305"]));
      expect(MACS.length).toBeGreaterThanOrEqual(6);
    });

    it.each([...AEADS, ...STREAMS])("%s encrypts the same, split at every byte", async (_, row) => {
      const { publicKey } = await subject.keys.key(row.keys[0]!);
      const operation = encryption(subject.target.ep11, mechanismOf(row), publicKey);
      const expected = await operation.single(MESSAGE);
      for (const parts of CUTS) expect(await runParts(operation, parts)).toEqual(expected);
    });

    it.each(MACS)("%s signs and verifies the same, split at every byte", async (_, row) => {
      const { privateKey, publicKey } = await subject.keys.key(row.keys[0]!);
      const { ep11 } = subject.target;
      const expected = await signing(ep11, mechanismOf(row), privateKey).single(MESSAGE);
      for (const parts of CUTS) {
        expect(await runParts(signing(ep11, mechanismOf(row), privateKey), parts)).toEqual(expected);
        await runParts(verification(ep11, mechanismOf(row), publicKey, expected), parts);
      }
    });
  },
  { only: ["two"] },
);
