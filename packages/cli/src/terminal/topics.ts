import type { Topic } from "@grep11/command-line";
import { DEFAULT_ADDRESS, SETTINGS_FILES } from "../connection/settings.ts";
import { FILE_KEYS } from "../connection/settings-file.ts";
import { MECHANISM_KEYS } from "../mechanisms/mechanism-syntax.ts";
import { EXIT_CODES } from "./exit-code.ts";

/** The topics that `grep11 help TOPIC` explains. */
export const TOPICS: readonly Topic[] = [
  {
    name: "connection",
    title: "Reaching the HSM",
    text: [
      `Each setting comes from its option, else from the environment, else from a settings file: ${SETTINGS_FILES.join(", ")} in the working directory, else in ~/.config/grep11. The grep11client.yaml of IBM's PKCS #11 library works too. A file in the working directory is ignored if an API key or token comes from an option or the environment, so that it cannot redirect them. Without an address ${DEFAULT_ADDRESS} is used.`,
      "TLS is used unless the address begins with http://, or is this machine and there is neither a certificate nor a credential. Credentials are never sent to another machine without TLS.",
      "Environment: GREP11_ADDRESS, GREP11_CA_CERT, GREP11_CLIENT_CERT, GREP11_CLIENT_KEY (files), GREP11_APIKEY, GREP11_IAMENDPOINT. NO_COLOR disables colours. Keys of the settings file:",
    ],
    rows: Object.entries(FILE_KEYS),
  },
  {
    name: "mechanisms",
    title: "Writing mechanisms",
    text: [
      "A mechanism is written as its PKCS #11 name, with or without CKM_, or its number, followed by parameters after a colon: AES_CBC_PAD:iv=000102... or RSA_PKCS_OAEP:hash=sha256,mgf=sha1. Bytes are hexadecimal. --param-hex gives any parameter as bytes. Named parameters:",
    ],
    rows: MECHANISM_KEYS.map(([name, keys]) => [name, keys.join(", ")]),
  },
  {
    name: "key-files",
    title: "Key files",
    text: [
      "A key file is JSON with the blob that the HSM made. Only that HSM can use the blob, but everyone who may call the HSM can use it, so the file is written with mode 0600. GREP11 stores nothing: if you lose the file, you lose the key.",
    ],
    rows: [
      ["grep11Key", "1, the version of this format"],
      ["class, keyType", "CKO_ and CKK_ names"],
      ["mechanism", "CKM_ name of the mechanism that made the key"],
      [
        "parameters",
        "for a key derived from a password: the parameters after the colon of --mech that, with the password, make it again",
      ],
      ["created", "time in ISO 8601"],
      ["checkSum", "check value in hexadecimal, if there is one"],
      ["attributes", "CKA_ names with the values that the HSM returned; bytes in hexadecimal"],
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
