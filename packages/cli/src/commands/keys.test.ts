import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "../testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const json = (text: string) => JSON.parse(text) as Record<string, unknown>;
const keyFile = (name: string) => json(Buffer.from(lab.read(name)).toString());

describe("key gen", () => {
  it("writes a key file only for its owner, with only the requested rights", async () => {
    const { stdout, stderr } = await lab.ok("key gen --type aes:192 --usage wrap,unwrap --out kek.key");
    expect([stdout, stderr]).toEqual(["", "note: CKK_AES CKO_SECRET_KEY written to kek.key\n"]);
    expect(lab.mode("kek.key")).toBe(0o600);
    expect(keyFile("kek.key")).toMatchObject({
      grep11Key: 1,
      class: "CKO_SECRET_KEY",
      keyType: "CKK_AES",
      mechanism: "CKM_AES_KEY_GEN",
      checkSum: expect.stringMatching(/^[0-9a-f]{6}000000c0$/),
      attributes: {
        CKA_WRAP: true,
        CKA_UNWRAP: true,
        CKA_ENCRYPT: false,
        CKA_SIGN: false,
        CKA_EXTRACTABLE: false,
        CKA_VALUE_LEN: 24,
      },
      blob: expect.stringMatching(/^[A-Za-z0-9+/]{100,}=*$/),
    });
  });

  it("never overwrites a key without --force", async () => {
    await lab.ok("key gen --out once.key");
    const before = lab.read("once.key");
    const again = await lab.grep11("key gen --out once.key");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("once.key exists");
    expect(lab.read("once.key")).toEqual(before);
    await lab.ok("key gen --out once.key --force");
    expect(lab.read("once.key")).not.toEqual(before);
  });

  it.each([
    ["key gen --type rsa:2048 --out x.key", "come in pairs"],
    ["key gen --type aes --out x.key", "size of the key in bits"],
    ["key gen --type aes:100 --out x.key", "not whole bytes"],
    ["key gen --type blowfish:128 --out x.key", "not a key type"],
    ["key gen --type generic:256 --usage encrypt --out x.key", "cannot encrypt"],
    ["key gen --attr CKA_NONSENSE=1 --out x.key", "not an attribute"],
    ["key gen --attr CKA_ENCRYPT=maybe --out x.key", "true or false"],
    ["key gen --out nowhere/x.key", "no such file or directory"],
    ["key pair --type aes:256 --out x.key", "do not come in pairs"],
    ["key pair --type ec:P-257 --out x.key", "not a curve"],
    ["key pair --type rsa --out x.key", "rsa:3072"],
  ])("refuses %s", async (line, reason) => {
    const { code, stderr } = await lab.grep11(line);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });

  it("reports what the HSM refuses", async () => {
    const { code, stderr } = await lab.grep11("key gen --type aes:136 --out x.key");
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: CKR_/);
  });
});

describe("key pair, key export --public", () => {
  it.each([
    ["rsa:1024", "rsa"],
    ["ec:P-521", "ec"],
    ["ec:secp256k1", "ec"],
    ["ed25519", "ed25519"],
    ["x448", "x448"],
  ])("makes a pair of %s whose public key other software reads", async (type, expected) => {
    const file = `pair-${type.replace(":", "-")}.key`;
    await lab.ok(`key pair --type ${type} --out ${file}`);
    const { stdout } = await lab.ok(`key export --public --key ${file}`);
    expect(createPublicKey(stdout).asymmetricKeyType).toBe(expected);
    const der = await lab.ok(`key export --public --form der --key ${file}`);
    expect(
      createPublicKey({ key: Buffer.from(der.bytes), format: "der", type: "spki" }).equals(createPublicKey(stdout)),
    ).toBe(true);
  });
});

