/** Recognises unsupported key formats, to explain how to convert them. */
import { type ClearFile, refusal, shellName } from "./clear-file.ts";
import { contentStart } from "./encoded-key.ts";

/** The command to which users pipe the converted key. */
const IMPORT = "grep11 key import --in - --out NAME.key";

interface Foreign {
  /** Matches the labels of PEM blocks in this format. */
  readonly label?: RegExp;
  /** Returns whether a file without PEM blocks begins like this format. */
  readonly begins?: (content: Buffer) => boolean;
  /** Returns what the file is, why it is refused, and how to convert it. `file` is its name, quoted for a shell. */
  readonly text: (file: string) => string;
}

/** The DER bytes of 1.2.840.113549.1.7, with which the object identifiers of PKCS #7 content types begin. */
const PKCS7_OID = Buffer.from("2a864886f70d0107", "hex");

const FORMATS: readonly Foreign[] = [
  {
    label: /^PKCS12$/,
    begins: (content) => isSequence(content) && startsPfx(content),
    text: (file) =>
      `is a PKCS #12 file (.p12, .pfx): this program does not read such files. Extract the key with OpenSSL: openssl pkcs12 -in ${file} -nocerts -nodes | ${IMPORT} (openssl pkcs12 -legacy for files with RC2 or 3DES)`,
  },
  {
    begins: (content) => ["feedfeed", "cececece"].includes(content.toString("hex", 0, 4)),
    text: (file) =>
      `is a Java key store (JKS, JCEKS): only Java reads such files. Convert it: keytool -importkeystore -srckeystore ${file} -destkeystore NAME.p12 -deststoretype PKCS12, then: openssl pkcs12 -in NAME.p12 -nocerts -nodes | ${IMPORT}`,
  },
  {
    begins: (content) => content.toString("latin1", 0, 27).startsWith("PuTTY-User-Key-File-"),
    text: (file) =>
      `is a private key of PuTTY (.ppk): only PuTTY reads such files. Convert it: puttygen ${file} -O private-openssh -o NAME`,
  },
  {
    label: /^PGP /,
    text: () =>
      "holds an OpenPGP key or message: OpenPGP keys cannot be imported. Export the key from your OpenPGP software as PKCS #8 or as an OpenSSH key",
  },
  {
    label: /^(NEW )?CERTIFICATE REQUEST$/,
    text: (file) =>
      `is a certificate request: it contains a public key, but is neither a key nor a certificate. Extract the public key: openssl req -in ${file} -pubkey -noout | ${IMPORT}`,
  },
  {
    label: /^(PKCS7|CMS)$/,
    begins: (content) => isSequence(content) && content.subarray(0, 16).includes("06092a864886f70d010702", 0, "hex"),
    text: (file) =>
      `is a PKCS #7 bundle of certificates (.p7b): this program does not read such files. Extract the certificates: openssl pkcs7 -in ${file} -print_certs -out NAME.pem`,
  },
  {
    label: /^SSH2 /,
    text: (file) =>
      `is an SSH key in the format of RFC 4716: this program does not read that format. Convert it: ssh-keygen -i -f ${file} > NAME.pub`,
  },
  {
    label: / PARAMETERS$/,
    text: () =>
      "holds only parameters: they are not a key. Look for the block that ends with PRIVATE KEY or PUBLIC KEY",
  },
  {
    begins: (content) => /^eyJ[\w-]+\.[\w-]*\.[\w-]*\.[\w-]+\.[\w-]+\s*$/.test(content.toString("latin1", 0, 1 << 16)),
    text: () =>
      "is an encrypted JWK (JWE): this program does not decrypt such files. Decrypt it with the software that made it and import the JWK inside",
  },
  {
    begins: (content) => content.toString("latin1", 0, 21).startsWith("-----BEGIN "),
    text: () =>
      "begins as PEM but has no complete block: its END line is missing or does not match its BEGIN line. Copy the file again, from the BEGIN line to the END line",
  },
];

/** Throws a UsageError for a file whose PEM blocks are not keys. `labels` are the labels of these blocks. */
export function refuseLabels(file: ClearFile, labels: readonly string[]): never {
  for (const { label, text } of FORMATS) {
    if (labels.some((each) => label?.test(each))) throw refusal(file, text(shellName(file)));
  }
  throw refusal(file, `holds no key: its PEM blocks are ${labels.join(", ")}. Name a file with a key`);
}

/** Throws a UsageError if a file without PEM blocks is in a format that is known but not supported. */
export function refuseForeign(file: ClearFile): void {
  const content = Buffer.from(file.content.buffer, file.content.byteOffset, file.content.length);
  const found = FORMATS.find(({ begins }) => begins?.(content));
  if (found !== undefined) throw refusal(file, found.text(shellName(file)));
}

export function refuseUnknown(file: ClearFile): never {
  throw refusal(
    file,
    "holds no key this program recognises: it is neither PEM, nor DER (PKCS #8, PKCS #1, SEC 1, SubjectPublicKeyInfo, certificate), nor a JWK, nor an OpenSSH key. A raw secret key needs --type, such as --type aes",
  );
}

function isSequence(content: Buffer): boolean {
  return content[0] === 0x30;
}

/** Returns whether the SEQUENCE begins like a PFX (RFC 7292, section 4), which has version 3 and then a PKCS #7 content type. */
function startsPfx(content: Buffer): boolean {
  const start = contentStart(content);
  return (
    content.toString("hex", start, start + 3) === "020103" && content.subarray(start, start + 32).includes(PKCS7_OID)
  );
}
