/**
 * Tests what is specific to the Encrypt and Decrypt functions and ReencryptSingle. flows.test.ts tests the call flows of all
 * mechanisms.
 */
import * as crypto from "node:crypto";
import { mechanism, spkiOf } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { beforeAll, describe, expect, it } from "vitest";
import { decryption, encryption, Importer, mechanismOf, runParts } from "../../src/index.ts";
import { having } from "../support/flow-checks.ts";
import { flipBit, onEveryTarget, sample } from "../support/on-every-target.ts";

const BLOCK_CIPHERS = having(ck.CKF_ENCRYPT).filter(([name]) => /_(ECB|CBC|CBC_PAD)$/.test(name));
const NOTHING = new Uint8Array(0);

onEveryTarget("ciphers", (subject) => {
  let importer: Importer;
  beforeAll(async () => {
    importer = await Importer.create(subject.target.ep11);
  });

  it.each([
    ["CKM_AES_GCM without IV", ck.CKM_AES_GCM, "AES-128", wireForm([0, 0, 0, 128])],
    ["CKM_AES_GCM without IV, with AAD", ck.CKM_AES_GCM, "AES-128", wireForm([0, 0, 5, 128], sample(5))],
    ["CKM_AES_GCM with only an IV", ck.CKM_AES_GCM, "AES-128", sample(12)],
    ["CKM_CHACHA20_POLY1305 without nonce", ck.CKM_CHACHA20_POLY1305, "ChaCha20", wireForm([0, 4], sample(4))],
    ["CKM_CHACHA20_POLY1305 with only a nonce", ck.CKM_CHACHA20_POLY1305, "ChaCha20", sample(12)],
  ] as const)("refuse %s, in every call flow", async (_name, mechanismNumber, kind, parameter) => {
    const { ep11 } = subject.target;
    const { privateKey: key } = await subject.keys.key(kind);
    const mech = { mechanism: mechanismNumber, parameter };
    const data = sample(32);
    const good = { mechanism: ck.CKM_AES_ECB };
    const { privateKey: aes } = await subject.keys.key("AES-128");
    for (const call of [
      () => ep11.encryptSingle({ mech, key, plain: data }),
      () => ep11.encryptInit({ mech, key }),
      () => ep11.decryptSingle({ mech, key, ciphered: data }),
      () => ep11.decryptInit({ mech, key }),
      () => ep11.reencryptSingle({ decMech: good, decKey: aes, encMech: mech, encKey: key, ciphered: data }),
      () => ep11.reencryptSingle({ decMech: mech, decKey: key, encMech: good, encKey: aes, ciphered: data }),
    ]) {
      await expect(call).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    }
  });

  describe.each(BLOCK_CIPHERS)("%s", (name, row) => {
    const mech = mechanismOf(row);
    const padded = name.endsWith("PAD");
    const block = name.includes("AES") ? 16 : 8;

    it("requires whole blocks, in one call and at the end of parts", async () => {
      const { ep11 } = subject.target;
      const { privateKey } = await subject.keys.key(row.keys[0]!);
      const encrypting = encryption(ep11, mech, privateKey);
      const decrypting = decryption(ep11, mech, privateKey);
      const uneven = sample(2 * block + 1);
      if (!padded) {
        await expect(encrypting.single(uneven)).toThrowRv(ck.CKR_DATA_LEN_RANGE);
        await expect(encrypting.once(await encrypting.init(), uneven)).toThrowRv(ck.CKR_DATA_LEN_RANGE);
        await expect(runParts(encrypting, [uneven])).toThrowRv(ck.CKR_DATA_LEN_RANGE);
        expect(await runParts(encrypting, [])).toEqual(NOTHING);
      }
      await expect(decrypting.single(uneven)).toThrowRv(ck.CKR_ENCRYPTED_DATA_LEN_RANGE);
      await expect(runParts(decrypting, [uneven])).toThrowRv(ck.CKR_ENCRYPTED_DATA_LEN_RANGE);
      if (padded) await expect(decrypting.single(NOTHING)).toThrowRv(ck.CKR_ENCRYPTED_DATA_LEN_RANGE);
    });

    it.runIf(padded)("returns CKR_ENCRYPTED_DATA_INVALID for any invalid padding", async () => {
      const { ep11 } = subject.target;
      const { privateKey } = await subject.keys.key(row.keys[0]!);
      const bare = { ...mech, mechanism: name.includes("AES") ? ck.CKM_AES_CBC : ck.CKM_DES3_CBC };
      const decrypting = decryption(ep11, mech, privateKey);
      const ends = [[0], [block + 1], [2, 3], [1, 3, 3], [0xff]];
      for (const end of ends) {
        const plain = new Uint8Array(block).fill(9);
        plain.set(end, block - end.length);
        const ciphered = await encryption(ep11, bare, privateKey).single(plain);
        await expect(decrypting.single(ciphered)).toThrowRv(ck.CKR_ENCRYPTED_DATA_INVALID);
        await expect(runParts(decrypting, [ciphered])).toThrowRv(ck.CKR_ENCRYPTED_DATA_INVALID);
      }
    });

    it.runIf(padded)("withholds the last block until Final", async () => {
      const { ep11 } = subject.target;
      const { privateKey: key } = await subject.keys.key(row.keys[0]!);
      const { ciphered } = await ep11.encryptSingle({ mech, key, plain: sample(3 * block) });
      const { state } = await ep11.decryptInit({ mech, key });
      const step = await ep11.decryptUpdate({ state, ciphered });
      expect(step.plain).toEqual(sample(3 * block));
      expect((await ep11.decryptFinal({ state: step.state })).plain).toEqual(NOTHING);
    });
  });

  it.each([128, 192, 256])("AES-%i matches OpenSSL", async (bits) => {
    const value = sample(bits / 8, bits);
    const { key } = await importer.secret(value, ck.CKK_AES);
    const iv = sample(16, 3);
    const plain = sample(1_000_001);
    const theirs = crypto.createCipheriv(`aes-${bits}-cbc`, value, iv);
    const { ciphered } = await subject.target.ep11.encryptSingle({ mech: mechanism.aesCbcPad(iv), key, plain });
    expect(Buffer.compare(ciphered, Buffer.concat([theirs.update(plain), theirs.final()]))).toBe(0);
  });

  it("re-encrypts from one key to another, and reveals nothing about the plaintext", async () => {
    const { ep11 } = subject.target;
    const from = (await subject.keys.key("AES-256")).privateKey;
    const to = (await subject.keys.key("AES-128")).privateKey;
    const decMech = mechanism.aesCbcPad(sample(16, 1));
    const encMech = mechanism.aesCbcPad(sample(16, 2));
    const plain = sample(100);
    const { ciphered } = await ep11.encryptSingle({ mech: decMech, key: from, plain });
    const request = { decMech, encMech, decKey: from, encKey: to, ciphered };
    const { reciphered } = await ep11.reencryptSingle(request);
    expect((await ep11.decryptSingle({ mech: encMech, key: to, ciphered: reciphered })).plain).toEqual(plain);
    const mute = await subject.keys.without(from, ck.CKA_DECRYPT);
    const deaf = await subject.keys.without(to, ck.CKA_ENCRYPT);
    await expect(ep11.reencryptSingle({ ...request, decKey: mute })).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
    await expect(ep11.reencryptSingle({ ...request, encKey: deaf })).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
    const torn = { ...request, ciphered: flipBit(ciphered, 8 * (ciphered.length - 17)) };
    await expect(ep11.reencryptSingle(torn)).toThrowRv(ck.CKR_ENCRYPTED_DATA_INVALID);
  });
});

