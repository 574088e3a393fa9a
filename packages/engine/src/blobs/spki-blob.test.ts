import { createHmac, generateKeyPairSync } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { bitFlips, counting, EC_PUBLIC_KEY, MASTER_KEY, repeatableRandom, rvOf } from "../../test/sealing.ts";
import { Keyring } from "../keyring/keyring.ts";
import { MasterKey } from "../keyring/master-key.ts";
import { hasBoolean } from "../objects/booleans.ts";
import type { Key } from "../objects/key.ts";
import { BARE_SPKI_BOOLEANS, openPublicKey, SPKI_TRAILER_BYTES, sealPublicKey } from "./spki-blob.ts";

const random = repeatableRandom();
const keyring = new Keyring({ epoch: 1, current: MASTER_KEY, next: undefined, previous: undefined });
const maced = sealPublicKey(MASTER_KEY, EC_PUBLIC_KEY, random);
const spkiLength = EC_PUBLIC_KEY.value.length;

test("the trailer is EP11's", () => {
  expect(maced.subarray(0, spkiLength)).toEqual(EC_PUBLIC_KEY.value);
  expect(maced.length).toBe(spkiLength + SPKI_TRAILER_BYTES);
  const octetStrings = [
    `0410${toHex(MASTER_KEY.wkid)}`,
    `0420${"00".repeat(32)}`,
    "0408[0-9a-f]{16}",
    "04080000000000000001",
    "041410010000" + "00008024" + "00008024" + "8001000a" + "00000001",
    "0420[0-9a-f]{64}",
  ];
  expect(toHex(maced.subarray(spkiLength))).toMatch(new RegExp(`^${octetStrings.join("")}$`));
});

test("round trip, with and without a session", () => {
  const bound = { ...EC_PUBLIC_KEY, session: counting(32, 1), booleans: 0x8004 };
  const restricted = { ...EC_PUBLIC_KEY, booleans: 0x8020, everSet: 0xc8e4 };
  for (const key of [EC_PUBLIC_KEY, bound, restricted]) {
    const bytes = sealPublicKey(MASTER_KEY, key, random);
    expect(openPublicKey(keyring, bytes)).toEqual({ key, maced: true, wkid: MASTER_KEY.wkid, length: bytes.length });
    expect(sealPublicKey(MASTER_KEY, key, random)).not.toEqual(bytes);
  }
});

test("the mask is the history: every right that is set or was", () => {
  const wordsOf = (key: Key) => toHex(sealPublicKey(MASTER_KEY, key, random).subarray(-50, -42));
  expect(wordsOf({ ...EC_PUBLIC_KEY, booleans: 0x8020, everSet: 0x4004 })).toBe("0000c024" + "00008020");
});

test("a right outside the mask is refused, even with a valid MAC", () => {
  const forged = maced.slice();
  forged.set([0, 0, 0x80, 0x20], forged.length - 50);
  const mac = createHmac("sha256", MASTER_KEY.spkiKey).update(forged.subarray(0, -32)).digest();
  forged.set(mac, forged.length - 32);
  expect(rvOf(() => openPublicKey(keyring, forged))).toBe(ck.CKR_IBM_BLOB_ERROR);
});

test("every single-bit flip of key and trailer is refused", () => {
  const wkidAt = spkiLength + 2;
  for (const [flipped, byte] of bitFlips(maced)) {
    const expected = byte >= wkidAt && byte < wkidAt + 16 ? ck.CKR_IBM_WKID_MISMATCH : ck.CKR_IBM_BLOB_ERROR;
    expect([byte, rvOf(() => openPublicKey(keyring, flipped))]).toEqual([byte, expected]);
  }
});

test("a truncated trailer is refused; without a trailer the key is bare", () => {
  for (let length = 0; length < maced.length; length++) {
    const expected = length === spkiLength ? undefined : ck.CKR_IBM_BLOB_ERROR;
    expect([length, rvOf(() => openPublicKey(keyring, maced.subarray(0, length)))]).toEqual([length, expected]);
  }
  expect(openPublicKey(keyring, maced.subarray(0, spkiLength)).maced).toBe(false);
});

