/** What the help explains besides commands. */
import type { Topic } from "@grep11/command-line";
import { DEFAULT_ADDRESS, SETTINGS_FILES } from "../connection/settings.ts";
import { FILE_KEYS } from "../connection/settings-file.ts";
import { MECHANISM_KEYS } from "../mechanisms/mechanism-syntax.ts";
import { EXIT_CODES } from "./exit-code.ts";

/** What the help explains besides commands: `grep11 help NAME`. */
export const TOPICS: readonly Topic[] = [
  {
    name: "connection",
    title: "Reaching the HSM",
    text: [
      `A setting comes from its option, else from the environment, else from a settings file: ${SETTINGS_FILES.join(", ")} in the working directory, then in ~/.config/grep11. The grep11client.yaml of IBM's PKCS #11 library is understood too. A file in the working directory is not looked at when an API key or token comes from an option or the environment, so that it cannot send them elsewhere. Without an address ${DEFAULT_ADDRESS} is used.`,
      "TLS is used unless the address says http://, or is this machine and there is neither a certificate nor a credential. Credentials never travel to another machine without TLS.",
      "Environment: GREP11_ADDRESS, GREP11_CA_CERT, GREP11_CLIENT_CERT, GREP11_CLIENT_KEY (files), GREP11_APIKEY, GREP11_IAMENDPOINT. NO_COLOR switches colours off. Keys of the settings file:",
    ],
    rows: Object.entries(FILE_KEYS),
  },
  {
    name: "mechanisms",
    title: "Writing mechanisms",
    text: [
      "A mechanism is its PKCS #11 name, with or without CKM_, or its number, and parameters after a colon: AES_CBC_PAD:iv=000102... or RSA_PKCS_OAEP:hash=sha256,mgf=sha1. Bytes are hexadecimal. --param-hex gives any parameter as bytes. By name these take:",
    ],
    rows: MECHANISM_KEYS.map(([name, keys]) => [name, keys.join(", ")]),
  },
  {
    name: "key-files",
    title: "Key files",
    text: [
      "A key file is JSON around the blob that the HSM made. Only that HSM can use the blob, but it can be used by everyone who may talk to the HSM, so the file is written with mode 0600. GREP11 stores nothing: losing the file is losing the key.",
    ],
    rows: [
      ["grep11Key", "1, the version of this form"],
      ["class, keyType", "CKO_ and CKK_ names"],
      ["mechanism", "CKM_ name of what made the key"],
      ["parameters", "of a key from a password: what makes it again, with the password, after the colon of --mech"],
      ["created", "time in ISO 8601"],
      ["checkSum", "check value in hexadecimal, where there is one"],
      ["attributes", "CKA_ names with values as the HSM stated them; bytes in hexadecimal"],
      ["blob", "the key, base64"],
      ["pub", "the public key blob of a private key, base64"],
    ],
  },
  {
    name: "exit-codes",
    title: "Exit codes",
    text: [],
    rows: Object.values(EXIT_CODES).map(([code, meaning]) => [String(code), meaning]),
  },
];
