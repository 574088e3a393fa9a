import { createHash, randomBytes } from "node:crypto";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mechanism, template } from "@grep11/client";
import { iamTokenSource } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { failure, openServerLab, program, type ServerLab } from "./testing/server-lab.ts";
import { devArguments, runProgram } from "./testing/spawned-server.ts";

let lab: ServerLab;
let directory: string;
beforeEach(async () => {
  lab = await openServerLab();
  directory = lab.directory;
});
afterEach(() => lab.close());

const PLAIN = Buffer.from("attack at dawn");
const iv = randomBytes(16);

async function aesKey(ep11: ck.Ep11): Promise<Uint8Array> {
  const { key } = await ep11.generateKey({
    mech: { mechanism: ck.CKM_AES_KEY_GEN },
    template: template({ CKA_VALUE_LEN: 32, CKA_ENCRYPT: true, CKA_DECRYPT: true }),
  });
  return key.keyBlobs[0] as Uint8Array;
}

async function encrypt(ep11: ck.Ep11, key: Uint8Array): Promise<Uint8Array> {
  return (await ep11.encryptSingle({ mech: mechanism.aesCbcPad(iv), plain: PLAIN, key: key })).ciphered;
}

async function decrypt(ep11: ck.Ep11, key: Uint8Array, ciphered: Uint8Array): Promise<Buffer> {
  return Buffer.from((await ep11.decryptSingle({ mech: mechanism.aesCbcPad(iv), ciphered, key: key })).plain);
}

describe("grep11-server --dev", () => {
  it("prints its addresses and a warning that it is software", async () => {
    const server = await lab.spawned(devArguments(directory));
    expect(server.report).toMatchObject({
      pid: expect.any(Number),
      grpc: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      tls: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      iam: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    expect(await readFile(server.report.ca as string, "utf8")).toContain("BEGIN CERTIFICATE");
    await expect.poll(() => server.stderr()).toContain("NOT FOR PRODUCTION KEYS");
  });

  it("serves without credentials on the plain port, with tokens of its fake IAM over TLS", async () => {
    const { report } = await lab.spawned(devArguments(directory));
    const open = lab.client({ address: report.grpc as string });
    expect((await open.getMechanismList({})).mechs[0]).toBe(ck.CKM_RSA_PKCS);

    const tls = { ca: await readFile(report.ca as string) };
    const address = report.tls as string;
    expect(await failure(lab.client({ address, tls }).getMechanismList({}))).toBe(ck.CKR_IBM_GREP11_NOT_AUTHENTICATED);
    expect(await failure(lab.client({ address, tls, auth: "invented" }).getMechanismList({}))).toBe(
      ck.CKR_IBM_GREP11_NOT_AUTHENTICATED,
    );
    const auth = iamTokenSource({ apikey: "any", endpoint: report.iam as string });
    expect((await lab.client({ address, tls, auth }).getMechanismList({})).mechs[0]).toBe(ck.CKM_RSA_PKCS);
  });

  it("keeps keys and certificates over a restart, and ends with 0 on SIGTERM", async () => {
    const first = await lab.spawned(devArguments(directory));
    const ep11 = lab.client({ address: first.report.grpc as string });
    const key = await aesKey(ep11);
    const ciphered = await encrypt(ep11, key);
    const ca = await readFile(first.report.ca as string, "utf8");
    expect(await first.stop()).toBe(0);

    const second = await lab.spawned(devArguments(directory));
    expect(await decrypt(lab.client({ address: second.report.grpc as string }), key, ciphered)).toEqual(PLAIN);
    expect(await readFile(second.report.ca as string, "utf8")).toBe(ca);
  });

  it("keeps its secrets in files that only their owner can read", async () => {
    await lab.spawned(devArguments(directory));
    for (const file of ["keyring.g11", "keyring.key", "tls/ca.key", "tls/server.key"])
      expect((await stat(join(directory, "data", file))).mode & 0o777).toBe(0o600);
    await chmod(join(directory, "data", "keyring.key"), 0o644);
    const refused = await runProgram(devArguments(directory));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("keyring.key");
  });

  it("names the port when one is in use, whichever it is", async () => {
    const { report } = await lab.spawned(devArguments(directory));
    const taken = { "--port": report.grpc, "--tls-port": report.tls, "--iam-port": report.iam };
    for (const [option, address] of Object.entries(taken)) {
      const port = address?.split(":").at(-1) as string;
      const refused = await runProgram([...devArguments(directory), option, port]);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`127.0.0.1:${port} is in use`) });
    }
  });

  it("logs a failed call by its CKR name, and nothing that was sent", async () => {
    const server = await lab.spawned([...devArguments(directory), "--log-level", "trace"]);
    const ep11 = lab.client({ address: server.report.grpc as string });
    const pin = Buffer.from("CANARY-PIN-THAT-IS-TOO-LONG");
    expect(await failure(ep11.login({ storeid: new Uint8Array(), pin }))).toBe(ck.CKR_PIN_LEN_RANGE);
    await encrypt(ep11, await aesKey(ep11));
    await server.stop();
    const log = server.stderr();
    expect(log).toContain('"rpc":"Login"');
    expect(log).toContain("CKR_PIN_LEN_RANGE");
    for (const secret of [pin, PLAIN])
      for (const encoding of ["utf8", "hex", "base64"] as const) expect(log).not.toContain(secret.toString(encoding));
  });
});

