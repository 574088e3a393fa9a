import { createHash, createPublicKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "../testing/lab.ts";
import { COMMANDS } from "./table.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
  await lab.ok("key gen --out aes.key --extractable");
  await lab.ok("key gen --usage wrap,unwrap --out kek.key");
  await lab.ok("key pair --out ec.key --extractable");
  for (const name of ["a", "b"]) {
    await lab.ok(`key pair --type bls --out ${name}.key`);
    await lab.ok(`sign --key ${name}.key --out ${name}.sig`, { stdin: "data" });
  }
});
afterAll(() => lab.close());

const json = async (line: string, stdin = "data") =>
  JSON.parse((await lab.ok(line, { stdin })).stdout) as Record<string, unknown>;
const HEX = /^([0-9a-f]{2})+$/;

describe("--json", () => {
  it("is an option of every command", () => {
    expect(COMMANDS.filter(({ flags }) => !("json" in flags)).map(({ name }) => name)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ["random 4", { random: expect.stringMatching(/^[0-9a-f]{8}$/) }],
    ["digest", { mechanism: "CKM_SHA256", digest: createHash("sha256").update("data").digest("hex") }],
    ["encrypt --key aes.key", { mechanism: "CKM_AES_CBC_PAD", ciphered: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    ["sign --key ec.key", { mechanism: "CKM_ECDSA_SHA256", signature: expect.stringMatching(/^[0-9a-f]{128}$/) }],
    ["wrap --key aes.key --kek kek.key", { mechanism: "CKM_AES_CBC_PAD", wrapped: expect.stringMatching(HEX) }],
    ["key export --key aes.key", { keyType: "CKK_AES", key: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    ["key export --key ec.key --form der", { keyType: "CKK_EC", key: expect.stringMatching(HEX) }],
    ["key export --key ec.key", { keyType: "CKK_EC", key: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----\n/) }],
    ["aggregate signatures a.sig b.sig", { signatures: 2, signature: expect.stringMatching(HEX) }],
    ["logout", { loggedOut: true }],
  ])("%s", async (line, expected) => {
    expect(await json(`${line} --json`)).toEqual(expected);
  });

  it("contains what other commands accept", async () => {
    const { ciphered } = await json("encrypt --key aes.key --json --encoding base64", "a secret");
    lab.write("ciphered", Buffer.from(String(ciphered), "base64"));
    expect(await json("decrypt --key aes.key --json --in ciphered")).toEqual({
      mechanism: "CKM_AES_CBC_PAD",
      plain: Buffer.from("a secret").toString("hex"),
    });
    const { publicKey } = await json("key export --key ec.key --public --json");
    expect(createPublicKey(String(publicKey)).asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  });

  it("names the file if the result was written to one", async () => {
    const details = await json("sign --key ec.key --out ec.sig --json");
    expect(details).toEqual({ mechanism: "CKM_ECDSA_SHA256", file: "ec.sig", bytes: 64 });
    expect(lab.read("ec.sig")).toHaveLength(64);
    await lab.ok("verify --key ec.key --signature ec.sig", { stdin: "data" });
  });

  it("accepts data of any size and prints nothing after a failure", async () => {
    const { random } = await json("random 2500000 --json --encoding base64");
    expect(Buffer.from(String(random), "base64")).toHaveLength(2_500_000);
    const { code, stdout } = await lab.grep11("decrypt --key aes.key --json", { stdin: "no ciphertext of this key!!" });
    expect([code, stdout]).toEqual([3, ""]);
  });

  it("has the PIN blob of a session", async () => {
    lab.write("pin.txt", "12345678\n");
    expect(await json("login --pin-file pin.txt --json")).toEqual({ pinblob: expect.stringMatching(HEX) });
  });
});
