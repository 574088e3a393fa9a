import { XCP_CPB_ALG_DH, XCP_CPB_ALG_DSA, XCP_CPB_KEYSZ_80BIT } from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig, settingPaths } from "./load.ts";

/** The complaints about a configuration. */
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
    expect(config.ep11crypto.connection).toMatchObject({ address: "127.0.0.1", port: 9876, tls: { enabled: false } });
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

  it("takes durations up to what a timer takes", () => {
    const ageOf = (text: string) =>
      parseConfig(`grep11: { limits: { maxConnectionAge: ${text} } }`, "grep11.yaml", {}).grep11.limits
        .maxConnectionAge;
    expect([ageOf("5m"), ageOf("1.5"), ageOf("480h")]).toEqual([300_000, 1500, 1_728_000_000]);
    for (const wrong of ["481h", "0", "-1s", "5 m"])
      expect(complaints(`grep11: { limits: { maxConnectionAge: ${wrong} } }`)[0]).toMatch(
        /^grep11\.yaml:1: grep11\.limits\.maxConnectionAge: /,
      );
  });

  it("takes the on-premises shape with mutual TLS", () => {
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
    expect(ep11crypto.domain).toBe("0a.0014");
    expect(ep11crypto.connection.tls.mutual).toBe(true);
    expect(ep11crypto.connection.keepalive).toEqual({ serverKeepaliveTime: 30_000, serverKeepaliveTimeout: 5000 });
  });

  it("takes a policy by name, or one with other control points", () => {
    const policyOf = (text: string) => parseConfig(`grep11: { policy: ${text} }`, "grep11.yaml", {}).grep11.policy;
    expect(policyOf("strict")).toEqual({ base: "strict", on: [], off: [] });
    expect(policyOf("{ base: strict, on: [XCP_CPB_KEYSZ_80BIT], off: [ALG_DSA, ALG_DH] }")).toEqual({
      base: "strict",
      on: [XCP_CPB_KEYSZ_80BIT],
      off: [XCP_CPB_ALG_DSA, XCP_CPB_ALG_DH],
    });
    expect(policyOf("{ off: [ALG_DSA] }")).toEqual({ base: "hpcs", on: [], off: [XCP_CPB_ALG_DSA] });
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
  ])("refuses the policy %s where it is wrong", (text, path) => {
    expect(complaints(`grep11:\n  policy: ${text}\n`).map((complaint) => complaint.split(": ")[1])).toEqual([path]);
  });

  it("names line and path of an unknown key", () => {
    expect(complaints("ep11crypto:\n  connection:\n    prot: 9876\n")).toEqual([
      "grep11.yaml:3: ep11crypto.connection.prot: unknown key",
    ]);
    expect(complaints("grep12: {}\n")).toEqual(["grep11.yaml:1: grep12: unknown key"]);
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
  ])("refuses half a TLS setting: %s", (text, paths) => {
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

  it("points at the line of a YAML error and refuses what is no mapping", () => {
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

  it("is complained about by the name of the variable", () => {
    expect(complaints("", { GREP11_SERVER_EP11CRYPTO_CONNECTION_PROT: "2" })).toEqual([
      "GREP11_SERVER_EP11CRYPTO_CONNECTION_PROT: no setting has this name",
    ]);
    expect(complaints("", { GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: "many" })[0]).toMatch(
      /^GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: ep11crypto\.connection\.port: /,
    );
  });

  it("has one variable for every setting", () => {
    const variables = settingPaths().map((path) => path.join("_").toUpperCase());
    expect(variables.length).toBeGreaterThan(20);
    expect(new Set(variables).size).toBe(variables.length);
  });
});
