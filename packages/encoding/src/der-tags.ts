/** The identifier octets of the ASN.1 types in keys and signatures (X.690, 8.1.2). */
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const PRINTABLE_STRING = 0x13;
export const SEQUENCE = 0x30;
/** The bits of a tag that mean "context-specific" and "constructed". */
export const CONTEXT = 0x80;
export const CONSTRUCTED = 0x20;
