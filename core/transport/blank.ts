/** What says nothing: keep-alives of RFC 3261 §7.5, on transports that keep messages apart. */

/** Nothing but CR, LF, NUL and SP. */
export function isBlank(message: Uint8Array): boolean {
	for (let at = 0; at < message.length; at += 1) {
		const octet = message[at];
		if (octet !== 13 && octet !== 10 && octet !== 0 && octet !== 32) return false;
	}
	return true;
}
