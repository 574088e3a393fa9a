/** A made CA with one server and one client certificate, for tests over TLS. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const YESTERDAY = new Date(Date.now() - 86_400_000);
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** PEM of the CA, and of certificate and key of each side; the server is `hsm.test`. */
export async function makeCertificates() {
  x509.cryptoProvider.set(webcrypto);
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test CA",
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const issue = async (subject: string, usage: x509.ExtendedKeyUsage, notAfter?: Date) => {
    const { publicKey, privateKey } = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${subject}`,
      issuer: root.subject,
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...(notAfter === undefined ? {} : { notBefore: new Date(0), notAfter }),
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: "dns", value: subject }]),
        new x509.ExtendedKeyUsageExtension([usage]),
      ],
    });
    const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", privateKey);
    return { cert: certificate.toString("pem"), key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY") };
  };
  return {
    ca: root.toString("pem"),
    server: await issue("hsm.test", x509.ExtendedKeyUsage.serverAuth),
    client: await issue("client", x509.ExtendedKeyUsage.clientAuth),
    expiredServer: await issue("hsm.test", x509.ExtendedKeyUsage.serverAuth, YESTERDAY),
    expiredClient: await issue("client", x509.ExtendedKeyUsage.clientAuth, YESTERDAY),
  };
}

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}
