import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createEngine, Keyring } from "@grep11/engine";
import { createGrep11Server, type Grep11Server } from "@grep11/server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeCertificates } from "./testing/certificates.ts";
import { openLab } from "./testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
let tls: Grep11Server;
let certificates: Awaited<ReturnType<typeof makeCertificates>>;
/** Ports with a token, with a client certificate. */
let tokenPort = 0;
let mutualPort = 0;
const tokens = new Set(["good"]);

beforeAll(async () => {
  lab = await openLab();
  certificates = await makeCertificates();
  const { ca, server, client } = certificates;
  const random = (length: number) => new Uint8Array(randomBytes(length));
  tls = createGrep11Server({ ep11: createEngine({ keyring: Keyring.create(random) }) });
  const bearer = (token: string) => (tokens.has(token) ? { name: "tester" } : undefined);
  tokenPort = (await tls.listen({ host: "127.0.0.1", port: 0, tls: server, bearer })).port;
  mutualPort = (await tls.listen({ host: "127.0.0.1", port: 0, tls: { ...server, clientCa: ca } })).port;
  lab.write("ca.pem", ca);
  lab.write("client.pem", client.cert);
  lab.write("client-key.pem", client.key);
  lab.write("token.txt", "good\n");
  lab.write("apikey.txt", "my key\n");
});
afterAll(async () => {
  await tls.close({ graceMs: 100 });
  await lab.close();
});

const RANDOM = "random 4 --encoding hex";
const HEX = /^[0-9a-f]{8}\n$/;

describe("TLS", () => {
  it("trusts the CA it is given, for the name it is given", async () => {
    const address = `127.0.0.1:${tokenPort}`;
    const trusted = `--address ${address} --ca-cert ca.pem --token-file token.txt`;
    expect((await lab.ok(`${RANDOM} ${trusted} --server-name hsm.test`)).stdout).toMatch(HEX);
    const otherName = await lab.grep11(`${RANDOM} ${trusted}`);
    expect([otherName.code, otherName.stderr]).toEqual([5, expect.stringContaining("CKR_DEVICE_REMOVED")]);
    const untrusted = await lab.grep11(`${RANDOM} --address https://${address} --server-name hsm.test`);
    expect(untrusted.code).toBe(5);
    expect(untrusted.stderr).toContain("--ca-cert");
  });

  it("shows its own certificate where the server wants one", async () => {
    const line = `${RANDOM} --address 127.0.0.1:${mutualPort} --ca-cert ca.pem --server-name hsm.test`;
    expect((await lab.grep11(line)).code).toBe(5);
    expect((await lab.grep11(`${line} --client-cert client.pem`)).code).toBe(2);
    expect((await lab.ok(`${line} --client-cert client.pem --client-key client-key.pem`)).stdout).toMatch(HEX);
  });
});

describe("tokens", () => {
  const requests: string[] = [];
  let iamUrl = "";
  const iam = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    requests.push(`${request.method} ${request.url} ${new URLSearchParams(body).get("apikey")}`);
    const known = new URLSearchParams(body).get("apikey") === "my key";
    response.writeHead(known ? 200 : 400, { "content-type": "application/json" });
    response.end(JSON.stringify(known ? { access_token: "good", expires_in: 3600 } : { errorMessage: "no such key" }));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => iam.listen(0, "127.0.0.1", resolve));
    iamUrl = `http://127.0.0.1:${(iam.address() as AddressInfo).port}`;
  });
  afterAll(() => iam.close());
  beforeEach(() => requests.splice(0));

  const tlsEnv = () => ({
    GREP11_ADDRESS: `127.0.0.1:${tokenPort}`,
    GREP11_CA_CERT: "ca.pem",
    GREP11_IAMENDPOINT: iamUrl,
  });

  it("come from IAM for an API key, from the environment or a file", async () => {
    const options = `${RANDOM} --server-name hsm.test`;
    expect((await lab.ok(options, { env: { ...tlsEnv(), GREP11_APIKEY: "my key" } })).stdout).toMatch(HEX);
    await lab.ok(`${options} --apikey-file apikey.txt`, { env: tlsEnv() });
    expect(requests).toEqual(Array(2).fill("POST /identity/token my key"));
  });

  it("that are wrong or missing give exit code 6", async () => {
    const options = `${RANDOM} --server-name hsm.test`;
    const wrongKey = await lab.grep11(options, { env: { ...tlsEnv(), GREP11_APIKEY: "other" } });
    expect([wrongKey.code, wrongKey.stderr]).toEqual([6, expect.stringContaining("no such key")]);
    const missing = await lab.grep11(options, { env: tlsEnv() });
    expect([missing.code, missing.stderr]).toEqual([6, expect.stringContaining("GREP11_NOT_AUTHENTICATED")]);
    lab.write("bad-token.txt", "bad");
    expect((await lab.grep11(`${options} --token-file bad-token.txt`, { env: tlsEnv() })).code).toBe(6);
  });

  it("never travel to another machine without TLS", async () => {
    const { code, stderr } = await lab.grep11(`${RANDOM} --address http://hsm.example:9876 --token-file token.txt`);
    expect([code, stderr]).toEqual([2, expect.stringContaining("only sent over TLS")]);
    const env = { ...tlsEnv(), GREP11_APIKEY: "my key" };
    for (const endpoint of ["http://iam.example", "iam.example"]) {
      const refused = await lab.grep11(RANDOM, { env: { ...env, GREP11_IAMENDPOINT: endpoint } });
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("IAM")]);
    }
  });
});

