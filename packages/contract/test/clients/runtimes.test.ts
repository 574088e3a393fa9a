/**
 * Tests the engine on Node 22, 24 and 26, and the client also on the runtimes in GREP11_RUNTIMES, such as Node 20, Bun and Deno.
 * GREP11_RUNTIMES contains paths of programs, separated by colons. The package @grep11/runtimes provides Node 22 and 26 on
 * linux-x64. On other platforms they are skipped.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { createEngine, serialiseKeyring, UnsealKey } from "@grep11/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyring, EXPECTATIONS, type ServedEngine, serveEngine } from "../../src/index.ts";
import type { ClientOnRuntime } from "../../src/runtime-client.ts";
import type { EngineOnRuntime } from "../../src/runtime-engine.ts";

const run = promisify(execFile);
const runtimes = createRequire(createRequire(import.meta.url).resolve("@grep11/runtimes/package.json"));
const program = (name: string) => fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));

/** Returns the path of a runtime in @grep11/runtimes, or undefined if it is not installed. */
function installed(name: string): string | undefined {
  try {
    return runtimes.resolve(`${name}/bin/node`);
  } catch {
    return undefined;
  }
}

const NODES = [
  { name: "Node 22", path: installed("node22") },
  { name: "Node 24", path: process.execPath },
  { name: "Node 26", path: installed("node26") },
];
const NAMED = (process.env.GREP11_RUNTIMES ?? "").split(":").filter((path) => path !== "");
const RUNTIMES = [...NODES, ...NAMED.map((path) => ({ name: path, path }))];

/** Matches the mechanisms that Node supports from version 24.8. */
const POST_QUANTUM = /^CKM_(IBM_|HASH_)?(ML_DSA|ML_KEM|SLH_DSA)/;
/** After this time in milliseconds a program counts as hanging. On a busy machine with two cores, a program takes 15 seconds. */
const TIMEOUT_MS = 150_000;
const random = (length: number) => new Uint8Array(randomBytes(length));

describe.each(NODES)("the engine on $name", ({ name, path }) => {
  it.skipIf(path === undefined)(
    "executes every mechanism it lists, and refuses those that this version lacks",
    { timeout: 2 * TIMEOUT_MS },
    async () => {
      const passphrase = new TextEncoder().encode("a passphrase of tests");
      const keyring = createKeyring();
      const weakest = { memoryKiB: 64 * 1024, passes: 1, lanes: 1 };
      const unsealKey = await UnsealKey.create({ kind: "passphrase", bytes: passphrase }, random, weakest);
      const engine = createEngine({ keyring });
      const made = await engine.generateKey({
        mech: { mechanism: ck.CKM_AES_KEY_GEN },
        template: template({ CKA_VALUE_LEN: 16, CKA_ENCRYPT: true }),
      });
      const key = ck.sealedBytes(made.key);
      const mech = { mechanism: ck.CKM_AES_ECB };
      const { ciphered } = await engine.encryptSingle({ mech, key, plain: new Uint8Array(16) });
      await engine.close();

      const args = [serialiseKeyring(keyring, unsealKey, random), key].map((bytes) =>
        Buffer.from(bytes).toString("base64"),
      );
      const { stdout } = await run(path!, [program("runtime-engine"), ...args], { timeout: TIMEOUT_MS });
      const found = JSON.parse(stdout) as EngineOnRuntime;

      const listed = EXPECTATIONS.filter((row) => row.listed && !row.offByDefault).map((row) =>
        ck.ckmName(row.mechanism),
      );
      const absent = name === "Node 22" ? listed.filter((each) => POST_QUANTUM.test(each)) : [];
      expect(found.node).toMatch(`v${name.slice(-2)}.`);
      expect(found.absent).toEqual(absent);
      expect(found.reduced).toEqual([]);
      expect(found.used).toEqual(listed.filter((each) => !absent.includes(each)));
      expect(found.backend).toBe("openssl");
      expect(found.ciphered).toBe(Buffer.from(ciphered).toString("base64"));
    },
  );

  it.skipIf(path === undefined)("is loaded by require()", async () => {
    const packages = ["@grep11/engine", "@grep11/client", "@grep11/client/node", "@grep11/client/web", "@grep11/proto"];
    const source = `for (const name of ${JSON.stringify(packages)}) if (Object.keys(require(name)).length === 0) throw name`;
    await run(path!, ["-e", source], { cwd: fileURLToPath(new URL("../..", import.meta.url)) });
  });
});

describe("the client", () => {
  let server: ServedEngine;
  beforeAll(async () => {
    server = await serveEngine({ keyring: createKeyring() });
  });
  afterAll(() => server.close());

  it.each(RUNTIMES)("calls a server from $name", { timeout: 2 * TIMEOUT_MS }, async ({ path }) => {
    if (path === undefined) return;
    const requested = basename(path) === "deno" ? ["run", "--allow-all"] : [];
    const args = [...requested, program("runtime-client"), server.address];
    const { stdout } = await run(path, args, { timeout: TIMEOUT_MS });
    const { mechs } = await server.engine.getMechanismList({});
    const wanted: ClientOnRuntime = { mechanisms: mechs.length, parallel: 32, refusal: "CKR_MECHANISM_INVALID" };
    expect(JSON.parse(stdout)).toEqual(wanted);
  });
});
