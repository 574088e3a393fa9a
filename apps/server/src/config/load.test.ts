import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { ConfigError } from "./config-error.ts";
import { parseConfig } from "./load.ts";
import { settings } from "./settings.ts";

/** Returns the complaints about a configuration. */
function complaints(text: string, environment: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(text, "grep11.yaml", environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.complaints;
    throw error;
  }
  return [];
}

describe("a configuration", () => {
  it("has a default for everything", () => {
    const config = parseConfig("", "grep11.yaml", {});
    expect(config.ep11crypto.connection).toMatchObject({ address: ["127.0.0.1"], port: 9876, tls: { enabled: false } });
    expect(config.ep11crypto.connection.keepalive).toEqual({
      serverKeepaliveTime: 30_000,
      serverKeepaliveTimeout: 5000,
    });
    expect(config.grep11).toMatchObject({
      policy: { base: "hpcs", on: [], off: [] },
      mechanisms: "all",
      drain: 10_000,
      limits: {
        maxDataMiB: 4,
        maxJsonKiB: 1024,
        callTimeout: 90_000,
        maxPendingMiB: 256,
        maxConnections: 1000,
        maxConnectionIdle: 300_000,
      },
      keyCache: { enabled: true, maxKeys: 4096, maxMiB: 16, maxAge: 300_000 },
      stateLifetime: 3_600_000,
      workers: { queue: 256, generationsPerPrincipal: 1, queuePerPrincipal: 4 },
    });
    expect(config.grep11.limits.maxConnectionAge).toBeUndefined();
  });

  it("accepts durations up to the limit of a timer", () => {
    const ageOf = (text: string) =>
      parseConfig(`grep11: { limits: { maxConnectionAge: ${text} } }`, "grep11.yaml", {}).grep11.limits
        .maxConnectionAge;
    expect([ageOf("5m"), ageOf("1.5"), ageOf("480h")]).toEqual([300_000, 1500, 1_728_000_000]);
    for (const wrong of ["481h", "0", "-1s", "5 m"])
      expect(complaints(`grep11: { limits: { maxConnectionAge: ${wrong} } }`)[0]).toMatch(
        /^grep11\.yaml:1: grep11\.limits\.maxConnectionAge: /,
      );
  });

  it("accepts the structure of the on-premises server with mutual TLS", () => {
    const { ep11crypto, logging } = parseConfig(
      `
logging:
  levels:
    entry: debug
ep11crypto:
  enabled: true
  connection:
    address: 0.0.0.0
    port: 9876
    tls:
      enabled: true
      certfile: /etc/ep11server/server.pem
      keyfile: /etc/ep11server/server-key.pem
      mutual: true
      cacert: /etc/ep11server/ca.pem
    keepalive:
      serverKeepaliveTime: 30
      serverKeepaliveTimeout: 5s
  domain: "0a.0014"
`,
      "grep11.yaml",
      {},
    );
    expect(logging.levels.entry).toBe("debug");
    expect(ep11crypto.domain).toEqual(["0a.0014"]);
    expect(ep11crypto.connection.tls.mutual).toBe(true);
    expect(ep11crypto.connection.keepalive).toEqual({ serverKeepaliveTime: 30_000, serverKeepaliveTimeout: 5000 });
  });

  it("reads IBM's keys as its server does: empty, in capitals, numbers and booleans as text", () => {
    const defaults = parseConfig("", "grep11.yaml", {});
    const empty = `
logging:
  levels:
    entry:
ep11crypto:
  enabled:
  connection:
    address:
    port: ""
    tls:
      enabled:
      certfile: ""
      keyfile:
      mutual: ""
      cacert:
      cacertbytes:
      certfilebytes:
      keyfilebytes:
    keepalive:
      serverKeepaliveTime: 0
      serverKeepaliveTimeout:
  domain: ""
grep11:
  keyring:
    keyfile:
  policy:
  limits:
`;
    expect(parseConfig(empty, "grep11.yaml", {})).toEqual(defaults);
    for (const sections of ["logging:\nep11crypto:\ngrep11:\n", "ep11crypto: { connection: , domain: }\n"])
      expect(parseConfig(sections, "grep11.yaml", {})).toEqual(defaults);
    const text = `
Logging: { LEVELS: { entry: panic, grpc: debug }, format: "%{message}" }
EP11Crypto:
  enabled: "T"
  connection:
    port: "9000"
    TLS: { enabled: "1", certFile: "1", KEYFILE: 2, mutual: "FALSE" }
    keepalive: { serverkeepalivetime: "60", serverKeepaliveTimeout: "7" }
  domain: 01.10
`;
    const { logging, ep11crypto, ignored } = parseConfig(text, "grep11.yaml", {});
    expect(logging.levels.entry).toBe("fatal");
    expect(ignored).toEqual(["logging.levels.grpc", "logging.format"]);
    expect(ep11crypto).toMatchObject({
      enabled: true,
      connection: {
        port: 9000,
        tls: { enabled: true, certfile: "1", keyfile: "2", mutual: false },
        keepalive: { serverKeepaliveTime: 60_000, serverKeepaliveTimeout: 7000 },
      },
      domain: ["01.0010"],
    });
  });

  it.each([
    ["01.a9,c.10", ["01.00a9", "0c.0010"]],
    ["0A.0014", ["0a.0014"]],
    [" 8.16 , 08.0017", ["08.0016", "08.0017"]],
  ])("parses the domains %s", (text, expected) => {
    expect(parseConfig(`ep11crypto: { domain: "${text}" }`, "grep11.yaml", {}).ep11crypto.domain).toEqual(expected);
  });

  it.each(["01", "01.", "g.1", "001.1", "1.00001", "1.1,", "1.1;1.2"])("refuses the domain %s", (text) => {
    expect(complaints(`ep11crypto: { domain: "${text}" }`)[0]).toMatch(/^grep11\.yaml:1: ep11crypto\.domain: expected/);
  });

  it.each([
    ["enabled: maybe", "ep11crypto.enabled"],
    ['connection: { port: "many" }', "ep11crypto.connection.port"],
    ['connection: { port: "-1" }', "ep11crypto.connection.port"],
    ["connection: { tls: { enabled: 2 } }", "ep11crypto.connection.tls.enabled"],
    ["connection: [1]", "ep11crypto.connection"],
    ["connection: text", "ep11crypto.connection"],
    ["connection: { tls: { certifle: a } }", "ep11crypto.connection.tls.certifle"],
  ])("refuses values of the wrong type: %s", (text, path) => {
    expect(complaints(`ep11crypto: { ${text} }`).map((complaint) => complaint.split(": ")[1])).toEqual([path]);
  });

  it("accepts a policy name, or a policy with changed control points", () => {
    const policyOf = (text: string) => parseConfig(`grep11: { policy: ${text} }`, "grep11.yaml", {}).grep11.policy;
    expect(policyOf("strict")).toEqual({ base: "strict", on: [], off: [] });
    expect(policyOf("{ base: strict, on: [XCP_CPB_KEYSZ_80BIT], off: [ALG_DSA, ALG_DH] }")).toEqual({
      base: "strict",
      on: [ck.XCP_CPB_KEYSZ_80BIT],
      off: [ck.XCP_CPB_ALG_DSA, ck.XCP_CPB_ALG_DH],
    });
    expect(policyOf("{ off: [ALG_DSA] }")).toEqual({ base: "hpcs", on: [], off: [ck.XCP_CPB_ALG_DSA] });
    const { grep11 } = parseConfig("", "grep11.yaml", { GREP11_SERVER_GREP11_POLICY: "strict" });
    expect(grep11.policy.base).toBe("strict");
  });

  it.each([
    ["{ off: [ALG_NONE] }", "grep11.policy.off.0"],
    ["{ off: [31] }", "grep11.policy.off.0"],
    ['{ off: ["31"] }', "grep11.policy.off.0"],
    ["{ base: lax }", "grep11.policy.base"],
    ["{ without: [] }", "grep11.policy.without"],
    ["[]", "grep11.policy"],
  ])("names the wrong key of the policy %s", (text, path) => {
    expect(complaints(`grep11:\n  policy: ${text}\n`).map((complaint) => complaint.split(": ")[1])).toEqual([path]);
  });

  it("names line and path of an unknown key", () => {
    expect(complaints("ep11crypto:\n  connection:\n    prot: 9876\n")).toEqual([
      "grep11.yaml:3: ep11crypto.connection.prot: unknown key; did you mean port?",
    ]);
    expect(complaints("grep12: {}\n")).toEqual(["grep11.yaml:1: grep12: unknown key; did you mean grep11?"]);
    expect(complaints("ep11crypto: { tls: { enabled: true } }\n")).toEqual([
      "grep11.yaml:1: ep11crypto.tls: unknown key; it belongs under ep11crypto.connection",
    ]);
    expect(complaints("bananas: 1\n")).toEqual(["grep11.yaml:1: bananas: unknown key"]);
  });

  it("names line and path of a wrong value", () => {
    const [complaint, ...rest] = complaints("grep11:\n  policy: lax\n");
    expect(rest).toEqual([]);
    expect(complaint).toMatch(/^grep11\.yaml:2: grep11\.policy: /);
    expect(complaints("grep11:\n  drain: 7d\n")[0]).toMatch(/^grep11\.yaml:2: grep11\.drain: /);
    expect(complaints("grep11:\n  bearer:\n    tokens:\n      - principal: me\n        sha256: abc\n")[0]).toMatch(
      /^grep11\.yaml:5: grep11\.bearer\.tokens\.0\.sha256: /,
    );
  });

  it.each([
    ["tls: { enabled: true }", ["tls.certfile", "tls.keyfile"]],
    ["tls: { enabled: true, certfile: a, certfilebytes: b, keyfile: k }", ["tls.certfile"]],
    ["tls: { enabled: true, certfile: a, keyfile: k, mutual: true }", ["tls.cacert"]],
    ["tls: { mutual: true }", ["tls.mutual"]],
  ])("refuses incomplete TLS settings: %s", (text, paths) => {
    const found = complaints(`ep11crypto: { connection: { ${text} } }`);
    expect(found.map((complaint) => complaint.split(": ")[1])).toEqual(
      paths.map((path) => `ep11crypto.connection.${path}`),
    );
  });

  it("refuses two ways to open the keyring, and bearer without tokens", () => {
    expect(complaints("grep11: { keyring: { keyfile: a, passphrasefile: b } }")[0]).toContain(
      "grep11.keyring.passphrasefile",
    );
    expect(complaints("grep11: { bearer: { required: true } }")[0]).toContain("grep11.bearer.tokens");
  });

  it("names the line of a YAML error and refuses anything but a mapping", () => {
    expect(complaints("ep11crypto:\n  port: [1\n")[0]).toMatch(/^grep11\.yaml:\d+: /);
    expect(complaints("- 1\n")).toHaveLength(1);
  });
});