describe("key import and key export", () => {
  it("import and export a raw secret", async () => {
    const secret = lab.random(32);
    lab.write("secret.bin", secret);
    await lab.ok("key import --in secret.bin --type aes --usage sign,verify --extractable --out secret.key");
    const mac = await lab.ok("sign --key secret.key --encoding hex", { stdin: "data" });
    expect(mac.stdout.trim()).toBe(createHmac("sha256", secret).update("data").digest("hex"));
    const { stderr } = await lab.ok("key export --key secret.key --out secret.out");
    expect(lab.read("secret.out")).toEqual(secret);
    expect(lab.mode("secret.out")).toBe(0o600);
    expect(stderr).toContain("outside the HSM");
  });

  const passphrase = "swordfish";
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const ed = generateKeyPairSync("ed25519");
  const x = generateKeyPairSync("x25519");
  it.each<[string, { privateKey: KeyObject; publicKey: KeyObject }, string | Buffer, string]>([
    ["RSA in PKCS #1", rsa, rsa.privateKey.export({ format: "pem", type: "pkcs1" }), ""],
    ["EC in SEC 1", ec, ec.privateKey.export({ format: "pem", type: "sec1" }), ""],
    ["EC in DER", ec, ec.privateKey.export({ format: "der", type: "pkcs8" }), ""],
    ["Ed25519", ed, ed.privateKey.export({ format: "pem", type: "pkcs8" }), ""],
    ["X25519", x, x.privateKey.export({ format: "pem", type: "pkcs8" }), ""],
    [
      "encrypted RSA",
      rsa,
      rsa.privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase }),
      " --passphrase-file pass.txt",
    ],
  ])("import and export a private key: %s", async (_, pair, file, option) => {
    lab.write("private.pem", file);
    lab.write("pass.txt", `${passphrase}\n`);
    await lab.ok(`key import --in private.pem --extractable --out private.key --force${option}`);
    const exported = await lab.ok("key export --key private.key");
    expect(exported.stdout).toBe(pair.privateKey.export({ format: "pem", type: "pkcs8" }));
    const spki = await lab.ok("key export --public --key private.key");
    expect(spki.stdout).toBe(pair.publicKey.export({ format: "pem", type: "spki" }));
  });

  it("import a public key, which then verifies", async () => {
    lab.write("public.pem", ec.publicKey.export({ format: "pem", type: "spki" }));
    lab.write("data.sig", sign("sha256", Buffer.from("data"), { key: ec.privateKey, dsaEncoding: "ieee-p1363" }));
    await lab.ok("key import --in - --out public.key", { stdin: lab.read("public.pem") });
    expect(keyFile("public.key")).toMatchObject({ class: "CKO_PUBLIC_KEY", keyType: "CKK_EC" });
    for (const key of ["public.key", "public.pem"]) {
      const { stdout } = await lab.ok(`verify --key ${key} --signature data.sig`, { stdin: "data" });
      expect(stdout).toBe("the signature is valid\n");
    }
  });

  it("refuse to export an unextractable key, with a hint", async () => {
    await lab.ok("key gen --out stays.key");
    const { code, stderr, bytes } = await lab.grep11("key export --key stays.key");
    expect(code).toBe(3);
    expect(stderr).toContain("error: CKR_KEY_UNEXTRACTABLE");
    expect(stderr).toContain("hint: Only keys made with --extractable");
    expect(bytes.length).toBe(0);
  });

  it.each([
    ["key import --in nothing.pem --out y.key", "there is no such file"],
    ["key import --in secret.bin --out y.key", "--type"],
    ["key import --in secret.bin --type rsa --out y.key", "neither PEM, nor DER (PKCS #8"],
    ["key import --in secret.bin --type aes:128 --out y.key", "256 bits, not 128"],
  ])("refuse %s", async (line, reason) => {
    const { code, stderr } = await lab.grep11(line);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });
});

