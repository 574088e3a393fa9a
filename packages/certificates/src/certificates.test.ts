import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createAuthority, issueCertificate, SERVER_AUTH, validFor } from "./index.ts";

test("a certificate belongs to its key and its authority, and says what was asked for", async () => {
  const now = new Date("2030-01-10T00:00:00Z");
  const ca = await createAuthority("test CA", validFor(10, now));
  const names = ["localhost", "127.0.0.1", "localhost:9876"];
  const request = { subject: "hsm", names, usage: SERVER_AUTH, ...validFor(1, now) };
  const { cert, key } = await issueCertificate(ca, request);
  const [issuer, certificate] = [new X509Certificate(ca.cert), new X509Certificate(cert)];
  expect(issuer.ca).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.subject).toBe("CN=hsm");
  expect(certificate.checkIssued(issuer)).toBe(true);
  expect(certificate.verify(issuer.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(certificate.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1, DNS:localhost:9876");
  expect(certificate.keyUsage).toEqual([SERVER_AUTH]);
  expect(certificate.validFromDate).toEqual(new Date("2030-01-09T00:00:00Z"));
  expect(certificate.validToDate).toEqual(new Date("2030-01-11T00:00:00Z"));
});
