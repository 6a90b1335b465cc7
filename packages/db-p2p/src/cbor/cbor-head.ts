/** The major types of CBOR (RFC 8949, section 3.1). */
export const MAJOR = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

/** The first bytes of the simple values that are used, and of the only kind of float. */
export const FALSE = 0xf4;
/** See {@link FALSE}. */
export const TRUE = 0xf5;
/** See {@link FALSE}. */
export const NULL = 0xf6;
/** See {@link FALSE}. */
export const FLOAT64 = 0xfb;
/** See {@link FALSE}. */
export const UNDEFINED = 0xf7;
