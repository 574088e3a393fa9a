import { pbkdf2Sync } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "../testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
  lab.write("password.txt", "correct horse\n");
});
afterAll(() => lab.close());

const details = (name: string) => JSON.parse(Buffer.from(lab.read(name)).toString()) as Record<string, string>;
const value = async (name: string) => Buffer.from((await lab.ok(`key export --key ${name}`)).bytes);

describe("a key from a password", () => {
  it("is derived by PBKDF2 (RFC 8018), from every source of the password", async () => {
    const salt = "00112233445566778899aabbccddeeff";
    const mech = `--mech PKCS5_PBKD2:hash=sha512,iterations=1000,salt=${salt} --extractable`;
    const expected = pbkdf2Sync("correct horse", Buffer.from(salt, "hex"), 1000, 32, "sha512");
    const descriptor = openSync(join(lab.folder, "password.txt"), "r");
    await lab.ok(`key gen ${mech} --password-file password.txt --out file.key`);
    await lab.ok(`key gen ${mech} --password-fd ${descriptor} --out fd.key`);
    await lab.ok(`key gen ${mech} --password-env PW --out env.key`, { env: { PW: "correct horse" } });
    await lab.ok(`key gen ${mech} --out typed.key`, { secret: "correct horse" });
    closeSync(descriptor);
    for (const name of ["file", "fd", "env", "typed"]) expect(await value(`${name}.key`)).toEqual(expected);
  });

  it("has a random salt, and its file keeps the parameters that make it again", async () => {
    const password = "--password-file password.txt --extractable --type generic:256";
    await lab.ok(`key gen ${password} --out one.key`);
    await lab.ok(`key gen ${password} --out two.key`);
    expect(details("one.key")).toMatchObject({
      mechanism: "CKM_PKCS5_PBKD2",
      parameters: expect.stringMatching(/^hash=sha256,iterations=600000,salt=[0-9a-f]{32}$/),
    });
    expect(await value("two.key")).not.toEqual(await value("one.key"));
    const { parameters } = details("one.key");
    const { stdout } = await lab.ok(`key gen ${password} --mech PKCS5_PBKD2:${parameters} --out again.key --json`);
    expect(JSON.parse(stdout)).toMatchObject({ mechanism: "CKM_PKCS5_PBKD2", parameters });
    expect(await value("again.key")).toEqual(await value("one.key"));
    const offline = await lab.ok("key info --offline --key one.key");
    expect(offline.stdout).toContain(`parameters   ${parameters}`);
  });

  it("is derived as in PKCS #12, with the password in its encoding (value from Bouncy Castle's tests)", async () => {
    lab.write("smeg.txt", "smeg");
    const mech = "--mech PBE_SHA1_DES3_EDE_CBC:iterations=1,salt=0A58CF64530D823F";
    await lab.ok(`key gen --type des3 ${mech} --password-file smeg.txt --extractable --out des3.key`);
    const withoutParity = (bytes: Buffer) => Array.from(bytes, (byte) => byte & 0xfe);
    const expected = Buffer.from("8AAAE6297B6CB04642AB5B077851284EB7128F1A2A7FBCA3", "hex");
    expect(withoutParity(await value("des3.key"))).toEqual(withoutParity(expected));
    expect(details("des3.key")).toMatchObject({ parameters: "iterations=1,salt=0a58cf64530d823f" });
  });

  it.each([
    ["--password-file password.txt --password-env PW", "name one source of the secret"],
    ["--password-env NOT_SET", "the environment variable NOT_SET is not set"],
    ["--password-file none.txt", "cannot read none.txt"],
    ["--mech PBE_SHA1_DES3_EDE_CBC --password-file password.txt", "makes des3 keys: give --type des3"],
    ["--mech AES_KEY_GEN --password-file password.txt", "CKM_AES_KEY_GEN does not derive keys from passwords"],
    ["--mech PKCS5_PBKD2:password=x", "CKM_PKCS5_PBKD2 takes hash, iterations, salt, not password"],
    ["--mech PKCS5_PBKD2:hash=md5 --password-file password.txt", "hash=md5 is not known; there are sha1"],
    ["--mech PKCS5_PBKD2", "the password is empty"],
  ])("is refused for invalid options: %s", async (options, reason) => {
    const { code, stderr } = await lab.grep11(`key gen ${options} --out never.key`);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });

  it("is refused by the HSM for too many iterations, and the password is in no message", async () => {
    const { code, stderr } = await lab.grep11(
      "key gen --mech PKCS5_PBKD2:iterations=100000000 --password-file password.txt --out never.key",
    );
    expect([code, stderr]).toEqual([3, expect.stringContaining("CKR_MECHANISM_PARAM_INVALID")]);
    expect(stderr).not.toContain("horse");
  });

  it("is only made by key gen", async () => {
    await lab.ok("key gen --out aes.key");
    const { code, stderr } = await lab.grep11("encrypt --key aes.key --mech PKCS5_PBKD2 --param-hex 00");
    expect([code, stderr]).toEqual([2, expect.stringContaining("use it with key gen")]);
  });
});
