/** Sizes that a message may have, and what answers a larger one: RFC 3261 §18.1.1, §21.5.7. */

/** A UDP datagram of any size is read (§18.1.1). */
export const MAX_DATAGRAM = 65_535;
/** A message on a stream, head and body: 513, then the connection closes. */
export const MAX_STREAM_MESSAGE = 262_144;
/** Start line and header lines up to the empty line: 513. */
export const MAX_HEAD = 65_536;
/** One header line, with its continuation lines: 513. */
export const MAX_LINE = 16_384;
/** Header lines: 513. */
export const MAX_HEADERS = 256;
/** Via values: 513. */
export const MAX_VIAS = 80;
/** Route values, and Record-Route values: 513. */
export const MAX_ROUTES = 64;
/** Request-URI: 414. */
export const MAX_URI = 4096;
/** Parameters of one URI: 400. */
export const MAX_URI_PARAMS = 64;
