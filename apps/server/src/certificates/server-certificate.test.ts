import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serverCertificate } from "./server-certificate.ts";

const now = new Date();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "grep11-cert-"));
});
afterEach(() => rm(directory, { recursive: true }));

const later = (days: number) => new Date(now.getTime() + days * 86_400_000);

describe("a development certificate", () => {
  it("covers every name a client may use", async () => {
    const made = await serverCertificate(directory, { ports: [9877] }, now);
    const certificate = new X509Certificate(made.cert);
    for (const name of ["localhost", "localhost:9877", "127.0.0.1:9877"])
      expect(certificate.subjectAltName).toContain(`DNS:${name}`);
    expect(certificate.checkIP("127.0.0.1")).toBeDefined();
    expect(certificate.checkIP("::1")).toBeDefined();
    expect(certificate.verify(new X509Certificate(made.ca).publicKey)).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(made.ca))).toBe(true);
    expect(new X509Certificate(made.ca).ca).toBe(true);
    expect(() => createSecureContext({ cert: made.cert, key: made.key })).not.toThrow();
    expect((await stat(join(directory, "server.key"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, "ca.key"))).mode & 0o777).toBe(0o600);
  });

  it("is reused, renewed before it expires, and issued again for another port, by the same CA", async () => {
    const first = await serverCertificate(directory, { ports: [9877] }, now);
    expect(await serverCertificate(directory, { ports: [9877] }, later(300))).toEqual(first);
    const renewed = await serverCertificate(directory, { ports: [9877] }, later(390));
    expect(renewed.cert).not.toBe(first.cert);
    expect(renewed.ca).toBe(first.ca);
    const other = await serverCertificate(directory, { ports: [9999] }, later(390));
    expect(new X509Certificate(other.cert).subjectAltName).toContain("DNS:localhost:9999");
    expect(other.ca).toBe(first.ca);
  });

  it("is issued again for additional host names", async () => {
    await serverCertificate(directory, { ports: [9877] }, now);
    const { cert } = await serverCertificate(directory, { ports: [9877], hosts: ["hsm"] }, now);
    const names = new X509Certificate(cert).subjectAltName;
    for (const name of ["hsm", "hsm:9877", "localhost:9877"]) expect(names).toContain(`DNS:${name}`);
  });

  it("comes from a new CA when the old one expires", async () => {
    const first = await serverCertificate(directory, { ports: [] }, now);
    const renewed = await serverCertificate(directory, { ports: [] }, later(3645));
    expect(renewed.ca).not.toBe(first.ca);
    expect(new X509Certificate(renewed.cert).verify(new X509Certificate(renewed.ca).publicKey)).toBe(true);
  });
});
