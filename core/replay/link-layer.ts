/** What a frame carries: Ethernet with VLAN tags, Linux "cooked" captures, raw IP and loopback. */

/** LINKTYPE_… of tcpdump.org. */
const LOOPBACK_BSD = 0;
const ETHERNET = 1;
const RAW = [101, 12, 14];
const LOOPBACK_OPENBSD = 108;
const LINUX_COOKED = 113;
const RAW_IPV4 = 228;
const RAW_IPV6 = 229;
const LINUX_COOKED_2 = 276;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** IEEE 802.1Q and 802.1ad; QinQ as it was. */
const VLAN = [0x8100, 0x88a8, 0x9100];
const VLAN_TAGS_MAX = 4;

/** The IP packet of a frame; undefined for anything else, `"unknown"` for a link type that is not known. */
export function ipPacket(linkType: number, octets: Buffer): Buffer | "unknown" | undefined {
	switch (linkType) {
		case ETHERNET:
			return behindType(octets, 12, 14);
		case LINUX_COOKED:
			return behindType(octets, 14, 16);
		case LINUX_COOKED_2:
			return behindType(octets, 0, 20);
		// The family of the address, in the order of the machine: the packet says it as well.
		case LOOPBACK_BSD:
		case LOOPBACK_OPENBSD:
			return octets.subarray(4);
		case RAW_IPV4:
		case RAW_IPV6:
			return octets;
		default:
			return RAW.includes(linkType) ? octets : "unknown";
	}
}

/** `typeAt`: where the type of what is carried stands; `from`: where that begins. */
function behindType(octets: Buffer, typeAt: number, from: number): Buffer | undefined {
	if (octets.length < from) return undefined;
	let type = octets.readUInt16BE(typeAt);
	let start = from;
	for (let tags = 0; VLAN.includes(type) && tags < VLAN_TAGS_MAX; tags += 1) {
		if (octets.length < start + 4) return undefined;
		type = octets.readUInt16BE(start + 2);
		start += 4;
	}
	return type === IPV4 || type === IPV6 ? octets.subarray(start) : undefined;
}
