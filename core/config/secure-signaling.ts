/** The block `secure-signaling:` at the top level and under a device: how one leg treats `sips` (RFC 5630). */
import type { SecureSignaling } from "../leg/secure-signaling.ts";
import { choice, flag, list } from "./fields.ts";
import type { Findings } from "./finding.ts";
import { headerName } from "./header-name.ts";
import { key, readSection } from "./section.ts";
import { child, type Node } from "./source.ts";

/** The first value of each is the default: at the top level, and under a device what stands there. */
export const secureSignalingShape = {
	policy: key(
		choice(["genesys", "rfc5630"]).optional(),
		"connect `sip` and `sips` legs by rewriting, if both sides say so, or keep to one scheme and refuse with 480 and Warning 380 or 381 (RFC 5630 §5.3)",
	),
	mismatch: key(
		choice(["follow-message", "follow-config", "reject"]).optional(),
		"what decides when traffic does not match the device's entry",
	),
	register: key(
		choice(["lenient", "strict"]).optional(),
		"what a REGISTER with a `sips` Contact must look like: `strict` asks for `sips` in its Request-URI, all Contacts and Path (RFC 5630 §5.2)",
	),
	contact: key(
		choice(["scheme", "anchor"]).optional(),
		"how the other side's Contact is shown to the device: the same URI in the leg's scheme, or our own address",
	),
	"uri-transport": key(
		choice(["keep", "rfc5630", "strip"]).optional(),
		"the transport parameter of `sips` URIs shown to the device: as written, without `tls`, without `tcp` and `tls`",
	),
	"contact-state": key(
		choice(["parameter", "user"]).optional(),
		"where the state of a Contact rides: a URI parameter, or the user part for a peer that drops unknown parameters",
	),
	"record-route": key(
		flag().optional(),
		"`no`, with `contact: anchor` only: the device sees no Record-Route of ours",
	),
	"far-route-set": key(
		choice(["show", "hide"]).optional(),
		"whether the Record-Route entries of proxies beyond us are shown to the device",
	),
	"tls-marker": key(
		choice(["none", "transport"]).optional(),
		"`transport`: a `sip` leg over TLS says `transport=tls` in our Record-Route",
	),
	"outbound-proxy": key(
		choice(["warn", "allow", "reject"]).optional(),
		"a `sips` device while a device of service type `sip-outbound-proxy` is configured: a warning, nothing, or an error",
	),
	"srv-sips-tls": key(
		flag().optional(),
		"also ask for SRV `_sips._tls.` when `_sips._tcp.` has no record",
	),
	"name-check": key(
		choice(["rfc5922", "https", "off"]).optional(),
		"what the certificate of a TLS server must show: no wildcards, as browsers do, or nothing",
	),
	headers: key(
		list(headerName).optional(),
		"further header fields whose URIs take the scheme of the leg, such as `[P-Asserted-Identity]`; those that the proxy writes itself are refused",
	),
	tel: key(
		choice(["keep", "convert"]).optional(),
		"a `tel` URI in From or To: left alone, or shown to the device as a SIP URI at the first of `domains`, with `user=phone`",
	),
	identity: key(
		choice(["keep", "drop"]).optional(),
		"an Identity header field (RFC 8224) when From or To are rewritten for the device, which may make it invalid",
	),
	"sdes-downgrade": key(
		choice(["allow", "reject"]).optional(),
		"SDES keys (`a=crypto`) between a `sips` leg and one in clear: passed, or refused with 488; one side that refuses is enough",
	),
	lint: key(
		choice(["off", "on"]).optional(),
		"`on`: every message of a call that goes out to the device is held against the [rules of its leg](on-the-wire.md#rules); violations are counted, and logged at debug",
	),
};

/** Reads the block; what it leaves out is inherited. */
export function readSecureSignaling(
	node: Node | undefined,
	inherited: SecureSignaling,
	found: Findings,
): SecureSignaling {
	// Most devices say nothing of it, and share what they inherit.
	if (node === undefined) return inherited;
	const values = readSection("secure-signaling", node, secureSignalingShape, found);
	const given = Object.entries(values).filter(([, value]) => value !== undefined);
	const own = Object.fromEntries(given.map(([word, value]) => [camelCase(word), value]));
	const settings = { ...inherited, ...(own as Partial<SecureSignaling>) };
	checkCombination(node, settings, found);
	return settings;
}

/** Without a Record-Route of ours, in-dialog requests find us only if the Contact is our own address. */
function checkCombination(
	node: Node | undefined,
	{ contact, recordRoute }: SecureSignaling,
	found: Findings,
): void {
	const place = child(node, "record-route") ?? child(node, "contact");
	if (place === undefined || recordRoute || contact === "anchor") return;
	found.error(place.at, {
		code: "CONFIG_COMBINATION",
		message: `record-route: no goes with contact: anchor only, and contact is ${contact}`,
		fix: "write record-route: yes, or contact: anchor",
	});
}

/** `uri-transport` → `uriTransport`. */
export function camelCase(word: string): string {
	return word.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