describe("settings", () => {
  const nowhere = { GREP11_ADDRESS: "" };

  it("come from options before environment before file", async () => {
    lab.write("grep11client.json", JSON.stringify({ address: lab.address }));
    const env = { GREP11_ADDRESS: "127.0.0.1:1" };
    await lab.ok(RANDOM, { env: nowhere });
    expect((await lab.grep11(RANDOM, { env })).code).toBe(5);
    await lab.ok(`${RANDOM} --address ${lab.address}`, { env });
  });

  it("leave a file in the working directory alone when credentials come from elsewhere", async () => {
    lab.write("grep11client.json", JSON.stringify({ address: "127.0.0.1:1", nonsense: "ignored" }));
    const { stderr } = await lab.grep11(RANDOM, {
      env: { ...nowhere, GREP11_APIKEY: "my key", GREP11_IAMENDPOINT: "http://127.0.0.1:1" },
    });
    expect(stderr).toContain("IAM at http://127.0.0.1:1");
    mkdirSync(join(lab.folder, ".config/grep11"), { recursive: true });
    lab.write(".config/grep11/grep11client.yaml", `iamEndpoint: http://127.0.0.1:2\naddress: ${lab.address}\n`);
    const user = await lab.grep11(RANDOM, { env: { ...nowhere, GREP11_APIKEY: "my key" } });
    expect(user.stderr).toContain("IAM at http://127.0.0.1:2");
  });

  it("are read from the file of IBM's library, with paths relative to it", async () => {
    mkdirSync(join(lab.folder, "ibm"));
    for (const file of ["ca.pem", "client.pem", "client-key.pem"]) lab.write(`ibm/${file}`, lab.read(file));
    const connection = (tlsLines: string) =>
      `tokens:\n  "0":\n    grep11connection:\n      address: 127.0.0.1\n${tlsLines}    storage: { filestore: { enabled: true } }\n`;
    const port = lab.address.split(":")[1];
    lab.write("ibm/plain.yaml", connection(`      port: "${port}"\n      tls: { enabled: false }\n`));
    await lab.ok(`${RANDOM} --config ibm/plain.yaml`, { env: nowhere });
    const files = "cacert: ca.pem, certfile: client.pem, keyfile: client-key.pem";
    lab.write(
      "ibm/tls.yaml",
      connection(`      port: "${mutualPort}"\n      tls: { enabled: true, mutual: true, ${files} }\n`),
    );
    await lab.ok(`${RANDOM} --config ibm/tls.yaml --server-name hsm.test`, { env: nowhere });
  });

  it.each([
    ["address: [1, 2]", "address must be text"],
    ["adress: localhost:9876", "adress is not a setting"],
    ["- a", "settings are keys with values"],
    ["a: b: c", "bad.yaml: "],
    ["tokens: {}", "no token has a grep11connection"],
    ["caCert: missing.pem", "missing.pem: there is no such file"],
  ])("that are wrong are named: %s", async (content, reason) => {
    lab.write("bad.yaml", content);
    const { code, stderr } = await lab.grep11(`${RANDOM} --config bad.yaml`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
  });
});
