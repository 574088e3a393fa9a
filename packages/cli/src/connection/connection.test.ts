import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { createEngine, Keyring, LiveKeyring } from "@grep11/engine";
import { createGrep11Server, type Grep11Server } from "@grep11/grpc-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeCertificates } from "../testing/certificates.ts";
import { openLab } from "../testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
let tls: Grep11Server;
let certificates: Awaited<ReturnType<typeof makeCertificates>>;
/** The port of a server that requires a token, and the port of a server that requires a client certificate. */
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
  lab.write("old.pem", certificates.expiredClient.cert);
  lab.write("old-key.pem", certificates.expiredClient.key);
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
  it("trusts the given CA, for the given name", async () => {
    const address = `127.0.0.1:${tokenPort}`;
    const trusted = `--address ${address} --ca-cert ca.pem --token-file token.txt`;
    expect((await lab.ok(`${RANDOM} ${trusted} --server-name hsm.test`)).stdout).toMatch(HEX);
    const otherName = await lab.grep11(`${RANDOM} ${trusted}`);
    expect([otherName.code, otherName.stderr]).toEqual([5, expect.stringContaining("--server-name")]);
    const untrusted = await lab.grep11(`${RANDOM} --address https://${address} --server-name hsm.test`);
    expect(untrusted.code).toBe(5);
    expect(untrusted.stderr).toContain("--ca-cert");
  });

  it("presents the client certificate if the server requires one", async () => {
    const line = `${RANDOM} --address 127.0.0.1:${mutualPort} --ca-cert ca.pem --server-name hsm.test`;
    expect((await lab.grep11(line)).code).toBe(5);
    expect((await lab.grep11(`${line} --client-cert client.pem`)).code).toBe(2);
    expect((await lab.ok(`${line} --client-cert client.pem --client-key client-key.pem`)).stdout).toMatch(HEX);
  });
});

