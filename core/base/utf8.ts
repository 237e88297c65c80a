/** Text as octets, one character each: how it crosses the network and is hashed (RFC 3261 §7.3.1, RFC 7616 §4). */

/** Any text as octets of UTF-8. */
export function octetsOf(text: string): string {
	if (!/[\u0080-\uffff]/.test(text)) return text;
	return text
		.toWellFormed()
		.replace(/[\u0080-\uffff]+/g, (run) =>
			encodeURIComponent(run).replace(/%(..)/g, (_, hex) =>
				String.fromCharCode(Number.parseInt(hex, 16)),
			),
		);
}
