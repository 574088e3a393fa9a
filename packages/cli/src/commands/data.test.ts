import { createDecipheriv, createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "../testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
  await lab.ok("key gen --out aes.key");
  await lab.ok("key gen --type des3 --out des.key");
  await lab.ok("key gen --type generic:256 --out mac.key");
  await lab.ok("key pair --type rsa:2048 --out rsa.key");
  await lab.ok("key pair --type ec:P-256 --out p256.key");
});
afterAll(() => lab.close());

const large = new Uint8Array(randomBytes(3_500_000));

describe("encrypt and decrypt", () => {
  it.each(["aes.key", "des.key"])("process any amount of data with %s", async (key) => {
    for (const data of [new Uint8Array(0), large.subarray(0, 15), large.subarray(0, 1 << 20), large]) {
      const { bytes } = await lab.ok(`encrypt --key ${key}`, { stdin: data });
      const again = await lab.ok(`decrypt --key ${key}`, { stdin: bytes });
      expect(Buffer.compare(again.bytes, data)).toBe(0);
    }
  });

  it("put a random IV first, where other software finds it", async () => {
    await lab.ok("key gen --extractable --out out.key");
    await lab.ok("key export --key out.key --out out.bin");
    const [first, second] = [
      await lab.ok("encrypt --key out.key", { stdin: "same" }),
      await lab.ok("encrypt --key out.key", { stdin: "same" }),
    ];
    expect(first.bytes).not.toEqual(second.bytes);
    const decipher = createDecipheriv("aes-256-cbc", lab.read("out.bin"), first.bytes.subarray(0, 16));
    expect(Buffer.concat([decipher.update(first.bytes.subarray(16)), decipher.final()]).toString()).toBe("same");
  });

  it("take an IV from --mech and then write none", async () => {
    const mech = `--mech AES_CBC_PAD:iv=${"00".repeat(16)}`;
    const { bytes } = await lab.ok(`encrypt --key aes.key ${mech}`, { stdin: "abc" });
    expect(bytes.length).toBe(16);
    expect((await lab.ok(`decrypt --key aes.key ${mech}`, { stdin: bytes })).stdout).toBe("abc");
    const byHex = `--mech CKM_AES_CBC_PAD --param-hex ${"00".repeat(16)}`;
    expect((await lab.ok(`decrypt --key aes.key ${byHex}`, { stdin: bytes })).stdout).toBe("abc");
  });

  it("decrypt no altered data with an authenticated cipher", async () => {
    for (const data of [new Uint8Array(0), large.subarray(0, 3 << 20)]) {
      const { bytes } = await lab.ok("encrypt --key aes.key --mech AES_GCM", { stdin: data });
      expect(bytes.length).toBe(12 + data.length + 16);
      const again = await lab.ok("decrypt --key aes.key --mech AES_GCM", { stdin: bytes });
      expect(Buffer.compare(again.bytes, data)).toBe(0);
      const altered = bytes.with(-1, bytes.at(-1)! ^ 1);
      const refused = await lab.grep11("decrypt --key aes.key --mech AES_GCM", { stdin: altered });
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain("CKR_ENCRYPTED_DATA_INVALID");
      expect(refused.bytes.length).toBe(0);
    }
    expect((await lab.grep11("encrypt --key aes.key --mech AES_GCM", { stdin: large })).code).toBe(2);
  });

  it("take parameters of current mechanisms by name", async () => {
    const [iv, block] = ["01".repeat(12), "02".repeat(16)];
    for (const [mech, length] of [
      [`AES_GCM:iv=${iv},aad=0909,tag=12`, 3 + 12],
      [`AES_CCM:length=3,nonce=${iv},aad=0909,mac=8`, 3 + 8],
      [`AES_CTR:block=${block},bits=32`, 3],
      ["AES_CTR", 16 + 3],
      ["AES_KEY_WRAP_KWP", 16],
    ] as const) {
      const { bytes } = await lab.ok(`encrypt --key aes.key --mech ${mech}`, { stdin: "abc" });
      expect(bytes.length).toBe(length);
      expect((await lab.ok(`decrypt --key aes.key --mech ${mech}`, { stdin: bytes })).stdout).toBe("abc");
    }
    for (const mech of ["AES_GCM:aad=0909", "AES_CCM:length=3", `AES_CTR:block=${block},bits=x`, "AES_CTR:iv=00"]) {
      expect((await lab.grep11(`encrypt --key aes.key --mech ${mech}`, { stdin: "abc" })).code).toBe(2);
    }
    const { bytes } = await lab.ok("sign --key mac.key --mech SHA256_HMAC_GENERAL:length=10", { stdin: "abc" });
    expect(bytes.length).toBe(10);
  });

  it.each([`AES_CTR:block=${"01".repeat(12)}`, "AES_GCM:iv=0x"])("refuse an invalid IV: %s", async (mech) => {
    const refused = await lab.grep11(`encrypt --key aes.key --mech ${mech}`, { stdin: "abc" });
    expect(refused.stderr).toContain("CKR_MECHANISM_PARAM_INVALID");
    expect(refused.bytes.length).toBe(0);
  });

  it.each([
    "AES_GCM:iv=",
    `AES_GCM:iv=${"01".repeat(12)},aad=`,
    "AES_CBC_PAD:iv=",
    "AES_CTR:block=",
    "AES_CCM:length=3,nonce=",
    "AES_KEY_WRAP_KWP:iv=",
    "CHACHA20_POLY1305:nonce=",
    "AES_CBC_PAD --param-hex=",
  ])("refuse an empty value from an unset variable: %s", async (mech) => {
    const { code, stdout, bytes } = await lab.grep11(`encrypt --key aes.key --mech ${mech}`, { stdin: "abc" });
    expect([code, stdout, bytes.length]).toEqual([2, "", 0]);
  });

  it("encrypt with the public key of a pair", async () => {
    await lab.ok("key export --public --key rsa.key --out rsa.pem");
    for (const [key, mech] of [
      ["rsa.key", ""],
      ["rsa.pem", ""],
      ["rsa.key", " --mech RSA_PKCS_OAEP:hash=sha1,label=0102"],
      ["rsa.key", " --mech RSA_PKCS"],
    ]) {
      const { bytes } = await lab.ok(`encrypt --key ${key}${mech}`, { stdin: "short" });
      expect(bytes.length).toBe(256);
      expect((await lab.ok(`decrypt --key rsa.key${mech}`, { stdin: bytes })).stdout).toBe("short");
    }
  });

  it("leave no file if the data turns out to be damaged", async () => {
    // The ciphertext consists of zeros, because random data would occasionally decrypt to valid padding.
    const { bytes } = await lab.ok("encrypt --key aes.key", { stdin: Buffer.alloc(large.length) });
    lab.write("damaged.enc", bytes.subarray(0, -16));
    lab.write("kept.txt", "older");
    const { code, stderr } = await lab.grep11("decrypt --key aes.key --in damaged.enc --out kept.txt");
    expect(code).toBe(3);
    expect(stderr).toContain("CKR_ENCRYPTED_DATA_INVALID");
    expect(Buffer.from(lab.read("kept.txt")).toString()).toBe("older");
    expect(readdirSync(lab.folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("explain what is wrong with data, keys and files", async () => {
    expect((await lab.grep11("decrypt --key aes.key", { stdin: "short" })).code).toBe(2);
    expect((await lab.grep11("decrypt --key aes.key", { stdin: randomBytes(33) })).code).toBe(3);
    expect((await lab.grep11("encrypt --key mac.key", { stdin: "a" })).code).toBe(2);
    expect((await lab.grep11("encrypt --key none.key", { stdin: "a" })).code).toBe(2);
    expect((await lab.grep11("encrypt --key aes.key --in .")).stderr).toContain("it is a directory");
    const denied = await lab.grep11("encrypt --key p256.key --mech AES_CBC_PAD", { stdin: "a" });
    expect(denied.code).toBe(3);
  });

  it("re-encrypt from one key to another inside the HSM", async () => {
    await lab.ok("key gen --out next.key");
    const old = await lab.ok("encrypt --key aes.key", { stdin: "moved" });
    const moved = await lab.ok("reencrypt --key aes.key --to-key next.key", { stdin: old.bytes });
    expect((await lab.ok("decrypt --key next.key", { stdin: moved.bytes })).stdout).toBe("moved");
    const ecb = await lab.ok(`reencrypt --key aes.key --to-key next.key --to-mech AES_CBC_PAD:iv=${"11".repeat(16)}`, {
      stdin: old.bytes,
    });
    expect(ecb.bytes.length).toBe(16);
  });
});

describe("digest and random", () => {
  it("hash like other software", async () => {
    const expected = createHash("sha256").update(large).digest("hex");
    expect((await lab.ok("digest", { stdin: large })).stdout).toBe(`${expected}\n`);
    const empty = createHash("sha3-512").digest("base64");
    expect((await lab.ok("digest --mech IBM_SHA3_512 --encoding base64")).stdout).toBe(`${empty}\n`);
    lab.write("data.bin", large);
    expect(JSON.parse((await lab.ok("digest --in data.bin --json")).stdout)).toEqual({
      mechanism: "CKM_SHA256",
      digest: expected,
    });
  });

  it("return as many random bytes as requested", async () => {
    expect((await lab.ok("random 1000001")).bytes.length).toBe(1_000_001);
    expect((await lab.ok("random 20 --encoding hex")).stdout).toMatch(/^[0-9a-f]{40}\n$/);
    for (const line of ["random", "random 0", "random x", "random 1 2"]) expect((await lab.grep11(line)).code).toBe(2);
  });
});

describe("sign and verify", () => {
  it.each([
    ["rsa.key", "", 2],
    ["rsa.key", "--mech SHA512_RSA_PKCS", 2],
    ["rsa.key", "--mech SHA512_RSA_PKCS_PSS:salt=0", 2],
    ["p256.key", "", 2],
    ["mac.key", "", 2],
    ["mac.key", "--mech SHA512_HMAC", 2],
    ["ed25519", "", 0.1],
    ["ed448", "", 0.1],
    ["ec:P-384", "", 2],
    ["ec:brainpoolP512r1", "", 2],
  ])("work with %s %s", async (key, mech, mebibytes) => {
    const file = key.endsWith(".key") ? key : "fresh.key";
    if (file === "fresh.key") await lab.ok(`key pair --type ${key} --out fresh.key --force`);
    const data = large.subarray(0, mebibytes * 1024 * 1024);
    const option = mech === "" ? "" : ` ${mech}`;
    await lab.ok(`sign --key ${file} --out data.sig${option}`, { stdin: data });
    await lab.ok(`verify --key ${file} --signature data.sig${option}`, { stdin: data });
    const other = await lab.grep11(`verify --key ${file} --signature data.sig${option} --json`, { stdin: "other" });
    expect(other.code).toBe(4);
    expect(JSON.parse(other.stdout)).toMatchObject({ valid: false });
    lab.write("cut.sig", lab.read("data.sig").subarray(1));
    expect((await lab.grep11(`verify --key ${file} --signature cut.sig${option}`, { stdin: data })).code).toBe(4);
  });

  it("write and read DER", async () => {
    await lab.ok("sign --key p256.key --der --out data.der", { stdin: "data" });
    const pem = (await lab.ok("key export --public --key p256.key")).stdout;
    expect(verify("sha256", Buffer.from("data"), createPublicKey(pem), lab.read("data.der"))).toBe(true);
    const { stdout } = await lab.ok("verify --key p256.key --der --signature data.der --json", { stdin: "data" });
    expect(JSON.parse(stdout)).toEqual({ valid: true, mechanism: "CKM_ECDSA_SHA256" });
    lab.write("bad.der", "no der");
    expect((await lab.grep11("verify --key p256.key --der --signature bad.der", { stdin: "data" })).code).toBe(4);
    expect((await lab.grep11("verify --key rsa.key --der --signature data.der", { stdin: "data" })).code).toBe(2);
  });

  it("explain that a mechanism takes all data in one call", async () => {
    await lab.ok("key pair --type ed25519 --out ed.key");
    const { code, stderr } = await lab.grep11("sign --key ed.key", { stdin: large });
    expect(code).toBe(3);
    expect(stderr).toContain("hint: See `grep11 mech info`");
  });
});

describe("login", () => {
  it("takes the PIN from a file or the terminal, never from an argument", async () => {
    lab.write("pin.txt", "12345678\n");
    await lab.ok("login --pin-file pin.txt --out session.pin");
    expect(lab.read("session.pin").length).toBe(80);
    expect(lab.mode("session.pin")).toBe(0o600);
    const typed = await lab.ok("login", { secret: "12345678" });
    expect(typed.bytes).toEqual(lab.read("session.pin"));
    const short = await lab.grep11("login", { secret: "1" });
    expect(short.code).toBe(3);
    expect(short.stderr).toContain("hint: A PIN has 8 to 16 bytes");
    expect((await lab.grep11("login --pin 12345678")).code).toBe(2);
    await lab.ok("logout");
  });
});
