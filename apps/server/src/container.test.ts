import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { openServerLab, program, type ServerLab } from "./testing/server-lab.ts";

const ROOT = new URL("../../../", import.meta.url);

let lab: ServerLab;
beforeEach(async () => {
  lab = await openServerLab();
});
afterEach(() => lab.close());

/** Returns the arguments of a Dockerfile instruction in JSON form. Directories in the lab replace those of the container. */
async function instruction(name: string): Promise<string[]> {
  const text = await readFile(new URL("Dockerfile", ROOT), "utf8");
  const args = new RegExp(`^${name}(?:[^[\\n]|\\\\\\n)*(\\[.*\\])$`, "m").exec(text)?.[1];
  return (JSON.parse(args as string) as string[]).map(inLab);
}

function inLab(argument: string): string {
  return argument.replace("/etc/grep11", lab.directory).replace("/var/lib/grep11", join(lab.directory, "data"));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describe("the container", () => {
  it("does not start without a configuration, and points to --dev", async () => {
    expect(await instruction("ENTRYPOINT")).toEqual(["grep11-server"]);
    const command = await instruction("CMD");
    expect(command).not.toContain("--dev");
    expect(await program(command)).toMatchObject({ code: 2, stderr: expect.stringContaining("--dev") });
  });

  it("serves the configuration, and its health check succeeds and generates no key", async () => {
    const command = await instruction("CMD");
    const connection = { port: await freePort() };
    const keyring = { file: join(lab.directory, "k.g11"), keyfile: join(lab.directory, "k.key") };
    const logging = { levels: { entry: "debug" } };
    await writeFile(command[1] as string, JSON.stringify({ logging, ep11crypto: { connection }, grep11: { keyring } }));
    expect((await program(["keyring", "init", ...command])).code).toBe(0);
    const [name, ...check] = await instruction("HEALTHCHECK");
    expect(name).toBe("grep11-server");
    expect((await program(check)).code).toBe(1);
    const server = await lab.spawned(command);
    expect((await program(check)).code).toBe(0);
    expect(server.stderr()).not.toContain("GenerateKey");
  });

  it("of compose.yaml is a developer server that warns that it is open", async () => {
    const { services } = parse(await readFile(new URL("compose.yaml", ROOT), "utf8")) as {
      services: { grep11: { command: string[]; ports: string[]; healthcheck: { test: string[] } } };
    };
    const { command, ports, healthcheck } = services.grep11;
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    const free = ["--port", "0", "--tls-port", "0", "--iam-port", "0"];
    const server = await lab.spawned([...command.map(inLab), ...free]);
    await expect.poll(() => server.stderr()).toContain("Open beyond this machine");
    expect(healthcheck.test.slice(0, 2)).toEqual(["CMD", "grep11-server"]);
    const address = `http://127.0.0.1:${server.report.grpc?.split(":").at(-1)}`;
    expect(await program([...healthcheck.test.slice(2), "--address", address])).toMatchObject({ code: 0 });
  });
});