describe("grep11-server keyring", () => {
  it("rotates the master key under a running server", async () => {
    const server = await lab.spawned(devArguments(directory));
    const ep11 = lab.client({ address: server.report.grpc as string });
    const key = await aesKey(ep11);
    const ciphered = await encrypt(ep11, key);
    const keyring = async (...args: string[]) => {
      const result = await program(["keyring", ...args, "--json", "--data-dir", join(directory, "data")]);
      expect(result.stderr).toBe("");
      return JSON.parse(result.stdout) as Record<string, string>;
    };
    expect(await failure(ep11.rewrapKeyBlob({ wrappedKey: key }))).toBe(ck.CKR_IBM_WK_NOT_INITIALIZED);

    const { next } = await keyring("generate-next");
    await keyring("commit", "--pattern", next as string);
    const rewrapped = await vi.waitFor(async () => {
      const result = await ep11.rewrapKeyBlob({ wrappedKey: key });
      return result.rewrappedKey.keyBlobs[0] as Uint8Array;
    }, 5000);
    expect(await decrypt(ep11, key, ciphered)).toEqual(PLAIN);
    expect(await failure(decrypt(ep11, rewrapped, ciphered))).toBe(ck.CKR_IBM_WKID_MISMATCH);

    expect(await keyring("activate")).toMatchObject({ current: next, previous: expect.any(String) });
    await keyring("finalise");
    server.signal("SIGHUP");
    await vi.waitFor(async () => expect(await decrypt(ep11, rewrapped, ciphered)).toEqual(PLAIN), 5000);
    expect(await failure(decrypt(ep11, key, ciphered))).toBe(ck.CKR_IBM_WKID_MISMATCH);
  });

  it("imports a master key in parts and shows patterns that operators can compare", async () => {
    const parts = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const names = parts.map((_, i) => join(directory, `part${i}`));
    for (const [i, name] of names.entries())
      await writeFile(name, i === 0 ? parts[i]! : parts[i]!.toString("hex"), { mode: 0o600 });
    const keyring = (...args: string[]) => program(["keyring", ...args, "--data-dir", join(directory, "data")]);
    expect((await keyring("init", "--empty")).code).toBe(0);

    const imported = await keyring("import-parts", ...names.flatMap((name) => ["--part", name]), "--json");
    const pattern = (key: Buffer) => createHash("sha256").update(Uint8Array.of(1)).update(key).digest("hex");
    for (const part of parts) expect(imported.stderr).toContain(pattern(part));
    const masterKey = Buffer.from(parts[0]!.map((byte, i) => byte ^ parts[1]![i]! ^ parts[2]![i]!));
    expect(JSON.parse(imported.stdout)).toEqual({ epoch: 1, next: pattern(masterKey), nextState: "uncommitted" });

    expect((await keyring("commit", "--pattern", "00".repeat(32))).code).toBe(3);
    expect((await keyring("commit", "--pattern", pattern(masterKey))).code).toBe(0);
    expect((await keyring("activate")).stdout).toContain(`current   ${pattern(masterKey)}`);
    expect((await keyring("finalise")).code).toBe(3);
    expect((await keyring("init")).code).toBe(3);
    expect((await keyring("import-parts", "--part", names[0]!)).code).toBe(3);
    await chmod(names[0]!, 0o644);
    expect((await keyring("import-parts", "--part", names[0]!, "--part", names[1]!)).code).toBe(2);
  });

  it("opens with the right passphrase only", async () => {
    const passphrase = join(directory, "passphrase");
    const config = join(directory, "c.yaml");
    await writeFile(passphrase, "correct horse battery staple\n", { mode: 0o600 });
    await writeFile(
      config,
      `grep11: { keyring: { file: ${join(directory, "k.g11")}, passphrasefile: ${passphrase} } }\n`,
    );
    const made = await program(["keyring", "init", "--config", config]);
    expect(await program(["keyring", "show", "--config", config])).toMatchObject({ code: 0, stdout: made.stdout });
    await writeFile(passphrase, "correct horse battery stable\n");
    expect((await program(["keyring", "show", "--config", config])).code).toBe(3);
  }, 20_000);
});