describe("key info and key set", () => {
  it("show the attributes from the HSM, not from the file", async () => {
    await lab.ok("key gen --out shown.key");
    const file = keyFile("shown.key");
    lab.write("forged.key", JSON.stringify({ ...file, attributes: { CKA_EXTRACTABLE: true } }));
    const { stdout } = await lab.ok("key info --key forged.key --json --attr CKA_VALUE_LEN");
    expect(json(stdout)).toMatchObject({
      keyType: "CKK_AES",
      attributes: { CKA_CLASS: "CKO_SECRET_KEY", CKA_EXTRACTABLE: false, CKA_ENCRYPT: true, CKA_VALUE_LEN: 32 },
    });
    const offline = await lab.ok("key info --key forged.key --offline", { env: { GREP11_ADDRESS: "127.0.0.1:1" } });
    expect(offline.stdout).toContain("CKA_EXTRACTABLE = true");
  });

  it("change a right in place", async () => {
    await lab.ok("key gen --extractable --out changed.key");
    await lab.ok("key set --key changed.key --attr CKA_EXTRACTABLE=false --attr DECRYPT=false");
    expect((await lab.grep11("key export --key changed.key --encoding hex")).code).toBe(3);
    const { stdout } = await lab.ok("key info --key changed.key");
    expect(stdout).toContain("CKA_DECRYPT = false");
    expect(lab.mode("changed.key")).toBe(0o600);
  });

  it("report a damaged blob and a file that is not a key", async () => {
    const file = keyFile("shown.key");
    const blob = Buffer.from(String(file.blob), "base64");
    blob[100]! ^= 1;
    lab.write("damaged.key", JSON.stringify({ ...file, blob: blob.toString("base64") }));
    const damaged = await lab.grep11("key info --key damaged.key");
    expect(damaged.code).toBe(3);
    expect(damaged.stderr).toContain("CKR_IBM_BLOB_ERROR");
    for (const content of [
      "{}",
      "[1",
      '{"grep11Key":2}',
      '{"grep11Key":1,"class":"CKO_SECRET_KEY","keyType":"CKK_AES"}',
    ]) {
      lab.write("none.key", content);
      const { code, stderr } = await lab.grep11("key info --key none.key");
      expect(code).toBe(2);
      expect(stderr).toContain("none.key is not a key");
    }
  });

  it("follow a symbolic link instead of replacing it", async () => {
    await lab.ok("key gen --out target.key");
    symlinkSync("target.key", join(lab.folder, "link.key"));
    const before = lab.read("target.key");
    await lab.ok("key set --key link.key --attr CKA_DECRYPT=false");
    expect(lab.read("target.key")).not.toEqual(before);
  });
});

describe("wrap and unwrap", () => {
  it.each([
    ["key gen --type aes:256 --usage wrap,unwrap", ""],
    ["key gen --type des3 --usage wrap,unwrap", ""],
    ["key pair --type rsa:2048 --usage wrap,unwrap", ""],
    ["key pair --type rsa:2048 --usage wrap,unwrap", " --mech RSA_PKCS"],
    ["key gen --type aes:256 --usage wrap,unwrap", " --mech AES_CBC:iv=000102030405060708090a0b0c0d0e0f"],
  ])("transfer a secret key under a KEK of %s%s", async (kek, mech) => {
    await lab.ok(`${kek} --out w-kek.key --force`);
    await lab.ok("key gen --type aes:128 --usage sign,verify --extractable --out w.key --force");
    await lab.ok(`wrap --key w.key --kek w-kek.key --out w.wrapped${mech}`);
    await lab.ok(
      `unwrap --in w.wrapped --kek w-kek.key --type aes:128 --usage sign,verify --out w2.key --force${mech}`,
    );
    const [first, second] = [
      await lab.ok("sign --key w.key", { stdin: "a" }),
      await lab.ok("sign --key w2.key", { stdin: "a" }),
    ];
    expect(second.bytes).toEqual(first.bytes);
    expect(keyFile("w2.key").checkSum).toBe(keyFile("w.key").checkSum);
  });

  it("transfer a private key with its public key", async () => {
    await lab.ok("key gen --usage wrap,unwrap --out p-kek.key");
    await lab.ok("key pair --type ed25519 --extractable --out p.key");
    await lab.ok("wrap --key p.key --kek p-kek.key --out p.wrapped");
    await lab.ok("unwrap --in p.wrapped --kek p-kek.key --type ed25519 --out p2.key");
    await lab.ok("sign --key p2.key --out p.sig", { stdin: "data" });
    await lab.ok("verify --key p.key --signature p.sig", { stdin: "data" });
    await lab.ok("verify --key p2.key --signature p.sig", { stdin: "data" });
  });

  it("refuse a wrapped key that was altered", async () => {
    await lab.ok("key gen --usage wrap,unwrap --out t-kek.key");
    await lab.ok("key pair --extractable --out t.key");
    await lab.ok("wrap --key t.key --kek t-kek.key --out t.wrapped");
    const wrapped = lab.read("t.wrapped");
    wrapped[20]! ^= 1;
    lab.write("t.wrapped", wrapped);
    const { code, stderr } = await lab.grep11("unwrap --in t.wrapped --kek t-kek.key --type ec --out t2.key");
    expect(code).toBe(3);
    expect(stderr).toContain("CKR_WRAPPED_KEY_INVALID");
    lab.write("t.wrapped", wrapped.subarray(0, 9));
    expect((await lab.grep11("unwrap --in t.wrapped --kek t-kek.key --type ec --out t2.key")).code).toBe(2);
  });
});