onEveryTarget("RSA encryption", (subject) => {
  const pkcs = mechanism.rsaPkcs();
  const SCHEMES = [
    ["PKCS #1", pkcs, 256 - 11],
    ["OAEP with SHA-1", mechanism.rsaOaep({ hash: "sha1" }), 256 - 42],
    ["OAEP with SHA-256 and MGF1 with SHA-1", mechanism.rsaOaep({ hash: "sha256", mgf: "sha1" }), 256 - 66],
    ["OAEP with SHA-512 and a label", mechanism.rsaOaep({ hash: "sha512", label: sample(1024) }), 256 - 130],
  ] as const;

  it.each(SCHEMES)("%s accepts as much as fits", async (_, mech, most) => {
    const { ep11 } = subject.target;
    const { publicKey: key, privateKey } = await subject.keys.key("RSA-2048");
    const plain = sample(most);
    const { ciphered } = await ep11.encryptSingle({ mech, key, plain });
    expect((await ep11.decryptSingle({ mech, key: privateKey, ciphered })).plain).toEqual(plain);
    await expect(ep11.encryptSingle({ mech, key, plain: sample(most + 1) })).toThrowRv(ck.CKR_DATA_LEN_RANGE);
    for (const length of [0, 255, 257]) {
      const refused = ep11.decryptSingle({ mech, key: privateKey, ciphered: sample(length) });
      await expect(refused).toThrowRv(ck.CKR_ENCRYPTED_DATA_LEN_RANGE);
    }
    const beyond = ep11.decryptSingle({ mech, key: privateKey, ciphered: new Uint8Array(256).fill(0xff) });
    await expect(beyond).toThrowRv(ck.CKR_ENCRYPTED_DATA_INVALID);
  });

  it("encrypts with a bare and with a MACed SPKI", async () => {
    const { ep11 } = subject.target;
    const { publicKey, privateKey } = await subject.keys.key("RSA-2048");
    const { ciphered } = await ep11.encryptSingle({ mech: pkcs, key: spkiOf(publicKey), plain: sample(20) });
    expect((await ep11.decryptSingle({ mech: pkcs, key: privateKey, ciphered })).plain).toEqual(sample(20));
  });

  it("returns other bytes instead of an error for bad PKCS #1 padding, the same for the same ciphertext", async () => {
    const { ep11 } = subject.target;
    const { privateKey: key } = await subject.keys.key("RSA-2048");
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 40; seed++) {
      const ciphered = Uint8Array.of(0, ...sample(255, seed));
      const { plain } = await ep11.decryptSingle({ mech: pkcs, key, ciphered });
      expect((await ep11.decryptSingle({ mech: pkcs, key, ciphered })).plain).toEqual(plain);
      lengths.add(plain.length);
    }
    expect(lengths.size).toBeGreaterThan(10);
  });

  it("returns the same error for every bad OAEP ciphertext", async () => {
    const { ep11 } = subject.target;
    const { publicKey, privateKey } = await subject.keys.key("RSA-2048");
    const mech = mechanism.rsaOaep({ hash: "sha1" });
    const label = mechanism.rsaOaep({ hash: "sha1", label: Uint8Array.of(1) });
    const { ciphered: labelled } = await ep11.encryptSingle({ mech: label, key: publicKey, plain: sample(5) });
    const { ciphered: unlike } = await ep11.encryptSingle({ mech: pkcs, key: publicKey, plain: sample(5) });
    for (const ciphered of [labelled, unlike, Uint8Array.of(0, ...sample(255))]) {
      const refused = ep11.decryptSingle({ mech, key: privateKey, ciphered });
      await expect(refused).toThrowRv(ck.CKR_ENCRYPTED_DATA_INVALID);
    }
  });

  it("is compatible with OpenSSL's OAEP in both directions", async () => {
    const { ep11 } = subject.target;
    const { publicKey, privateKey } = await subject.keys.key("RSA-2048");
    const mech = mechanism.rsaOaep({ hash: "sha256", label: sample(3) });
    const key = crypto.createPublicKey({ key: Buffer.from(spkiOf(publicKey)), format: "der", type: "spki" });
    const padding = {
      padding: crypto.constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: "sha256",
      oaepLabel: Buffer.from(sample(3)),
    };
    const theirs = new Uint8Array(crypto.publicEncrypt({ key, ...padding }, sample(30)));
    expect((await ep11.decryptSingle({ mech, key: privateKey, ciphered: theirs })).plain).toEqual(sample(30));
    const importer = await Importer.create(ep11);
    const clear = { key: Buffer.from(await importer.export(privateKey)), format: "der", type: "pkcs8" } as const;
    const { ciphered } = await ep11.encryptSingle({ mech, key: publicKey, plain: sample(30) });
    const opened = crypto.privateDecrypt({ key: crypto.createPrivateKey(clear), ...padding }, ciphered);
    expect(new Uint8Array(opened)).toEqual(sample(30));
  });

  it("refuses parameters without a valid hash or mask generation function", async () => {
    const { ep11 } = subject.target;
    const { publicKey: key } = await subject.keys.key("RSA-2048");
    const parameters: Omit<ck.RsaOaepParm, "type">[] = [
      { hashMech: ck.CKM_AES_ECB, mgf: ck.CKG_MGF1_SHA1 },
      { hashMech: ck.CKM_SHA_1, mgf: 0x77 },
      { hashMech: ck.CKM_SHA_1, mgf: ck.CKG_MGF1_SHA1, encodingParm: sample(1025) },
    ];
    for (const parm of parameters) {
      const mech = { mechanism: ck.CKM_RSA_PKCS_OAEP, parameter: { type: "RSAOAEPParm", ...parm } as const };
      await expect(ep11.encryptInit({ mech, key })).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    }
  });
});