describe("a connection error", () => {
  const closers: (() => void)[] = [];
  afterAll(() => {
    for (const close of closers) close();
  });

  /** Starts a server that handles every connection with `handle`, and returns its port. */
  async function portOf(handle: (socket: Socket) => void): Promise<number> {
    const server = createTcpServer(handle);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  async function failure(options: string): Promise<string> {
    const { code, stdout, stderr } = await lab.grep11(`${RANDOM} ${options}`);
    expect([code, stdout]).toEqual([5, ""]);
    return stderr;
  }

  it("is explained, with advice", async () => {
    const plain = lab.address;
    expect(await failure("--address 127.0.0.1:1")).toMatch(/ECONNREFUSED.*\nhint: Nothing is listening there/);
    expect(await failure("--address no.such.host.invalid")).toMatch(/hint: The host name cannot be resolved/);
    expect(await failure(`--address https://${plain} --ca-cert ca.pem`)).toMatch(
      /error: CKR_DEVICE_REMOVED: the server does not speak TLS\nhint: .*http:\/\//,
    );
    expect(await failure(`--address http://127.0.0.1:${tokenPort}`)).toMatch(
      /the server closed the connection before it responded\nhint: If it requires TLS/,
    );
    const withoutAlpn = createTlsServer(certificates.server, (socket) => socket.on("error", () => undefined));
    closers.push(() => withoutAlpn.close());
    await new Promise<void>((resolve) => withoutAlpn.listen(0, "127.0.0.1", resolve));
    const { port: tlsPort } = withoutAlpn.address() as AddressInfo;
    expect(await failure(`--address 127.0.0.1:${tlsPort} --ca-cert ca.pem --server-name hsm.test`)).toMatch(
      /does not speak HTTP\/2\nhint: It is not a GREP11 service/,
    );
    const web = await portOf((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await failure(`--address 127.0.0.1:${web}`)).toMatch(
      /does not speak HTTP\/2\nhint: It is not a GREP11 service/,
    );
  });

  it("explains what is wrong with a certificate", async () => {
    const expired = await tls.listen({ host: "127.0.0.1", port: 0, tls: certificates.expiredServer });
    const trusted = "--ca-cert ca.pem --server-name hsm.test";
    expect(await failure(`--address 127.0.0.1:${expired.port} ${trusted}`)).toMatch(/has expired\nhint: The operator/);
    const mutual = `--address 127.0.0.1:${mutualPort} ${trusted}`;
    expect(await failure(mutual)).toMatch(/the server requires a client certificate\nhint: .*--client-cert/);
    const refused = await failure(`${mutual} --client-cert old.pem --client-key old-key.pem`);
    expect(refused).toMatch(/hint: .*(refuse the client certificate|allow client authentication)/);
  });

  it.each([
    ["--ca-cert token.txt", "token.txt is not a certificate in PEM"],
    ["--client-cert client.pem --client-key token.txt", "token.txt is not a private key without a passphrase in PEM"],
    ["--client-cert ca.pem --client-key client-key.pem", "the client key does not belong to the client certificate"],
    ["--client-cert client.pem", "a client certificate and its key belong together: give both"],
  ])("for a wrong file comes before anything is sent: %s", async (options, reason) => {
    const { code, stderr } = await lab.grep11(`${RANDOM} ${options}`);
    expect([code, stderr]).toEqual([2, `error: ${reason}\n`]);
  });
});

describe("grep11 doctor", () => {
  const findings = (stdout: string) =>
    (JSON.parse(stdout) as { findings: { check: string; status: string }[] }).findings.map(
      ({ check, status }) => `${check}: ${status}`,
    );
  const mutual = "--ca-cert ca.pem --server-name hsm.test --client-cert client.pem --client-key client-key.pem";

  it("reports no problems with a healthy service", async () => {
    const plain = await lab.ok("doctor");
    expect(plain.stdout.split("\n").map((line) => line.slice(0, 8).trim())).toEqual(["ok", "ok", "ok", "ok", ""]);
    const { stdout } = await lab.ok(`doctor --json --address 127.0.0.1:${mutualPort} ${mutual}`);
    expect(JSON.parse(stdout)).toMatchObject({ healthy: true });
    expect(findings(stdout)).toEqual([
      "settings: ok",
      "client certificate: ok",
      "server certificate: ok",
      "service: ok",
      "mechanisms: ok",
      "master key: ok",
    ]);
  });

  it("stops at the first failure, with its exit code and hint", async () => {
    const token = await lab.grep11(
      `doctor --json --address https://127.0.0.1:${tokenPort} --ca-cert ca.pem --server-name hsm.test`,
    );
    expect(token.code).toBe(6);
    expect(findings(token.stdout).at(-1)).toBe("service: failed");
    expect(token.stderr).toContain("--token-file");
    const old = "--ca-cert ca.pem --server-name hsm.test --client-cert old.pem --client-key old-key.pem";
    const expired = await lab.grep11(`doctor --address 127.0.0.1:${mutualPort} ${old}`);
    expect(expired.stdout).toMatch(/\nwarning +client certificate +client, made by test CA, expired on [\d-]+\n/);
    const down = await lab.grep11("doctor --address 127.0.0.1:1");
    expect([down.code, down.stdout]).toEqual([5, expect.stringMatching(/\nfailed +service +CKR_DEVICE_REMOVED/)]);
  });

  it("detects a service without a master key", async () => {
    const sealed = createGrep11Server({ ep11: createEngine({ keyring: new LiveKeyring(Keyring.empty()) }) });
    const { port } = await sealed.listen({ host: "127.0.0.1", port: 0 });
    const { code, stdout, stderr } = await lab.grep11(`doctor --timeout 5 --address 127.0.0.1:${port}`);
    await sealed.close({ graceMs: 100 });
    expect([code, stdout]).toEqual([3, expect.stringMatching(/\nfailed +master key +CKR_IBM_WK_NOT_INITIALIZED/)]);
    expect(stderr).toContain("grep11-server keyring");
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

  it("are not requested from where IAM redirects to, which gives exit code 5", async () => {
    const redirecting = createServer((_, response) => response.writeHead(307, { location: iamUrl }).end());
    await new Promise<void>((resolve) => redirecting.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
    const env = { ...tlsEnv(), GREP11_APIKEY: "my key", GREP11_IAMENDPOINT: endpoint };
    const { code, stderr } = await lab.grep11(`${RANDOM} --server-name hsm.test`, { env });
    redirecting.close();
    expect([code, stderr]).toEqual([5, expect.stringMatching(/redirects to .*\n.*--iam-endpoint/s)]);
    expect(requests).toEqual([]);
  });

  it("are never sent to another machine without TLS", async () => {
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

  it("come from options, environment and file, in this order", async () => {
    lab.write("grep11client.json", JSON.stringify({ address: lab.address }));
    const env = { GREP11_ADDRESS: "127.0.0.1:1" };
    await lab.ok(RANDOM, { env: nowhere });
    expect((await lab.grep11(RANDOM, { env })).code).toBe(5);
    await lab.ok(`${RANDOM} --address ${lab.address}`, { env });
  });

  it("ignore a file in the working directory if credentials come from elsewhere", async () => {
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
    ["- a", "expected keys with values"],
    ["a: b: c", "bad.yaml: "],
    ["tokens: {}", "no token has a grep11connection"],
    ["caCert: missing.pem", "missing.pem: there is no such file"],
  ])("are named if they are wrong: %s", async (content, reason) => {
    lab.write("bad.yaml", content);
    const { code, stderr } = await lab.grep11(`${RANDOM} --config bad.yaml`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
  });
});