describe("derive", () => {
  it.each([
    ["ec:P-256 --usage derive", ""],
    ["ec:P-384 --usage derive", " --mech ECDH1_DERIVE:kdf=sha512,shared=0102"],
    ["x25519", ""],
    ["dh --params dh.der", ""],
  ])("agrees on a key with %s%s", async (type, mech) => {
    if (type.startsWith("dh")) await lab.ok("key pair --type dh:2048 --params-out dh.der --out dh.key --force");
    for (const name of ["alice", "bob"]) await lab.ok(`key pair --type ${type} --out ${name}.key --force`);
    const publicForm = type.startsWith("dh") ? "bob.key" : "bob.pem";
    await lab.ok("key export --public --key bob.key --out bob.pem");
    await lab.ok(`derive --key alice.key --peer ${publicForm}${mech} --usage encrypt --out alice.shared --force`);
    await lab.ok(`derive --key bob.key --peer alice.key${mech} --usage decrypt --out bob.shared --force`);
    const { bytes } = await lab.ok("encrypt --key alice.shared", { stdin: "hello" });
    expect((await lab.ok("decrypt --key bob.shared", { stdin: bytes })).stdout).toBe("hello");
  });

  it("hashes a secret key and requires a peer for key agreement", async () => {
    await lab.ok("key gen --type generic:256 --usage derive --out base.key");
    await lab.ok("derive --key base.key --out child.key");
    await lab.ok("key pair --usage derive --out alone.key");
    const { code, stderr } = await lab.grep11("derive --key alone.key --out child2.key");
    expect(code).toBe(2);
    expect(stderr).toContain("--peer");
  });
});

describe("rewrap", () => {
  it("seals keys under the next master key", async () => {
    await lab.ok("key gen --out r1.key");
    await lab.ok("key pair --out r2.key");
    const early = await lab.grep11("rewrap r1.key");
    expect(early.code).toBe(3);
    expect(early.stderr).toContain("CKR_IBM_WK_NOT_INITIALIZED");

    const { bytes } = await lab.ok("encrypt --key r1.key", { stdin: "kept" });
    const loaded = lab.keyring.keyring.generate(lab.random);
    lab.keyring.replace(loaded.commit(loaded.next!.masterKey.verificationPattern));
    expect((await lab.ok("rewrap --dry-run r1.key r2.key")).stdout).toBe(
      "r1.key: can be rewrapped\nr2.key: can be rewrapped\n",
    );
    const { stdout } = await lab.ok("rewrap r1.key r2.key --json");
    expect(JSON.parse(stdout)).toEqual([
      { file: "r1.key", out: "r1.key.next" },
      { file: "r2.key", out: "r2.key.next" },
    ]);
    const early2 = await lab.grep11("decrypt --key r1.key.next", { stdin: bytes });
    expect(early2.stderr).toContain("CKR_IBM_WKID_MISMATCH");
    lab.keyring.replace(lab.keyring.keyring.activate().finalise());
    expect((await lab.ok("decrypt --key r1.key.next", { stdin: bytes })).stdout).toBe("kept");
    await lab.ok("sign --key r2.key.next --out r2.sig", { stdin: "x" });
    await lab.ok("verify --key r2.key.next --signature r2.sig", { stdin: "x" });
    expect((await lab.grep11("decrypt --key r1.key", { stdin: bytes })).stderr).toContain(
      "hint: The key belongs to another",
    );
  });
});
