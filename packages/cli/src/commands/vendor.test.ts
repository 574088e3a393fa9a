import { createHmac, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "../testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

describe("post-quantum and BLS keys", () => {
  it.each(["dilithium:round2-65", "dilithium:round3-44", "ml-dsa:44", "slh-dsa:sha2-128f", "bls"])(
    "of type %s sign and verify",
    async (type) => {
      await lab.ok(`key pair --type ${type} --out pair.key --force`);
      await lab.ok("sign --key pair.key --out data.sig", { stdin: "data" });
      await lab.ok("verify --key pair.key --signature data.sig", { stdin: "data" });
      expect((await lab.grep11("verify --key pair.key --signature data.sig", { stdin: "other" })).code).toBe(4);
    },
  );

  it("of ML-DSA can be exported to other software and imported again", async () => {
    await lab.ok("key pair --type ml-dsa:65 --extractable --out dsa.key");
    const { stdout } = await lab.ok("key export --public --key dsa.key");
    const { bytes } = await lab.ok("sign --key dsa.key", { stdin: "data" });
    expect(verify(null, Buffer.from("data"), createPublicKey(stdout), bytes)).toBe(true);
    const pem = await lab.ok("key export --key dsa.key");
    lab.write("dsa.pem", pem.stdout);
    await lab.ok("key import --in dsa.pem --out again.key");
    const made = await lab.ok("sign --key again.key", { stdin: "more" });
    expect(verify(null, Buffer.from("more"), createPublicKey(stdout), made.bytes)).toBe(true);
  });

  it("made by other software can be imported", async () => {
    const pair = generateKeyPairSync("ml-dsa-44");
    lab.write("other.pem", pair.publicKey.export({ format: "pem", type: "spki" }));
    lab.write("other.sig", sign(null, Buffer.from("data"), pair.privateKey));
    await lab.ok("key import --in other.pem --out other.key");
    await lab.ok("verify --key other.key --signature other.sig", { stdin: "data" });
    lab.write("other-private.pem", pair.privateKey.export({ format: "pem", type: "pkcs8" }));
    await lab.ok("key import --in other-private.pem --out other-private.key");
    const { bytes } = await lab.ok("sign --key other-private.key", { stdin: "data" });
    expect(verify(null, Buffer.from("data"), pair.publicKey, bytes)).toBe(true);
  });

  it.each(["bls", "dilithium:round3-44"])(
    "of type %s can be exported and imported, both private and public",
    async (type) => {
      await lab.ok(`key pair --type ${type} --extractable --out own.key --force`);
      const [kind] = type.split(":");
      for (const [half, form] of [
        ["", "pem"],
        ["", "der"],
        ["--public ", "pem"],
        ["--public ", "der"],
      ]) {
        const { bytes } = await lab.ok(`key export ${half}--form ${form} --key own.key`);
        lab.write("half.out", bytes);
        await lab.ok(`key import --in half.out --type ${kind} --out ${half === "" ? "private" : "public"}.key --force`);
      }
      const signature = await lab.ok("sign --key private.key", { stdin: "data" });
      lab.write("half.sig", signature.bytes);
      await lab.ok("verify --key public.key --signature half.sig", { stdin: "data" });
      lab.write("half.out", "nothing of the kind");
      expect((await lab.grep11(`key import --in half.out --type ${kind} --out x.key`)).code).toBe(2);
    },
  );

  it.each([
    ["key pair --type ml-dsa --out x.key", "ml-dsa:44, ml-dsa:65, ml-dsa:87"],
    ["key pair --type ml-dsa:66 --out x.key", "66 is not a parameter set of ml-dsa"],
    ["key pair --type dilithium:65 --out x.key", "dilithium:round2-65"],
    ["key gen --type kyber:768 --out x.key", "come in pairs"],
  ])("refuse %s", async (line, reason) => {
    const { code, stderr } = await lab.grep11(line);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });
});

describe("encapsulate and decapsulate", () => {
  const sameKey = async (first: string, second: string) => {
    const { bytes } = await lab.ok(`encrypt --key ${first}`, { stdin: "secret" });
    return (await lab.grep11(`decrypt --key ${second}`, { stdin: bytes })).stdout === "secret";
  };

  it.each(["ml-kem:768", "kyber:768", "kyber:1024"])("give both sides of %s the same key", async (type) => {
    await lab.ok(`key pair --type ${type} --out kem.key --force`);
    await lab.ok("encapsulate --key kem.key --ciphertext ct.bin --out theirs.key --force");
    await lab.ok("decapsulate --key kem.key --ciphertext ct.bin --out mine.key --force");
    expect(await sameKey("theirs.key", "mine.key")).toBe(true);
  });

  it("mix in a second secret that both sides need", async () => {
    await lab.ok("key pair --type ml-kem:768 --out kem.key --force");
    await lab.ok("key gen --type generic:256 --usage derive --attr IBM_USE_AS_DATA=true --out second.key");
    const hybrid = "--secret second.key --kdf sha512 --prepend --shared 0102";
    await lab.ok(`encapsulate --key kem.key --ciphertext ct.bin ${hybrid} --out theirs.key --force`);
    await lab.ok(`decapsulate --key kem.key --ciphertext ct.bin ${hybrid} --out mine.key --force`);
    await lab.ok("decapsulate --key kem.key --ciphertext ct.bin --out alone.key");
    expect(await sameKey("theirs.key", "mine.key")).toBe(true);
    expect(await sameKey("theirs.key", "alone.key")).toBe(false);
  });

  it("require KEM keys", async () => {
    await lab.ok("key pair --type ec:P-256 --out ec.key");
    const { code, stderr } = await lab.grep11("encapsulate --key ec.key --ciphertext ct.bin --out x.key");
    expect([code, stderr]).toEqual([2, expect.stringContaining("neither an ml-kem nor a kyber key")]);
  });
});

describe("aggregate", () => {
  it("aggregates signatures and keys that verify together", async () => {
    for (const name of ["alice", "bob"]) {
      await lab.ok(`key pair --type bls --out ${name}.key`);
      await lab.ok(`sign --key ${name}.key --out ${name}.sig`, { stdin: "contract" });
    }
    await lab.ok("aggregate signatures alice.sig bob.sig --out both.sig");
    await lab.ok("aggregate keys alice.key bob.key --out both.key");
    await lab.ok("verify --key both.key --signature both.sig", { stdin: "contract" });
    expect((await lab.grep11("verify --key alice.key --signature both.sig", { stdin: "contract" })).code).toBe(4);
    expect((await lab.grep11("aggregate signatures --out x")).code).toBe(2);
    expect((await lab.grep11("aggregate signatures alice.sig alice.key --out x")).code).toBe(2);
  });
});

describe("parameters by name", () => {
  it.each([
    ["ec:secp256k1", "IBM_ECDSA_OTHER:type=ecsdsa"],
    ["ec:secp256k1", "IBM_ECDSA_OTHER:type=zilliqa"],
    ["ec:secp256k1", "GREP11_SCHNORR_BIP340"],
    ["ed25519", "EDDSA:context=0102"],
    ["ed25519", "EDDSA:prehash=true"],
    ["ec:P-256", "ECDSA_SHA3_256"],
    ["rsa:2048", "SHA3_256_RSA_PKCS_PSS:salt=20"],
    ["ml-dsa:44", "IBM_ML_DSA:context=0102,deterministic=true"],
    ["ml-dsa:44", "ML_DSA:context=0102"],
    ["ml-dsa:44", "HASH_ML_DSA_SHA512:context=0102"],
    ["slh-dsa:sha2-128f", "SLH_DSA:context=0102"],
  ])("sign with a key of type %s and %s", async (type, mech) => {
    await lab.ok(`key pair --type ${type} --out by-name.key --force`);
    await lab.ok(`sign --key by-name.key --mech ${mech} --out by-name.sig`, { stdin: "data" });
    await lab.ok(`verify --key by-name.key --mech ${mech} --signature by-name.sig`, { stdin: "data" });
    if (!mech.includes("context")) return;
    const other = `verify --key by-name.key --mech ${mech.replace("0102", "0103")} --signature by-name.sig`;
    expect((await lab.grep11(other, { stdin: "data" })).code).toBe(4);
  });

  it.each([
    ["rsa:2048 --usage wrap,unwrap", "RSA_AES_KEY_WRAP:bits=128,hash=sha512,label=0102"],
    ["ec:P-256 --usage wrap,unwrap", "ECDH_AES_KEY_WRAP:kdf=sha256,shared=0102"],
    ["x25519 --usage wrap,unwrap", "ECDH_X_AES_KEY_WRAP:kdf=sha512"],
  ])("wrap keys under a KEK of type %s with %s", async (kek, mech) => {
    await lab.ok(`key pair --type ${kek} --out kek.key --force`);
    await lab.ok("key gen --type generic:200 --extractable --out cargo.key --force");
    await lab.ok(`wrap --key cargo.key --kek kek.key --mech ${mech} --out cargo.bin`);
    await lab.ok(`unwrap --in cargo.bin --kek kek.key --mech ${mech} --type generic:200 --out arrived.key --force`);
    const macs = ["cargo.key", "arrived.key"].map((key) => lab.ok(`sign --key ${key} --encoding hex`, { stdin: "a" }));
    const [first, second] = await Promise.all(macs);
    expect(second!.stdout).toBe(first!.stdout);
  });

  it("derive keys with the three modes of SP 800-108r1", async () => {
    const ikm = new Uint8Array(22).fill(0x0b);
    const mac = (...parts: Uint8Array[]) => createHmac("sha256", ikm).update(Buffer.concat(parts)).digest();
    // The fixed data of the KDF: the label 01, a zero byte, the context 02, and the length of 48 bytes in bits.
    const fixed = Uint8Array.of(1, 0, 2, 0, 0, 0x01, 0x80);
    const number = (value: number) => Uint8Array.of(0, 0, 0, value);
    const [first, last] = [mac(Uint8Array.of(0xab), number(1), fixed), mac(fixed)];
    const blocks = {
      "COUNTER_KDF:": [mac(number(1), fixed), mac(number(2), fixed)],
      "FEEDBACK_KDF:iv=ab,": [first, mac(first, number(2), fixed)],
      "DOUBLE_PIPELINE_KDF:": [mac(last, number(1), fixed), mac(mac(last), number(2), fixed)],
    };
    lab.write("kdk.bin", ikm);
    await lab.ok("key import --in kdk.bin --type generic --usage derive --extractable --out kdk.key");
    for (const [mode, expected] of Object.entries(blocks)) {
      const mech = `SP800_108_${mode}prf=sha256,label=01,context=02`;
      await lab.ok(`derive --key kdk.key --mech ${mech} --type generic:384 --extractable --out derived.key --force`);
      const { bytes } = await lab.ok("key export --key derived.key");
      expect(Buffer.from(bytes)).toEqual(Buffer.concat(expected).subarray(0, 48));
    }
  });

  it("mix a whole shared secret into a KEM's", async () => {
    await lab.ok("key pair --type ec:P-384 --usage derive --out ours.key");
    const agreement = "--mech ECDH1_DERIVE:kdf=hybrid --type generic:384 --attr IBM_USE_AS_DATA=true";
    await lab.ok(`derive --key ours.key --peer ours.key ${agreement} --out whole.key`);
    const short = agreement.replace("generic:384", "generic:256");
    expect((await lab.grep11(`derive --key ours.key --peer ours.key ${short} --out x.key`)).stderr).toContain(
      "CKR_TEMPLATE_INCONSISTENT",
    );
    await lab.ok("key pair --type ml-kem:768 --out kem.key --force");
    await lab.ok("encapsulate --key kem.key --ciphertext ct.bin --secret whole.key --out mixed.key");
  });

  it("derive keys with HKDF (RFC 5869, test case 1) and SP 800-108", async () => {
    lab.write("ikm.bin", new Uint8Array(22).fill(0x0b));
    await lab.ok("key import --in ikm.bin --type generic --usage derive --extractable --out ikm.key");
    const hkdf = "--mech HKDF_DERIVE:hash=sha256,salt=000102030405060708090a0b0c,info=f0f1f2f3f4f5f6f7f8f9";
    await lab.ok(`derive --key ikm.key ${hkdf} --type generic:336 --extractable --out okm.key`);
    const { bytes } = await lab.ok("key export --key okm.key");
    expect(Buffer.from(bytes).toString("hex")).toBe(
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
    await lab.ok("derive --key ikm.key --mech SP800_108_COUNTER_KDF:prf=sha512,label=01,context=02 --out counter.key");
    await lab.ok(
      "derive --key ikm.key --mech SP800_108_COUNTER_KDF:prf=sha512,label=01,context=0x --out empty-context.key",
    );
    for (const parameters of ["label=01", "label=01,context=", "label=,context=02"]) {
      const mech = `SP800_108_COUNTER_KDF:prf=sha512,${parameters}`;
      expect((await lab.grep11(`derive --key ikm.key --mech ${mech} --out x.key`)).code).toBe(2);
    }
  });

  it.each(["IBM_ECDSA_OTHER", "IBM_ECDSA_OTHER:type=rsa", "EDDSA:prehash=yes", "IBM_ML_DSA:hedge=1"])(
    "refuse %s",
    async (mech) => {
      await lab.ok("key pair --type ed25519 --out ed.key --force");
      expect((await lab.grep11(`sign --key ed.key --mech ${mech}`, { stdin: "data" })).code).toBe(2);
    },
  );
});