test("with another master key, and without one", () => {
  const foreign = sealPublicKey(new MasterKey(counting(32, 9)), EC_PUBLIC_KEY, random);
  expect(rvOf(() => openPublicKey(keyring, foreign))).toBe(ck.CKR_IBM_WKID_MISMATCH);
  expect(rvOf(() => openPublicKey(Keyring.empty(), maced))).toBe(ck.CKR_IBM_WK_NOT_INITIALIZED);
});

test("the trailer of one key is invalid for another", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const other = publicKey.export({ format: "der", type: "spki" });
  expect(rvOf(() => openPublicKey(keyring, Uint8Array.of(...other, ...maced.subarray(spkiLength))))).toBe(
    ck.CKR_IBM_BLOB_ERROR,
  );
});

test("concatenated keys are read one after the other", () => {
  const bare = EC_PUBLIC_KEY.value;
  const bytes = Uint8Array.of(...maced, ...bare, ...maced);
  const read: boolean[] = [];
  for (let at = 0; at < bytes.length; ) {
    const opened = openPublicKey(keyring, bytes.subarray(at));
    read.push(opened.maced);
    at += opened.length;
  }
  expect(read).toEqual([true, false, true]);
});

test("a session that a blob cannot have is not sealed", () => {
  const key = { ...EC_PUBLIC_KEY, session: counting(32, 0x30) };
  expect(rvOf(() => sealPublicKey(MASTER_KEY, key, random))).toBe(ck.CKR_ATTRIBUTE_VALUE_INVALID);
});

describe("a bare SubjectPublicKeyInfo", () => {
  test("is a key with the rights that need no secret", () => {
    const { key, maced, length } = openPublicKey(keyring, EC_PUBLIC_KEY.value);
    expect({ maced, length }).toEqual({ maced: false, length: spkiLength });
    expect(key).toEqual({ ...EC_PUBLIC_KEY, booleans: BARE_SPKI_BOOLEANS, everSet: BARE_SPKI_BOOLEANS });
    expect(hasBoolean(key.booleans, ck.CKA_VERIFY)).toBe(true);
    expect(hasBoolean(key.booleans, ck.CKA_WRAP)).toBe(false);
  });

  test("needs no master key", () => expect(openPublicKey(Keyring.empty(), EC_PUBLIC_KEY.value).maced).toBe(false));

  test("with a compressed point is refused, and the error says how to convert it", () => {
    // SubjectPublicKeyInfo of P-256 with the point 02 ‖ X (RFC 5480, 2.2).
    const algorithm = "301306072a8648ce3d020106082a8648ce3d030107";
    const x = toHex(EC_PUBLIC_KEY.value.subarray(-64, -32));
    const compressed = Uint8Array.from(Buffer.from(`3039${algorithm}03220002${x}`, "hex"));
    const refusal = { rv: ck.CKR_IBM_BLOB_ERROR, detail: expect.stringMatching("compressed point; .*openssl ec") };
    expect(() => openPublicKey(keyring, compressed)).toThrow(expect.objectContaining(refusal));
  });

  test("of RSA is an RSA key", () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const value = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
    const { key } = openPublicKey(keyring, value);
    expect(key).toMatchObject({ objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_RSA, value });
  });

  test("of RFC 8410 is converted to EP11's form", () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const rfc8410 = publicKey.export({ format: "der", type: "spki" });
    const raw = rfc8410.subarray(-32);
    const { key, length } = openPublicKey(keyring, rfc8410);
    expect(key.keyType).toBe(ck.CKK_EC);
    expect(toHex(key.value)).toBe(`3033300e06072a8648ce3d020106032b6570032100${toHex(raw)}`);
    expect(length).toBe(rfc8410.length);
  });

  test.each([
    ["an empty SEQUENCE", Uint8Array.of(0x30, 0)],
    ["a length without content", Uint8Array.of(0x30, 0x20)],
    ["an indefinite length", Uint8Array.of(0x30, 0x80, 0, 0)],
    ["no SEQUENCE", Uint8Array.of(0x04, 0)],
    ["an unknown algorithm", Uint8Array.of(0x30, 0x0c, 0x30, 0x05, 6, 3, 0x2b, 0x65, 0x01, 3, 3, 0, 1, 2)],
    ["a trailing byte that is neither key nor trailer", Uint8Array.of(...EC_PUBLIC_KEY.value, 0)],
  ])("is not %s", (_, bytes) => expect(rvOf(() => openPublicKey(keyring, bytes))).toBe(ck.CKR_IBM_BLOB_ERROR));
});
