import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openServerLab, program, type ServerLab } from "../testing/server-lab.ts";
import { devArguments } from "../testing/spawned-server.ts";

let lab: ServerLab;
beforeEach(async () => {
  lab = await openServerLab();
});
afterEach(() => lab.close());

const check = (...args: string[]) => program(["healthcheck", ...args]);

describe("healthcheck", () => {
  it("checks a developer server, with and without TLS, and generates no key", async () => {
    const server = await lab.spawned([...devArguments(lab.directory), "--log-level", "debug"]);
    const { grpc, tls } = server.report;
    expect(await check("--address", `http://${grpc}`)).toEqual({
      code: 0,
      stdout: `http://${grpc}: serving\n`,
      stderr: "",
    });
    expect(await check("--address", `https://${tls}`)).toMatchObject({ code: 0, stdout: `https://${tls}: serving\n` });
    expect(server.stderr()).not.toMatch(/"rpc":"(?!Check)/);
    expect(await server.stop()).toBe(0);
    expect(await check("--address", `http://${grpc}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nothing listens there"),
    });
  });

  it("finds the server of a configuration, and detects a missing master key", async () => {
    const config = join(lab.directory, "grep11.yaml");
    const files = { file: join(lab.directory, "k.g11"), keyfile: join(lab.directory, "k.key") };
    const write = (port: number) =>
      writeFile(
        config,
        JSON.stringify({ ep11crypto: { connection: { address: "0.0.0.0", port } }, grep11: { keyring: files } }),
      );
    await write(0);
    expect((await program(["keyring", "init", "--empty", "--config", config])).code).toBe(0);
    const { report } = await lab.spawned(["--config", config]);
    expect(await check("--config", config)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the port is 0"),
    });
    const port = Number(report.grpc?.split(":").at(-1));
    await write(port);
    expect(await check("--config", config)).toEqual({
      code: 1,
      stdout: `http://127.0.0.1:${port}: not serving\n`,
      stderr: "",
    });
    for (const args of [["generate-next"], ["activate"]]) {
      if (args[0] === "activate") {
        const { stdout } = await program(["keyring", "show", "--json", "--config", config]);
        const { next } = JSON.parse(stdout) as { next: string };
        expect((await program(["keyring", "commit", "--pattern", next, "--config", config])).code).toBe(0);
      }
      expect((await program(["keyring", ...args, "--config", config])).code).toBe(0);
    }
    await expect.poll(async () => (await check("--config", config)).code, { timeout: 5000 }).toBe(0);
  });

  it("treats a server that requires a client certificate as healthy, and checks it when given one", async () => {
    const tls = join(lab.directory, "tls");
    for (const args of [
      ["--server", "127.0.0.1"],
      ["--client", "probe"],
    ])
      expect((await program(["cert", "make", "--dir", tls, ...args])).code).toBe(0);
    const config = join(lab.directory, "grep11.yaml");
    const connection = {
      port: 0,
      tls: {
        enabled: true,
        mutual: true,
        certfile: join(tls, "127.0.0.1.pem"),
        keyfile: join(tls, "127.0.0.1.key"),
        cacert: join(tls, "ca.pem"),
      },
    };
    const keyring = { file: join(lab.directory, "k.g11"), keyfile: join(lab.directory, "k.key") };
    await writeFile(config, JSON.stringify({ ep11crypto: { connection }, grep11: { keyring } }));
    expect((await program(["keyring", "init", "--config", config])).code).toBe(0);
    const { report } = await lab.spawned(["--config", config]);
    const address = ["--address", `https://${report.tls}`];
    expect(await check(...address)).toMatchObject({ code: 0, stdout: expect.stringContaining("alive") });
    const shown = ["--client-cert", join(tls, "probe.pem"), "--client-key", join(tls, "probe.key")];
    expect(await check(...address, ...shown)).toMatchObject({ code: 0, stdout: expect.stringContaining(": serving") });
    expect(await readFile(join(tls, "probe.pem"), "utf8")).toContain("CERTIFICATE");
  });

  it("times out if another program listens, or none responds", async () => {
    const web = createServer((request, response) => (request.url === "/" ? response.end() : undefined)).listen(
      0,
      "127.0.0.1",
    );
    await new Promise((done) => web.once("listening", done));
    const { port } = web.address() as AddressInfo;
    const began = performance.now();
    expect((await check("--address", `http://127.0.0.1:${port}`, "--timeout", "0.5")).code).toBe(1);
    expect(performance.now() - began).toBeLessThan(4000);
    web.closeAllConnections();
    web.close();
  });

  it.each([
    ["--address", "127.0.0.1:9876"],
    ["--address", "http://127.0.0.1:1/path"],
    ["--address", "http://127.0.0.1:1", "--config", "grep11.yaml"],
    ["--client-cert", "cert.pem"],
    ["--timeout", "0"],
  ])("refuses %j %j", async (...args) => {
    expect((await check(...args)).code).toBe(2);
  });
});
