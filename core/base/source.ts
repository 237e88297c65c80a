/** Who a limit counts: an IPv4 address, or the network that one IPv6 subscriber has to himself (RFC 6177 §2). */
export function sourceOf(address: string): string {
	if (!address.includes(":")) return address;
	const [before = "", after] = address.split("::");
	const groups = before === "" ? [] : before.split(":");
	if (after !== undefined) {
		const behind = after === "" ? 0 : after.split(":").length;
		while (groups.length + behind < 8) groups.push("0");
	}
	return `${groups.slice(0, 4).join(":")}::/64`;
}
