/** Tests what is specific to the Sign and Verify functions. flows.test.ts tests the call flows of all mechanisms. */
import { constants, createHash, createHmac, createPublicKey, type KeyObject, verify } from "node:crypto";
import { interoperableSpki, mechanism, spkiOf } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { beforeAll, describe, expect, it } from "vitest";
import { Importer, type SampleKey, signing, verification } from "../../src/index.ts";
import { flipBit, onEveryTarget, sample } from "../support/on-every-target.ts";

const DATA = sample(77);
const sha = (name: string) => new Uint8Array(createHash(name).update(DATA).digest());
const P1363 = { dsaEncoding: "ieee-p1363" } as const;
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING };

/** Verifies a signature with OpenSSL. */
type Check = (key: KeyObject, signature: Uint8Array) => boolean;

const SIGNATURES: readonly (readonly [string, ck.Mechanism, SampleKey, Uint8Array, Check])[] = [
  [
    "CKM_SHA256_RSA_PKCS",
    mechanism.rsaPkcsSignature("sha256"),
    "RSA-2048",
    DATA,
    (key, signature) => verify("sha256", DATA, key, signature),
  ],
  [
    "CKM_RSA_PKCS over a DigestInfo",
    mechanism.rsaPkcs(),
    "RSA-2048",
    Uint8Array.of(...Buffer.from("3031300d060960864801650304020105000420", "hex"), ...sha("sha256")),
    (key, signature) => verify("sha256", DATA, key, signature),
  ],
  [
    "CKM_SHA384_RSA_PKCS_PSS with the longest salt of its hash",
    mechanism.rsaPssSignature({ hash: "sha384" }),
    "RSA-2048",
    DATA,
    (key, signature) => verify("sha384", DATA, { key, ...PSS, saltLength: 48 }, signature),
  ],
  [
    "CKM_SHA512_RSA_PKCS_PSS without salt",
    mechanism.rsaPssSignature({ hash: "sha512", saltLength: 0 }),
    "RSA-2048",
    DATA,
    (key, signature) => verify("sha512", DATA, { key, ...PSS, saltLength: 0 }, signature),
  ],
  [
    "CKM_RSA_PKCS_PSS with the marker for the hash's length",
    mechanism.rsaPss({ hash: "sha256", saltLength: 0xffffffff }),
    "RSA-2048",
    sha("sha256"),
    (key, signature) => verify("sha256", DATA, { key, ...PSS, saltLength: 32 }, signature),
  ],
  [
    "CKM_ECDSA_SHA512 on P-521",
    mechanism.ecdsaSignature("sha512"),
    "P-521",
    DATA,
    (key, signature) => signature.length === 132 && verify("sha512", DATA, { key, ...P1363 }, signature),
  ],
  [
    "CKM_ECDSA over a digest on secp256k1",
    mechanism.ecdsa(),
    "secp256k1",
    sha("sha256"),
    (key, signature) => signature.length === 64 && verify("sha256", DATA, { key, ...P1363 }, signature),
  ],
  [
    "CKM_ECDSA over a digest longer than the order",
    mechanism.ecdsa(),
    "P-256",
    sha("sha512"),
    (key, signature) => verify("sha512", DATA, { key, ...P1363 }, signature),
  ],
  [
    "CKM_DSA_SHA1",
    { mechanism: ck.CKM_DSA_SHA1 },
    "DSA-2048",
    DATA,
    (key, signature) => signature.length === 64 && verify("sha1", DATA, { key, ...P1363 }, signature),
  ],
  [
    "CKM_IBM_ED25519_SHA512",
    mechanism.ed25519(),
    "Ed25519",
    DATA,
    (key, signature) => verify(null, DATA, key, signature),
  ],
  ["CKM_IBM_ED448_SHA3", mechanism.ed448(), "Ed448", DATA, (key, signature) => verify(null, DATA, key, signature)],
];

