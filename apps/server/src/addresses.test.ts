import { writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import * as ck from "@grep11/cryptoki";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "./config/load.ts";
import { openServerLab, program, type ServerLab } from "./testing/server-lab.ts";

const HAS_IPV6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);
if (!HAS_IPV6) console.warn("skipped: this machine has no IPv6");

let lab: ServerLab;
beforeEach(async () => {
  lab = await openServerLab();
});
afterEach(() => lab.close());

describe("the configured address", () => {
  it.each([
    ["127.0.0.1", ["127.0.0.1"]],
    ['"::"', ["::"]],
    ['"[::]"', ["::"]],
    ["[::]", ["::"]],
    ["[::1]", ["::1"]],
    ["localhost", ["localhost"]],
    ["hsm-1.example", ["hsm-1.example"]],
    ['"0.0.0.0, [::]"', ["0.0.0.0", "::"]],
    ['["0.0.0.0", "::"]', ["0.0.0.0", "::"]],
    ["fe80::1%lo", ["fe80::1%lo"]],
  ])("accepts %s", (text, expected) => {
    const { ep11crypto } = parseConfig(`ep11crypto:\n  connection:\n    address: ${text}\n`, "grep11.yaml", {});
    expect(ep11crypto.connection.address).toEqual(expected);
    const variable = { GREP11_SERVER_EP11CRYPTO_CONNECTION_ADDRESS: expected.join(",") };
    expect(parseConfig("", "grep11.yaml", variable).ep11crypto.connection.address).toEqual(expected);
  });

  it.each(["localhost:9876", "http://localhost", "127.0.0.1,", "a b", "[::1", "-x"])("rejects %s", (text) => {
    const parse = () => parseConfig(`ep11crypto: { connection: { address: "${text}" } }`, "grep11.yaml", {});
    expect(parse).toThrow(/^grep11\.yaml:1: ep11crypto\.connection\.address: expected/);
  });
});

describe.runIf(HAS_IPV6)("a server on IPv6", () => {
  async function configured(address: string, ...args: string[]) {
    const config = join(lab.directory, "grep11.yaml");
    const keyring = { file: join(lab.directory, "k.g11"), keyfile: join(lab.directory, "k.key") };
    await writeFile(config, JSON.stringify({ ep11crypto: { connection: { address, port: 0 } }, grep11: { keyring } }));
    await program(["keyring", "init", "--config", config]);
    return lab.spawned(["--config", config, ...args]);
  }

  async function responds(address: string): Promise<boolean> {
    return (await lab.client({ address }).getMechanismList({})).mechs[0] === ck.CKM_RSA_PKCS;
  }

  it.each([1, 2])("is reachable over IPv4 and IPv6, with %d processes", async (processes) => {
    const { report } = await configured("0.0.0.0,[::]", "--processes", String(processes));
    const port = Number(report.grpc?.split(":").at(-1));
    expect(report).toMatchObject({ grpc: `0.0.0.0:${port}`, addresses: [`0.0.0.0:${port}`, `[::]:${port}`] });
    for (const host of ["127.0.0.1", "[::1]"]) expect(await responds(`${host}:${port}`)).toBe(true);
  });

  it("is reachable over both when it listens only on ::", async () => {
    const { report } = await configured("[::]");
    expect(report.grpc).toMatch(/^\[::\]:\d+$/);
    expect(report.addresses).toBeUndefined();
    const port = Number(report.grpc?.split(":").at(-1));
    for (const host of ["127.0.0.1", "[::1]"]) expect(await responds(`${host}:${port}`)).toBe(true);
    expect(await program(["healthcheck", "--address", `http://[::1]:${port}`])).toMatchObject({ code: 0 });
  });

  it("for developers does not warn about remote access when it listens on [::1]", async () => {
    const ports = ["--port", "0", "--tls-port", "0", "--iam-port", "0"];
    const server = await lab.spawned(["--dev", "--host", "[::1]", "--data-dir", join(lab.directory, "data"), ...ports]);
    expect(server.report).toMatchObject({
      grpc: expect.stringMatching(/^\[::1\]:\d+$/),
      iam: expect.stringContaining("[::1]"),
    });
    expect(await responds(server.report.grpc as string)).toBe(true);
    expect(server.stderr()).not.toContain("Open beyond this machine");
  });
});
