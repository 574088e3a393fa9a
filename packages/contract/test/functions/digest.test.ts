/** Tests what is specific to the Digest functions. flows.test.ts tests the call flows of all mechanisms. */
import { createHash } from "node:crypto";
import { mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { beforeAll, describe, expect, it } from "vitest";
import { Importer } from "../../src/index.ts";
import { having } from "../support/flow-checks.ts";
import { onEveryTarget, sample } from "../support/on-every-target.ts";

/** OpenSSL's names of the hashes, by mechanism. */
const OPENSSL: ReadonlyMap<number, string> = new Map([
  [ck.CKM_SHA_1, "sha1"],
  [ck.CKM_SHA224, "sha224"],
  [ck.CKM_SHA256, "sha256"],
  [ck.CKM_SHA384, "sha384"],
  [ck.CKM_SHA512, "sha512"],
  [ck.CKM_SHA512_224, "sha512-224"],
  [ck.CKM_SHA512_256, "sha512-256"],
  [ck.CKM_IBM_SHA512_224, "sha512-224"],
  [ck.CKM_IBM_SHA512_256, "sha512-256"],
  [ck.CKM_SHA3_224, "sha3-224"],
  [ck.CKM_SHA3_256, "sha3-256"],
  [ck.CKM_SHA3_384, "sha3-384"],
  [ck.CKM_SHA3_512, "sha3-512"],
  [ck.CKM_IBM_SHA3_224, "sha3-224"],
  [ck.CKM_IBM_SHA3_256, "sha3-256"],
  [ck.CKM_IBM_SHA3_384, "sha3-384"],
  [ck.CKM_IBM_SHA3_512, "sha3-512"],
]);

onEveryTarget("digests", (subject) => {
  let importer: Importer;
  beforeAll(async () => {
    importer = await Importer.create(subject.target.ep11);
  });

  describe.each(having(ck.CKF_DIGEST))("%s", (_, { mechanism: number }) => {
    const mech = { mechanism: number };
    const digestOf = (...parts: Uint8Array[]) => {
      const hash = createHash(OPENSSL.get(number)!);
      for (const part of parts) hash.update(part);
      return new Uint8Array(hash.digest());
    };

    it("matches OpenSSL, for a megabyte and for no data", async () => {
      const { ep11 } = subject.target;
      const data = sample(1_000_000);
      expect((await ep11.digestSingle({ mech, data })).digest).toEqual(digestOf(data));
      const { state } = await ep11.digestInit({ mech });
      expect((await ep11.digestFinal({ state })).digest).toEqual(digestOf());
    });

    it("digests keys along with data", async () => {
      const { ep11 } = subject.target;
      const value = sample(32, 7);
      const { key } = await importer.secret(value, ck.CKK_GENERIC_SECRET);
      let { state } = await ep11.digestInit({ mech });
      ({ state } = await ep11.digestUpdate({ state, data: sample(9) }));
      ({ state } = await ep11.digestKey({ state, key }));
      ({ state } = await ep11.digestUpdate({ state, data: sample(5) }));
      expect((await ep11.digestFinal({ state })).digest).toEqual(digestOf(sample(9), value, sample(5)));
    });
  });

  it("refuses empty data", async () => {
    const { ep11 } = subject.target;
    const mech = mechanism.digest("sha256");
    const data = new Uint8Array(0);
    const { state } = await ep11.digestInit({ mech });
    await expect(ep11.digest({ state, data })).toThrowRv(ck.CKR_ARGUMENTS_BAD);
    await expect(ep11.digestUpdate({ state, data })).toThrowRv(ck.CKR_ARGUMENTS_BAD);
    await expect(ep11.digestSingle({ mech, data })).toThrowRv(ck.CKR_ARGUMENTS_BAD);
  });

  it("refuses a parameter", async () => {
    const mech = { ...mechanism.digest("sha256"), parameter: Uint8Array.of(1) };
    await expect(subject.target.ep11.digestInit({ mech })).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    await expect(subject.target.ep11.digestSingle({ mech, data: mech.parameter })).toThrowRv(
      ck.CKR_MECHANISM_PARAM_INVALID,
    );
  });

  it("DigestKey refuses keys that must stay secret or could be guessed", async () => {
    const { ep11 } = subject.target;
    const { state } = await ep11.digestInit({ mech: mechanism.digest("sha256") });
    const { privateKey: pair } = await subject.keys.key("P-256");
    const inside = template({ CKA_EXTRACTABLE: false });
    const asData = template({ CKA_EXTRACTABLE: false, CKA_IBM_USE_AS_DATA: true });
    const secret = async (length: number, attributes?: ck.Template) =>
      (await importer.secret(sample(length), ck.CKK_GENERIC_SECRET, attributes)).key;
    const careful = template({ CKA_WRAP_WITH_TRUSTED: true });
    const keys = [
      pair,
      await secret(32, inside),
      await secret(32, asData),
      await secret(32, careful),
      await secret(13),
    ];
    for (const key of keys) {
      await expect(ep11.digestKey({ state, key })).toThrowRv(ck.CKR_KEY_INDIGESTIBLE);
    }
    await ep11.digestKey({ state, key: await secret(32) });
  });
});