onEveryTarget("signatures", (subject) => {
  it.each(SIGNATURES)("OpenSSL accepts %s", async (_, mech, kind, data, check) => {
    const { ep11 } = subject.target;
    const { privateKey, publicKey } = await subject.keys.key(kind);
    const { signature } = await ep11.signSingle({ mech, privKey: privateKey, data });
    const spki = Buffer.from(interoperableSpki(spkiOf(publicKey)));
    expect(check(createPublicKey({ key: spki, format: "der", type: "spki" }), signature)).toBe(true);
    // A public key without a MAC can also verify, both as the SPKI of EP11 and as the common SPKI.
    await ep11.verifySingle({ mech, pubKey: spkiOf(publicKey), data, signature });
    await ep11.verifySingle({ mech, pubKey: new Uint8Array(spki), data, signature });
  });

  it("a signature whose r exceeds the order is invalid", async () => {
    const { ep11 } = subject.target;
    const { privateKey, publicKey: pubKey } = await subject.keys.key("P-256");
    const mech = mechanism.ecdsa();
    const data = sha("sha256");
    const { signature } = await ep11.signSingle({ mech, privKey: privateKey, data });
    const beyond = Uint8Array.of(...new Uint8Array(32).fill(0xff), ...signature.subarray(32));
    const zeros = new Uint8Array(64);
    for (const bad of [flipBit(signature, 0), beyond, zeros]) {
      const { state } = await ep11.verifyInit({ mech, pubKey });
      await expect(ep11.verify({ state, data, signature: bad })).toThrowRv(ck.CKR_SIGNATURE_INVALID);
      await expect(ep11.verifySingle({ mech, pubKey, data, signature: bad })).toThrowRv(ck.CKR_SIGNATURE_INVALID);
    }
  });

  it("keys on the wrong curve get CKR_MECHANISM_INVALID", async () => {
    const { ep11 } = subject.target;
    const cases = [
      [mechanism.ed25519(), "P-256"],
      [mechanism.ed448(), "Ed25519"],
      [mechanism.ecdsa(), "Ed25519"],
      [mechanism.ecdsaSignature("sha256"), "X25519"],
    ] as const;
    for (const [mech, kind] of cases) {
      const { privateKey, publicKey } = await subject.keys.key(kind);
      // A Montgomery key cannot have the right to sign, and the engine checks rights before it checks key types.
      const rvs =
        kind === "X25519" ? [ck.CKR_MECHANISM_INVALID, ck.CKR_KEY_FUNCTION_NOT_PERMITTED] : [ck.CKR_MECHANISM_INVALID];
      await expect(ep11.signInit({ mech, privKey: privateKey })).toThrowRv(...rvs);
      await expect(ep11.signSingle({ mech, privKey: privateKey, data: DATA })).toThrowRv(...rvs);
      await expect(ep11.verifyInit({ mech, pubKey: publicKey })).toThrowRv(ck.CKR_MECHANISM_INVALID);
    }
  });

  it("PSS requires the hash of its parameter, and a salt that fits", async () => {
    const { ep11 } = subject.target;
    const { privateKey: privKey } = await subject.keys.key("RSA-2048");
    const raw = mechanism.rsaPss({ hash: "sha256" });
    await expect(ep11.signSingle({ mech: raw, privKey, data: sample(31) })).toThrowRv(ck.CKR_DATA_LEN_RANGE);
    const salty = mechanism.rsaPssSignature({ hash: "sha256", saltLength: 223 });
    await expect(ep11.signSingle({ mech: salty, privKey, data: DATA })).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    const other = { ...mechanism.rsaPssSignature({ hash: "sha1" }), mechanism: ck.CKM_SHA256_RSA_PKCS_PSS };
    await expect(ep11.signInit({ mech: other, privKey })).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
  });

  it("RSA_PKCS signs only data that fits", async () => {
    const { ep11 } = subject.target;
    const { privateKey: privKey } = await subject.keys.key("RSA-2048");
    const mech = mechanism.rsaPkcs();
    expect((await ep11.signSingle({ mech, privKey, data: sample(245) })).signature).toHaveLength(256);
    await expect(ep11.signSingle({ mech, privKey, data: sample(246) })).toThrowRv(ck.CKR_DATA_LEN_RANGE);
  });

  it("raw ECDSA and DSA refuse empty data", async () => {
    const { ep11 } = subject.target;
    for (const [kind, mech] of [
      ["P-256", mechanism.ecdsa()],
      ["DSA-2048", { mechanism: ck.CKM_DSA }],
    ] as const) {
      const { privateKey: privKey } = await subject.keys.key(kind);
      await expect(ep11.signSingle({ mech, privKey, data: new Uint8Array(0) })).toThrowRv(ck.CKR_DATA_LEN_RANGE);
    }
  });

  it("signing needs a key", async () => {
    const { ep11 } = subject.target;
    const mech = mechanism.ecdsa();
    await expect(ep11.signSingle({ mech, data: DATA })).toThrowRv(ck.CKR_KEY_HANDLE_INVALID);
    await expect(ep11.signInit({ mech, privKey: new Uint8Array(0) })).toThrowRv(ck.CKR_KEY_HANDLE_INVALID);
    const signature = sample(64);
    const keyless = ep11.verifySingle({ mech, pubKey: new Uint8Array(0), data: DATA, signature });
    await expect(keyless).toThrowRv(ck.CKR_KEY_HANDLE_INVALID);
  });

  it("neither reuses a nonce", async () => {
    for (const [kind, mech] of [
      ["P-256", mechanism.ecdsa()],
      ["DSA-2048", { mechanism: ck.CKM_DSA }],
    ] as const) {
      const signer = signing(subject.target.ep11, mech, (await subject.keys.key(kind)).privateKey);
      const signatures = await Promise.all(
        Array.from({ length: 20 }, (_, seed) => signer.single(sample(32, seed + 1))),
      );
      expect(new Set(signatures.map((signature) => Buffer.from(signature.subarray(0, 32)).toString("hex"))).size).toBe(
        20,
      );
    }
  });
});

onEveryTarget("MACs", (subject) => {
  let importer: Importer;
  beforeAll(async () => {
    importer = await Importer.create(subject.target.ep11);
  });

  describe.each(ck.hashNames)("HMAC with %s", (hash) => {
    it.each([1, 20, 64, 65, 128, 129, 256])("matches OpenSSL, with a key of %i bytes", async (length) => {
      const { ep11 } = subject.target;
      const value = sample(length);
      const { key } = await importer.secret(value, ck.CKK_GENERIC_SECRET);
      const mech = mechanism.hmac(hash);
      const code = await signing(ep11, mech, key).single(DATA);
      expect(code).toEqual(new Uint8Array(createHmac(hash, value).update(DATA).digest()));
      await verification(ep11, mech, key, code).single(DATA);
    });
  });
});
