/** Tests `grep11-server key trust` with blobs and key files. The server that runs at the same time has the same keyring. */
import { execFileSync } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as ck from "@grep11/cryptoki";
import { createEngine, LiveKeyring } from "@grep11/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyringInDataDir } from "../keyring/locate-keyring.ts";
import { openServerLab, program, type ServerLab } from "../testing/server-lab.ts";

let lab: ServerLab;
let directory: string;
let engine: ReturnType<typeof createEngine>;
const at = (name: string) => join(directory, name);

async function aes(...rights: number[]): Promise<Uint8Array> {
  const all = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_SIGN, ck.CKA_VERIFY, ck.CKA_WRAP, ck.CKA_UNWRAP];
  const template = new Map<number, ck.AttributeValue>([
    [ck.CKA_VALUE_LEN, 32],
    ...all.map((right) => [right, rights.includes(right)] as const),
  ]);
  return ck.sealedBytes((await engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template })).key);
}

async function isTrusted(blob: Uint8Array): Promise<ck.AttributeValue | undefined> {
  const { attributes } = await engine.getAttributeValue({ object: blob, attributes: [ck.CKA_TRUSTED] });
  return attributes.get(ck.CKA_TRUSTED);
}

const trust = (...options: string[]) => program(["key", "trust", "--data-dir", directory, ...options]);

beforeAll(async () => {
  lab = await openServerLab();
  directory = lab.directory;
  expect((await program(["keyring", "init", "--data-dir", directory])).code).toBe(0);
  engine = createEngine({ keyring: new LiveKeyring(await keyringInDataDir(directory).store.read()) });
});

afterAll(async () => {
  await engine.close();
  await lab.close();
});

describe("a blob", () => {
  it("becomes trusted in a new file, and untrusted in another", async () => {
    await writeFile(at("kek.blob"), await aes(ck.CKA_WRAP, ck.CKA_UNWRAP));
    const made = await trust("--key", at("kek.blob"), "--out", at("trusted.blob"));
    expect([made.code, made.stdout]).toEqual([0, ""]);
    const trusted = new Uint8Array(await readFile(at("trusted.blob")));
    expect(await isTrusted(trusted)).toBe(true);
    expect((await stat(at("trusted.blob"))).mode & 0o777).toBe(0o600);
    expect((await trust("--key", at("trusted.blob"), "--remove", "--out", at("plain.blob"))).code).toBe(0);
    expect(await isTrusted(new Uint8Array(await readFile(at("plain.blob"))))).toBe(false);
  });

  it("is printed in base64 without --out", async () => {
    await writeFile(at("printed.blob"), await aes(ck.CKA_WRAP));
    const { stdout } = await trust("--key", at("printed.blob"));
    expect(await isTrusted(new Uint8Array(Buffer.from(stdout, "base64")))).toBe(true);
  });
});

describe("a key file of grep11", () => {
  it("keeps everything but the blob and the changed attributes", async () => {
    const blob = Buffer.from(await aes(ck.CKA_WRAP)).toString("base64");
    const attributes = { CKA_WRAP: true, CKA_TRUSTED: false, CKA_MODIFIABLE: true, CKA_EXTRACTABLE: true };
    const json = {
      grep11Key: 1,
      class: ck.ckoName(ck.CKO_SECRET_KEY),
      created: "2026-01-01T00:00:00Z",
      attributes,
      blob,
    };
    await writeFile(at("kek.key"), JSON.stringify(json));
    expect((await trust("--key", at("kek.key"), "--out", at("trusted.key"))).code).toBe(0);
    const changed = JSON.parse(await readFile(at("trusted.key"), "utf8")) as typeof json;
    const expected = { ...attributes, CKA_TRUSTED: true, CKA_MODIFIABLE: false, CKA_EXTRACTABLE: false };
    expect(changed).toEqual({ ...json, attributes: expected, blob: changed.blob });
    expect(await isTrusted(new Uint8Array(Buffer.from(changed.blob, "base64")))).toBe(true);
  });
});

describe("refused with a reason", () => {
  it.each<[string, () => Promise<Uint8Array>, number, RegExp]>([
    [
      "a key that decrypts",
      () => aes(ck.CKA_WRAP, ck.CKA_DECRYPT),
      3,
      /CKR_ACTION_PROHIBITED: it has, or once had, a right/,
    ],
    ["a key that wraps nothing", () => aes(ck.CKA_UNWRAP), 3, /has no CKA_WRAP/],
    ["a blob of another keyring", async () => new Uint8Array(256), 3, /CKR_IBM_WKID_MISMATCH|CKR_IBM_BLOB_ERROR/],
    ["an empty file", async () => new Uint8Array(0), 2, /is empty/],
    ["JSON of something else", async () => new TextEncoder().encode("{}"), 2, /not a key file of grep11/],
    ["half a key file", async () => new TextEncoder().encode('{"grep11Key":1'), 2, /is not JSON/],
    ["a key file without blob", async () => new TextEncoder().encode('{"grep11Key":1}'), 2, /"blob" is not base64/],
  ])("%s", async (name, content, code, reason) => {
    const file = at(`${name}.key`);
    await writeFile(file, await content());
    const result = await trust("--key", file, "--out", at("never.key"));
    expect([result.code, result.stdout]).toEqual([code, ""]);
    expect(result.stderr).toMatch(reason);
    await expect(stat(at("never.key"))).rejects.toThrow();
  });

  it("what is not a regular file, at once", async () => {
    execFileSync("mkfifo", [at("fifo")]);
    for (const name of ["fifo", "."]) {
      expect(await trust("--key", at(name))).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("regular file"),
      });
    }
  });

  it("a file that exists: no key is overwritten", async () => {
    await writeFile(at("again.blob"), await aes(ck.CKA_WRAP));
    expect((await trust("--key", at("again.blob"), "--out", at("again.blob"))).code).toBe(2);
    expect(await isTrusted(new Uint8Array(await readFile(at("again.blob"))))).toBe(false);
  });
});