describe("the environment", () => {
  it("overrides the file", () => {
    const { ep11crypto, logging } = parseConfig("ep11crypto:\n  connection:\n    port: 1\n", "grep11.yaml", {
      GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: "2",
      GREP11_SERVER_LOGGING_LEVELS_ENTRY: "warn",
      GREP11_ADDRESS: "a client's variable",
    });
    expect(ep11crypto.connection.port).toBe(2);
    expect(logging.levels.entry).toBe("warn");
  });

  it("is reported by the name of the variable if it is wrong", () => {
    expect(complaints("", { GREP11_SERVER_EP11CRYPTO_CONNECTION_PROT: "2" })).toEqual([
      "GREP11_SERVER_EP11CRYPTO_CONNECTION_PROT: no setting has this name; did you mean GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT?",
    ]);
    expect(complaints("", { GREP11_SERVER_GREP11_POLICI: "strict", EP11SERVER_EP11CRYPTO_DOMIAN: "" })).toEqual([
      "EP11SERVER_EP11CRYPTO_DOMIAN: no setting has this name; did you mean EP11SERVER_EP11CRYPTO_DOMAIN?",
      "GREP11_SERVER_GREP11_POLICI: no setting has this name; did you mean GREP11_SERVER_GREP11_POLICY?",
    ]);
    expect(complaints("", { GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: "many" })[0]).toMatch(
      /^GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: ep11crypto\.connection\.port: /,
    );
  });

  it.each<[string, Record<string, string>]>([
    [
      "a Kubernetes Service grep11-server",
      {
        GREP11_SERVER_SERVICE_HOST: "10.0.0.1",
        GREP11_SERVER_SERVICE_PORT: "9876",
        GREP11_SERVER_SERVICE_PORT_GRPC: "9876",
        GREP11_SERVER_SERVICE_PORT_OPERATIONS_HTTP: "9879",
        GREP11_SERVER_PORT: "tcp://10.0.0.1:9876",
        GREP11_SERVER_PORT_9876_TCP: "tcp://10.0.0.1:9876",
        GREP11_SERVER_PORT_9876_TCP_ADDR: "10.0.0.1",
        GREP11_SERVER_PORT_9876_TCP_PORT: "9876",
        GREP11_SERVER_PORT_9876_TCP_PROTO: "tcp",
      },
    ],
    [
      "Services whose names begin with it, over IPv6 and UDP",
      {
        GREP11_SERVER_GREP11_SERVICE_HOST: "fd00::1",
        GREP11_SERVER_HEADLESS_2_PORT: "tcp://[fd00::1]:9876",
        GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: "udp://10.0.0.1:53",
        GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT_53_UDP_ADDR: "10.0.0.1",
      },
    ],
    [
      "a linked container",
      {
        GREP11_SERVER_NAME: "/web/grep11_server",
        GREP11_SERVER_ENV_NODE_VERSION: "24.21.0",
        GREP11_SERVER_PORT: "tcp://172.17.0.5:9876",
      },
    ],
    [
      "IBM's server",
      {
        EP11SERVER_PORT: "tcp://10.0.0.1:9876",
        EP11SERVER_SERVICE_HOST: "10.0.0.1",
        EP11SERVER_EP11CRYPTO_SERVICE_HOST: "10.0.0.1",
        EP11SERVER_SOMETHING: "of IBM's",
        EP11SERVER_LOGGING_LEVELS_ENTRY: "",
      },
    ],
  ])("may have the variables of %s", (_, environment) => {
    const { ep11crypto } = parseConfig("", "grep11.yaml", environment);
    expect(ep11crypto.connection.port).toBe(9876);
  });

  it.each([
    ["GREP11_SERVER_PORT", "9876"],
    ["GREP11_SERVER_EP11CRYPTO_CONECTION_PORT", "9876"],
    ["GREP11_SERVER_NAME", "hsm"],
    ["GREP11_SERVER_SERVICE", "10.0.0.1"],
  ])("is reported if no orchestrator could have set %s=%s", (variable, value) => {
    expect(complaints("", { [variable]: value })[0]).toContain(`${variable}: no setting has this name`);
  });

  it("is read under IBM's names too, and ours take precedence", () => {
    const { ep11crypto } = parseConfig("", "grep11.yaml", {
      EP11SERVER_EP11CRYPTO_DOMAIN: "08.0016",
      EP11SERVER_EP11CRYPTO_ENABLED: "true",
      EP11SERVER_EP11CRYPTO_CONNECTION_TLS_ENABLED: "true",
      EP11SERVER_EP11CRYPTO_CONNECTION_TLS_CERTFILEBYTES: "-----BEGIN CERTIFICATE-----\\n",
      EP11SERVER_EP11CRYPTO_CONNECTION_TLS_KEYFILEBYTES: "-----BEGIN PRIVATE KEY-----\\n",
      EP11SERVER_EP11CRYPTO_CONNECTION_PORT: "1",
      GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: "2",
    });
    expect(ep11crypto).toMatchObject({ domain: ["08.0016"], connection: { port: 2, tls: { enabled: true } } });
  });

  it("keeps text that looks like a number or a boolean", () => {
    const { grep11 } = parseConfig("", "grep11.yaml", {
      GREP11_SERVER_GREP11_KEYRING_FILE: "12",
      GREP11_SERVER_GREP11_KEYRING_KEYFILE: "true",
      GREP11_SERVER_GREP11_LIMITS_FAILURESPERMINUTE: "false",
      GREP11_SERVER_GREP11_CORS_ALLOWEDORIGINS: '["https://app.example"]',
      GREP11_SERVER_GREP11_DRAIN: "20",
    });
    expect(grep11.keyring).toEqual({ file: "12", keyfile: "true" });
    expect(grep11.limits.failuresPerMinute).toBe(false);
    expect(grep11.cors.allowedOrigins).toEqual(["https://app.example"]);
    expect(grep11.drain).toBe(20_000);
  });

  it("has one variable for every setting", () => {
    const variables = settings().map(({ path }) => path.join("_").toUpperCase());
    expect(variables.length).toBeGreaterThan(20);
    expect(new Set(variables).size).toBe(variables.length);
  });
});
