/**
 * Runs ten thousand random cases of each kind, which are the same in every run. A hash of all results is compared with a value in
 * this repository, so that any change of a result is detected. If node:crypto has the primitive, every result is also compared
 * with that of node:crypto. Blobs come from an engine whose randomness, clock and master key are fixed, so the hash covers their
 * format too.
 */
import { createCipheriv, createHash, createHmac, type Hash } from "node:crypto";
import { mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { Keyring } from "@grep11/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as contract from "../../src/index.ts";
import { bits, MODES, type Mode } from "./cipher-modes.ts";
import { Seeded } from "./seeded.ts";

const CASES = 10_000;
const KEYS_EACH = 16;

/** OpenSSL's names of the hashes, and the mechanisms that use them. */
const HASHES = [
  ["sha1", ck.CKM_SHA_1, ck.CKM_SHA_1_HMAC, ck.CKM_SHA_1_HMAC_GENERAL],
  ["sha224", ck.CKM_SHA224, ck.CKM_SHA224_HMAC, ck.CKM_SHA224_HMAC_GENERAL],
  ["sha256", ck.CKM_SHA256, ck.CKM_SHA256_HMAC, ck.CKM_SHA256_HMAC_GENERAL],
  ["sha384", ck.CKM_SHA384, ck.CKM_SHA384_HMAC, ck.CKM_SHA384_HMAC_GENERAL],
  ["sha512", ck.CKM_SHA512, ck.CKM_SHA512_HMAC, ck.CKM_SHA512_HMAC_GENERAL],
  ["sha512-224", ck.CKM_SHA512_224, ck.CKM_SHA512_224_HMAC, ck.CKM_SHA512_224_HMAC_GENERAL],
  ["sha512-256", ck.CKM_SHA512_256, ck.CKM_SHA512_256_HMAC, ck.CKM_SHA512_256_HMAC_GENERAL],
  ["sha3-224", ck.CKM_IBM_SHA3_224, ck.CKM_IBM_SHA3_224_HMAC, ck.CKM_SHA3_224_HMAC_GENERAL],
  ["sha3-256", ck.CKM_IBM_SHA3_256, ck.CKM_IBM_SHA3_256_HMAC, ck.CKM_SHA3_256_HMAC_GENERAL],
  ["sha3-384", ck.CKM_IBM_SHA3_384, ck.CKM_IBM_SHA3_384_HMAC, ck.CKM_SHA3_384_HMAC_GENERAL],
  ["sha3-512", ck.CKM_IBM_SHA3_512, ck.CKM_IBM_SHA3_512_HMAC, ck.CKM_SHA3_512_HMAC_GENERAL],
] as const;

/** A key with a known value. */
interface KnownKey {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Runs `operation` over `data` in a random flow. */
function run(random: Seeded, operation: contract.Operation, data: Uint8Array, parts: boolean): Promise<Uint8Array> {
  switch (random.below(parts ? 3 : 2)) {
    case 0:
      return operation.single(data);
    case 1:
      return operation.init().then((state) => operation.once(state, data));
    default:
      return contract.runParts(operation, random.cut(data));
  }
}

describe("sweeps", () => {
  let target: contract.Target;
  let importer: contract.Importer;
  beforeAll(async () => {
    target = await contract.openTarget("engine");
    importer = await contract.Importer.create(target.ep11);
  });
  afterAll(() => target.close());

  const knownKeys = (random: Seeded, keyType: number, lengths: readonly number[]): Promise<KnownKey[]> =>
    Promise.all(
      Array.from({ length: KEYS_EACH }, async (): Promise<KnownKey> => {
        const value = oddParity(keyType, random.bytes(random.pick(lengths)));
        return { value, key: (await importer.secret(value, keyType)).key };
      }),
    );

  async function sweep(seed: string, one: (random: Seeded, all: Hash) => Promise<void>): Promise<string> {
    const random = new Seeded(seed);
    const all = createHash("sha256");
    for (let at = 0; at < CASES; at++) await one(random, all);
    return all.digest("hex");
  }

  it("digests", async () => {
    const found = await sweep("digests", async (random, all) => {
      const [name, number] = random.pick(HASHES);
      const data = random.bytes(1 + random.below(400));
      const digest = await run(random, contract.digestion(target.ep11, { mechanism: number }), data, true);
      expect(Buffer.compare(digest, createHash(name).update(data).digest())).toBe(0);
      all.update(digest);
    });
    expect(found).toBe("438336e8e9b1b1f8aa51e0f64f3cd87bcd7844aecc40ed74acc2ede6375e6f58");
  });

  it("MACs", async () => {
    const random = new Seeded("keys of MACs");
    const generic = await knownKeys(random, ck.CKK_GENERIC_SECRET, [16, 32, 63, 64, 65, 128, 200, 256]);
    const aes = await knownKeys(random, ck.CKK_AES, [16, 24, 32]);
    const des = await knownKeys(random, ck.CKK_DES3, [24]);
    const { ep11 } = target;
    const found = await sweep("MACs", async (random, all) => {
      const data = random.bytes(random.below(400));
      const kind = random.below(5);
      if (kind < 3) {
        const [name, , hmac, general] = random.pick(HASHES);
        const { key, value } = random.pick(generic);
        const full = createHmac(name, value).update(data).digest();
        const length = kind === 2 ? 4 + random.below(full.length - 3) : full.length;
        const mech = kind === 2 ? { mechanism: general, parameter: wireForm([length]) } : { mechanism: hmac };
        const code = await run(random, contract.signing(ep11, mech, key), data, true);
        expect(Buffer.compare(code, full.subarray(0, length))).toBe(0);
        all.update(code);
      } else if (kind === 3) {
        const { key, value } = random.pick(aes);
        const iv = random.bytes(12);
        const code = await run(random, contract.signing(ep11, mechanism.aesGmac(iv), key), data, true);
        const cipher = createCipheriv(`aes-${bits(value)}-gcm` as "aes-256-gcm", value, iv).setAAD(data);
        cipher.final();
        expect(Buffer.compare(code, cipher.getAuthTag())).toBe(0);
        all.update(code);
      } else {
        // node:crypto has no CMAC.
        const { key } = random.pick(random.below(2) === 0 ? aes : des);
        all.update(await run(random, contract.signing(ep11, mechanism.cmac(), key), data, true));
      }
    });
    expect(found).toBe("fb59765ca5934af0b1c14bd94f19835e9e95184ebabf18cf9636264e79c57a66");
  });

  it("ciphers", async () => {
    const random = new Seeded("keys of ciphers");
    const keys = new Map<Mode, readonly KnownKey[]>();
    for (const mode of MODES) keys.set(mode, await knownKeys(random, mode.keyType, mode.keyBytes));
    const found = await sweep("ciphers", async (random, all) => {
      const mode = random.pick(MODES);
      const { key, value } = random.pick(keys.get(mode)!);
      const iv = random.bytes(mode.ivBytes);
      const plain = random.bytes(Math.max(mode.min ?? 0, mode.unit * random.below(Math.ceil(300 / mode.unit))));
      const mech = mode.mech(iv, plain.length);
      const ciphered = await run(random, contract.encryption(target.ep11, mech, key), plain, mode.parts);
      expect(Buffer.compare(ciphered, mode.reference(value, iv, plain)), mode.name).toBe(0);
      const decrypted = await run(
        random,
        contract.decryption(target.ep11, mech, key),
        ciphered,
        mode.decryptParts ?? mode.parts,
      );
      expect(Buffer.compare(decrypted, plain), mode.name).toBe(0);
      all.update(ciphered);
    });
    expect(found).toBe("3d9dc3580ff0cb3b3ba4952cbd64e4f1a97b0aa276d64e1c04e5485664267b7e");
  });

  it("blobs of keys, public keys and states", async () => {
    const source = new Seeded("randomness of an engine");
    const bytes = (length: number) => source.bytes(length);
    const keyring = Keyring.create(bytes);
    const own = await contract.openTarget("engine", { keyring, random: bytes, clock: () => 1_700_000_000_000 });
    const { ep11 } = own;
    const cbc = { mechanism: ck.CKM_AES_CBC, parameter: new Uint8Array(16) };
    const kinds = [
      [ck.CKM_AES_KEY_GEN, [16, 24, 32]],
      [ck.CKM_DES3_KEY_GEN, [24]],
      [ck.CKM_GENERIC_SECRET_KEY_GEN, [8, 33, 256]],
      [ck.CKM_CHACHA20_KEY_GEN, [32]],
    ] as const;
    const { key: aes } = await ep11.generateKey({
      mech: { mechanism: ck.CKM_AES_KEY_GEN },
      template: new Map([...contract.ALL_RIGHTS, [ck.CKA_VALUE_LEN, 32]]),
    });
    const found = await sweep("blobs", async (random, all) => {
      const data = random.bytes(1 + random.below(100));
      switch (random.below(4)) {
        case 0: {
          const [number, lengths] = random.pick(kinds);
          const wanted = template({
            CKA_VALUE_LEN: random.pick(lengths),
            CKA_LABEL: data,
            CKA_ENCRYPT: random.below(2) === 0,
            CKA_EXTRACTABLE: random.below(2) === 0,
            CKA_DERIVE: random.below(2) === 0,
          });
          const { key, checkSum } = await ep11.generateKey({ mech: { mechanism: number }, template: wanted });
          const read = await ep11.getAttributeValue({ object: ck.sealedBytes(key), attributes: [ck.CKA_VALUE_LEN] });
          expect(8 * Number(read.attributes.get(ck.CKA_VALUE_LEN))).toBe(Buffer.from(checkSum).readUInt32BE(3));
          all.update(ck.sealedBytes(key)).update(checkSum);
          return;
        }
        case 1: {
          const mech = { mechanism: ck.CKM_IBM_TRANSPORTKEY };
          const rights = template({ CKA_VERIFY: random.below(2) === 0, CKA_WRAP: random.below(2) === 0 });
          const { unwrapped } = await ep11.unwrapKey({ mech, wrapped: SPKI, template: rights });
          all.update(ck.sealedBytes(unwrapped));
          return;
        }
        case 2: {
          const { state } = await ep11.digestInit({ mech: { mechanism: random.pick(HASHES)[1] } });
          all.update(state).update((await ep11.digestUpdate({ state, data })).state);
          return;
        }
        default: {
          const { state } = await ep11.encryptInit({ mech: cbc, key: aes });
          const step = await ep11.encryptUpdate({ state, plain: data });
          all.update(state).update(step.state).update(step.ciphered);
        }
      }
    });
    await own.close();
    expect(found).toBe("120d131e8eb16b36e9ed4714cd4942e7e6431529269d9b97f0e9a171f8e65a84");
  });
});

/** The SubjectPublicKeyInfo of the public key in RFC 6979, A.2.5 (P-256). */
const SPKI = new Uint8Array(
  Buffer.from(
    "3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    "hex",
  ),
);

/** Returns `value`. If it is a DES key, its parity bits are set as the HSM sets them. */
function oddParity(keyType: number, value: Uint8Array): Uint8Array {
  if (keyType !== ck.CKK_DES3) return value;
  const ones = (byte: number) => byte.toString(2).replaceAll("0", "").length;
  return value.map((byte) => ((ones(byte & 0xfe) & 1) === 1 ? byte & 0xfe : byte | 1));
}
