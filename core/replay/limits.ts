/** What a recording may make `sipwright replay` keep. */

/** A file is read whole. */
export const CAPTURE_BYTES_MAX = 1024 * 1024 * 1024;
/** One packet: what tcpdump and Wireshark take at most. */
export const PACKET_BYTES_MAX = 262_144;
/** Network interfaces of a pcapng section. */
export const INTERFACES_MAX = 1_000;
/** Datagrams whose fragments have not all come. */
export const FRAGMENTED_MAX = 1_000;
/** Fragments of one datagram. */
export const FRAGMENTS_MAX = 64;
/** TCP connections followed at a time, each way counted. */
export const STREAMS_MAX = 20_000;
/** Octets of one of them that came before those in front of them. */
export const STREAM_AHEAD_MAX = 1024 * 1024;
/** Segments that are: each that follows is looked for among all. */
export const SEGMENTS_AHEAD_MAX = 4_000;
/** Requests that are known, so that a repeat is told from a new one. */
export const REQUESTS_KNOWN = 1_000_000;
