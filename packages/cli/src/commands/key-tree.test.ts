import { createPrivateKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "../testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const keyFile = (name: string) => JSON.parse(Buffer.from(lab.read(name)).toString()) as Record<string, unknown>;

/** The seed of the first test vectors of BIP 32 and SLIP-0010. */
const SEED = bytes("000102030405060708090a0b0c0d0e0f");
/** The seed of test case 0 of EIP-2333. */
const ETH_SEED = bytes(
  "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04",
);

beforeAll(async () => {
  lab = await openLab();
  lab.write("seed.bin", SEED);
  lab.write("eth.bin", ETH_SEED);
  await lab.ok("key import --in seed.bin --type generic --usage derive --extractable --out seed.key");
  await lab.ok("key import --in eth.bin --type generic --usage derive --extractable --out eth.key");
});
afterAll(() => lab.close());

/** Returns the private scalar of an exported key. */
async function scalarOf(name: string): Promise<string> {
  const { bytes: der } = await lab.ok(`key export --form der --key ${name}`);
  const jwk = createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }).export({ format: "jwk" });
  return Buffer.from(jwk.d!, "base64url").toString("hex");
}

describe("derive path", () => {
  it.each([
    [
      "bip32",
      "m",
      "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35",
      "873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508",
    ],
    [
      "bip32",
      "m/0'/1/2h/2/1000000000",
      "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8",
      "c783e67b921d2beb8f6b389cc646d7263b4145701dadd2161548a8b078e65e9e",
    ],
    [
      "slip10 --curve Ed25519",
      "m/0h/1h/2h/2h/1000000000h",
      "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
      "68789923a0cac2cd5a29172a475fe9e0fb14cd6adb5ad98a3fa70333e7afa230",
    ],
  ])("reproduces the published key of %s %s", async (scheme, path, privateKey, chainCode) => {
    await lab.ok(`derive path --key seed.key --scheme ${scheme} --path ${path} --extractable --out tree.key --force`);
    expect(await scalarOf("tree.key")).toBe(privateKey);
    expect(keyFile("tree.key").checkSum).toBe(chainCode);
  });

  it("continues from a derived key, and derives the same keys privately and publicly", async () => {
    await lab.ok("derive path --key seed.key --path m/44h/0h --out account.key");
    await lab.ok("derive path --key account.key --path 0/7 --out private.key");
    await lab.ok("derive path --key account.key --path 0 --public --out public-parent.key");
    await lab.ok("derive path --key public-parent.key --path 7 --out public.key");
    expect(keyFile("public.key")).toMatchObject({ class: "CKO_PUBLIC_KEY", checkSum: keyFile("private.key").checkSum });
    const halves = ["private.key", "public.key"].map((key) => lab.ok(`key export --public --key ${key}`));
    const [first, second] = await Promise.all(halves);
    expect(second!.stdout).toBe(first!.stdout);
    await lab.ok("sign --key private.key --out tree.sig", { stdin: "data" });
    await lab.ok("verify --key public.key --signature tree.sig", { stdin: "data" });
    expect((await lab.grep11("key export --key private.key")).code).toBe(3);
  });

  it("derives EIP-2333 keys that sign with BLS", async () => {
    await lab.ok("derive path --key eth.key --scheme eip2333 --path m/0 --extractable --out eth-0.key");
    const { bytes: der } = await lab.ok("key export --form der --key eth-0.key");
    expect(Buffer.from(der).toString("hex")).toContain(
      "2d18bd6c14e6d15bf8b5085c9b74f3daae3b03cc2014770a599d8c1539e50f8e",
    );
    await lab.ok("sign --key eth-0.key --out eth.sig", { stdin: "data" });
    await lab.ok("verify --key eth-0.key --signature eth.sig", { stdin: "data" });
  });

  it.each([
    ["--key seed.key --path 0/1", "a path from a seed begins at m"],
    ["--key account.key --path m/1", "begins at a seed"],
    ["--key seed.key --path m/x", "not a child"],
    ["--key seed.key --path m --public", "no child"],
    ["--key seed.key --path m/0 --curve P-256", "on secp256k1"],
    ["--key eth.key --path m/0h --scheme eip2333", "not a child"],
  ])("refuses %s", async (line, reason) => {
    const { code, stderr } = await lab.grep11(`derive path ${line} --out refused.key`);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });

  it("reports what the HSM refuses", async () => {
    const { code, stderr } = await lab.grep11(
      "derive path --key seed.key --scheme slip10 --curve Ed25519 --path m/1 --out refused.key",
    );
    expect(code).toBe(3);
    expect(stderr).toContain("CKR_MECHANISM_PARAM_INVALID");
  });
});
