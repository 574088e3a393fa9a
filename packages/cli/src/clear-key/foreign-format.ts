/** Recognises key formats that are not supported, in order to explain how to convert them. */
import { type ClearFile, nameOf, refusal, shellName } from "./clear-file.ts";
import { contentStart } from "./encoded-key.ts";

/** The command that imports the converted key from stdin. */
const IMPORT = "grep11 key import --in - --out NAME.key";

/** An unsupported format. */
interface Foreign {
  /** Matches the label of a PEM block in this format. */
  readonly label?: RegExp;
  /** Returns whether a file without PEM blocks begins like this format. */
  readonly begins?: (content: Buffer) => boolean;
  readonly what: string;
  readonly why: string;
  readonly next: (file: string) => string;
}

/** DER of the object identifier 1.2.840.113549.1.7, the prefix of PKCS #7 content types. */
const PKCS7_OID = Buffer.from("2a864886f70d0107", "hex");

const FORMATS: readonly Foreign[] = [
  {
    label: /^PKCS12$/,
    // A PFX (RFC 7292, section 4) is a SEQUENCE of the version 3 and a ContentInfo.
    begins: (content) => isSequence(content) && startsPfx(content),
    what: "is a PKCS #12 file (.p12, .pfx)",
    why: "this program does not read such files",
    next: (file) =>
      `Extract the key with OpenSSL: openssl pkcs12 -in ${file} -nocerts -nodes | ${IMPORT} (openssl pkcs12 -legacy for files with RC2 or 3DES)`,
  },
  {
    begins: (content) => ["feedfeed", "cececece"].includes(content.toString("hex", 0, 4)),
    what: "is a Java key store (JKS, JCEKS)",
    why: "only Java reads such files",
    next: (file) =>
      `Convert it: keytool -importkeystore -srckeystore ${file} -destkeystore NAME.p12 -deststoretype PKCS12, then: openssl pkcs12 -in NAME.p12 -nocerts -nodes | ${IMPORT}`,
  },
  {
    begins: (content) => content.toString("latin1", 0, 27).startsWith("PuTTY-User-Key-File-"),
    what: "is a private key of PuTTY (.ppk)",
    why: "only PuTTY reads such files",
    next: (file) => `Convert it: puttygen ${file} -O private-openssh -o NAME`,
  },
  {
    label: /^PGP /,
    what: "holds an OpenPGP key or message",
    why: "OpenPGP keys cannot be imported",
    next: () => "Export the key from your OpenPGP software as PKCS #8 or as an OpenSSH key",
  },
  {
    label: /^(NEW )?CERTIFICATE REQUEST$/,
    what: "is a certificate request",
    why: "it contains a public key, but is neither a key nor a certificate",
    next: (file) => `Extract the public key: openssl req -in ${file} -pubkey -noout | ${IMPORT}`,
  },
  {
    label: /^(PKCS7|CMS)$/,
    begins: (content) => isSequence(content) && content.subarray(0, 16).includes("06092a864886f70d010702", 0, "hex"),
    what: "is a PKCS #7 bundle of certificates (.p7b)",
    why: "this program does not read such files",
    next: (file) => `Extract the certificates: openssl pkcs7 -in ${file} -print_certs -out NAME.pem`,
  },
  {
    label: /^SSH2 /,
    what: "is an SSH key in the format of RFC 4716",
    why: "this program does not read that format",
    next: (file) => `Convert it: ssh-keygen -i -f ${file} > NAME.pub`,
  },
  {
    label: / PARAMETERS$/,
    what: "holds only parameters",
    why: "they are not a key",
    next: () => "Look for the block that ends with PRIVATE KEY or PUBLIC KEY",
  },
  {
    begins: (content) => /^eyJ[\w-]+\.[\w-]*\.[\w-]*\.[\w-]+\.[\w-]+\s*$/.test(content.toString("latin1", 0, 1 << 16)),
    what: "is an encrypted JWK (JWE)",
    why: "this program does not decrypt such files",
    next: () => "Decrypt it with the software that made it and import the JWK inside",
  },
  {
    begins: (content) => content.toString("latin1", 0, 21).startsWith("-----BEGIN "),
    what: "begins as PEM but has no complete block",
    why: "its END line is missing or does not match its BEGIN line",
    next: () => "Copy the file again, from the BEGIN line to the END line",
  },
];

/** Throws a UsageError for a file with PEM blocks whose `labels` are not those of a key. */
export function refuseLabels(file: ClearFile, labels: readonly string[]): never {
  for (const { label, what, why, next } of FORMATS) {
    if (labels.some((each) => label?.test(each))) throw refusal(file, what, why, next(shellName(file)));
  }
  throw refusal(file, "holds no key", `its PEM blocks are ${labels.join(", ")}`, "Name a file with a key");
}

/** Throws a UsageError if the file has no PEM blocks and is in a format that is known but not supported. */
export function refuseForeign(file: ClearFile): void {
  const content = Buffer.from(file.content.buffer, file.content.byteOffset, file.content.length);
  const found = FORMATS.find(({ begins }) => begins?.(content));
  if (found !== undefined) throw refusal(file, found.what, found.why, found.next(shellName(file)));
}

/** Throws a UsageError for a file in an unknown format. */
export function refuseUnknown(file: ClearFile): never {
  throw refusal(
    file,
    "holds no key this program recognises",
    "it is neither PEM, nor DER (PKCS #8, PKCS #1, SEC 1, SubjectPublicKeyInfo, certificate), nor a JWK, nor an OpenSSH key",
    "A raw secret key needs --type, such as --type aes",
  );
}

/** Throws a UsageError for an empty file. */
export function refuseEmpty(file: ClearFile): never {
  throw refusal(file, "is empty", "there is no key in it", `Check the program that wrote ${nameOf(file)}`);
}

function isSequence(content: Buffer): boolean {
  return content[0] === 0x30;
}

/** Returns whether the content begins like a PFX: with the version 3 and a PKCS #7 content type. */
function startsPfx(content: Buffer): boolean {
  const start = contentStart(content);
  return (
    content.toString("hex", start, start + 3) === "020103" && content.subarray(start, start + 32).includes(PKCS7_OID)
  );
}
