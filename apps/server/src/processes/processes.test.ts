import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createGrep11Client, mechanism } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { childrenOf, devArguments, runProgram, type SpawnedServer, spawnServer } from "../testing/spawned-server.ts";
import { parseProcesses } from "./count.ts";

let directory: string;
let server: SpawnedServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "grep11-processes-"));
  server = await spawnServer(directory, [...devArguments(directory), "--processes", "2"]);
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});

/** Returns the process ids of the workers. */
function workers(): number[] {
  return childrenOf(server.report.pid);
}

/** Returns `count` clients, each with its own connection. The server distributes connections over its processes in turn. */
function clients(count: number) {
  const address = server.report.grpc as string;
  return Array.from({ length: count }, () => {
    const transport = createGrpcTransport({ address });
    return { ep11: createGrep11Client(transport), close: () => transport.close() };
  });
}

const MESSAGE = Uint8Array.from({ length: 100 }, (_, at) => at);

const template = new Map<number, boolean | number>([
  [ck.CKA_VALUE_LEN, 16],
  [ck.CKA_ENCRYPT, true],
  [ck.CKA_DECRYPT, true],
  [ck.CKA_SIGN, true],
]);

describe("several processes on one port", () => {
  it("continue each other's operations", async () => {
    const some = clients(4);
    const mech = { mechanism: ck.CKM_SHA256 };
    let { state } = await some[0]!.ep11.digestInit({ mech });
    for (let part = 0; part < 12; part++) {
      ({ state } = await some[part % 4]!.ep11.digestUpdate({ state, data: Uint8Array.of(part) }));
    }
    const { digest } = await some[1]!.ep11.digestFinal({ state });
    const whole = await some[2]!.ep11.digestSingle({ mech, data: Uint8Array.from({ length: 12 }, (_, part) => part) });
    expect(digest).toEqual(whole.digest);
    for (const { close } of some) close();
  });

  it.each<[string, number, ck.Mechanism]>([
    ["AES-GCM", ck.CKM_AES_KEY_GEN, mechanism.aesGcm({ iv: new Uint8Array(12), aad: Uint8Array.of(2) })],
    ["ChaCha20-Poly1305", ck.CKM_CHACHA20_KEY_GEN, mechanism.chacha20Poly1305({ nonce: new Uint8Array(12) })],
  ])("encrypt the same with %s, wherever a message of 100 bytes is split", async (_, generation, mech) => {
    const some = clients(4);
    const length = generation === ck.CKM_AES_KEY_GEN ? 16 : 32;
    const { key } = await some[0]!.ep11.generateKey({
      mech: { mechanism: generation },
      template: new Map(template).set(ck.CKA_VALUE_LEN, length),
    });
    const whole = await some[0]!.ep11.encryptSingle({ mech, key, plain: MESSAGE });
    for (let cut = 1; cut < MESSAGE.length; cut++) {
      const [first, second, third, fourth] = some.map(({ ep11 }) => ep11);
      const started = await first!.encryptInit({ mech, key });
      const head = await second!.encryptUpdate({ state: started.state, plain: MESSAGE.subarray(0, cut) });
      const tail = await third!.encryptUpdate({ state: head.state, plain: MESSAGE.subarray(cut) });
      const { ciphered } = await fourth!.encryptFinal({ state: tail.state });
      expect(Buffer.concat([head.ciphered, tail.ciphered, ciphered]).equals(whole.ciphered), `split at ${cut}`).toBe(
        true,
      );
    }
    for (const { close } of some) close();
  });

  it("sign the same with AES-CMAC, wherever a message of 100 bytes is split", async () => {
    const some = clients(4);
    const mech = { mechanism: ck.CKM_AES_CMAC };
    const { key } = await some[0]!.ep11.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template });
    const whole = await some[0]!.ep11.signSingle({ mech, privKey: key, data: MESSAGE });
    for (let cut = 1; cut < MESSAGE.length; cut++) {
      const [first, second, third, fourth] = some.map(({ ep11 }) => ep11);
      const started = await first!.signInit({ mech, privKey: key });
      const head = await second!.signUpdate({ state: started.state, data: MESSAGE.subarray(0, cut) });
      const tail = await third!.signUpdate({ state: head.state, data: MESSAGE.subarray(cut) });
      const { signature } = await fourth!.signFinal({ state: tail.state });
      expect(signature, `split at ${cut}`).toEqual(whole.signature);
    }
    for (const { close } of some) close();
  });

  it("all follow a change of the keyring", async () => {
    const some = clients(4);
    const { key } = await some[0]!.ep11.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template });
    const keyring = (...args: string[]) =>
      runProgram(["keyring", ...args, "--data-dir", join(directory, "data"), "--json"]);
    const { next } = JSON.parse((await keyring("generate-next")).stdout) as { next: string };
    expect((await keyring("commit", "--pattern", next)).code).toBe(0);
    expect((await keyring("activate")).code).toBe(0);
    expect((await keyring("finalise")).code).toBe(0);
    await sleep(1500);
    for (const { ep11, close } of some) {
      await expect(
        ep11.getAttributeValue({ object: key.keyBlobs[0]!, attributes: [ck.CKA_ENCRYPT] }),
      ).rejects.toMatchObject({ rv: ck.CKR_IBM_WKID_MISMATCH });
      close();
    }
  });

  it("replace one that dies", async () => {
    const before = workers();
    expect(before).toHaveLength(2);
    process.kill(before[0]!, "SIGKILL");
    for (let tries = 0; tries < 100 && workers().filter((pid) => pid !== before[0]).length < 2; tries++)
      await sleep(50);
    expect(workers().filter((pid) => pid !== before[0])).toHaveLength(2);
    await sleep(1000);
    for (const { ep11, close } of clients(4)) {
      expect((await ep11.generateRandom({ len: 8 })).rnd).toHaveLength(8);
      close();
    }
  });

  it("all end on SIGTERM", async () => {
    const all = workers();
    expect(await server.stop()).toBe(0);
    for (const pid of all) expect(() => process.kill(pid, 0)).toThrow();
    server = await spawnServer(directory, devArguments(directory));
  });
});

it("parses the number of processes", () => {
  expect(parseProcesses("3")).toBe(3);
  expect(parseProcesses("auto")).toBeGreaterThan(0);
  for (const wrong of ["0", "65", "-1", "two", ""]) expect(parseProcesses(wrong)).toBeUndefined();
});
