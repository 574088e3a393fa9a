import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as ck from "@grep11/cryptoki";
import { afterAll, expect, test } from "vitest";
import { ckr, openedKey } from "../../test/keys.ts";
import type { KeyPairMaterial } from "../mechanisms/family.ts";
import { rsaPkcsHash } from "../mechanisms/rsa/rsa-pkcs1.ts";
import { createWorkerExecutor } from "./executor.ts";

const executor = createWorkerExecutor({ workers: 1, generationWorkers: 1 });
afterAll(() => executor.close());

const message = new TextEncoder().encode("signed elsewhere");

test("a key pair is made and used on worker threads", async () => {
  const templates = [new Map([[ck.CKA_MODULUS_BITS, 1024]]), new Map()];
  const args = [undefined, ...templates];
  const made = await executor.run(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, "generateKeyPair", args, "generation");
  const { publicKey, privateKey } = made as KeyPairMaterial;
  const key = openedKey(privateKey);
  const signature = await executor.run(ck.CKM_SHA256_RSA_PKCS, "sign", [key, undefined, message], "worker");
  const verified = rsaPkcsHash("sha256").verify!(openedKey(publicKey), undefined, message, signature as Uint8Array);
  expect(verified).toBe(true);
});

test("errors of the family reach the caller", async () => {
  const args = [undefined, new Map(), new Map()];
  const made = executor.run(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, "generateKeyPair", args, "generation");
  await expect(made).rejects.toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
  await expect(executor.run(ck.CKM_SHA256_RSA_PKCS, "digest", [message], "worker")).rejects.toThrow(
    ckr(ck.CKR_MECHANISM_INVALID),
  );
});

test("one principal can use only half of the queue", async () => {
  const busy = createWorkerExecutor({ workers: 1, queue: 4 });
  const generate = (principal: string) =>
    busy.run(
      ck.CKM_RSA_PKCS_KEY_PAIR_GEN,
      "generateKeyPair",
      [undefined, new Map([[ck.CKA_MODULUS_BITS, 512]]), new Map()],
      "worker",
      {
        principal,
      },
    );
  const mine = [generate("a"), generate("a"), generate("a")];
  await expect(generate("a")).rejects.toThrow(ckr(ck.CKR_DEVICE_MEMORY));
  await Promise.all([...mine, generate("b"), generate("b")]);
  await busy.close();
});

test("idle workers do not keep the process alive, busy ones do", async () => {
  const program = `
    import { createWorkerExecutor } from ${JSON.stringify(new URL("./executor.ts", import.meta.url).href)};
    const template = new Map([[${ck.CKA_MODULUS_BITS}, 512]]);
    createWorkerExecutor({ generationWorkers: 1 })
      .run(${ck.CKM_RSA_PKCS_KEY_PAIR_GEN}, "generateKeyPair", [undefined, template, new Map()], "generation")
      .then((pair) => console.log(pair.publicKey.value.length > 64));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    timeout: 20_000,
  });
  expect(stdout).toBe("true\n");
});

test("threads start when Node has V8 options", async () => {
  const directory = await mkdtemp(join(tmpdir(), "grep11-executor-"));
  const file = join(directory, "program.mjs");
  await writeFile(
    file,
    `import { createWorkerExecutor } from ${JSON.stringify(new URL("./executor.ts", import.meta.url).href)};
    const template = new Map([[${ck.CKA_MODULUS_BITS}, 512]]);
    const pair = await createWorkerExecutor({ generationWorkers: 1 })
      .run(${ck.CKM_RSA_PKCS_KEY_PAIR_GEN}, "generateKeyPair", [undefined, template, new Map()], "generation");
    console.log(pair.publicKey.value.length > 64);`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ["--max-semi-space-size=8", file], {
    timeout: 20_000,
  });
  await rm(directory, { recursive: true });
  expect(stdout).toBe("true\n");
});
