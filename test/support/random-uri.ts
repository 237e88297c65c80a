/** URIs and addresses as peers write them, in every spelling that the grammar of RFC 3261 §25 leaves open. */
import type { Scheme } from "../../core/base/scheme.ts";
import type { Seeded } from "./each-seed.ts";

export const SCHEMES: readonly Scheme[] = ["sip", "sips"];
const SPELLINGS = { sip: ["sip", "SIP", "Sip", "sIP"], sips: ["sips", "SIPS", "Sips", "sIpS"] };
const USERS = [
	"",
	"a@",
	"6000@",
	"a;day=tuesday@",
	"a;transport=udp@",
	"a:pw@",
	"%41%3B@",
	"+1;x5c=t@",
];
const HOSTS = ["h", "h:5060", "172.21.83.70:5061", "[2001:db8::1]", "[::1]:5060", "x.invalid"];
const PARAMS = [
	"ob",
	"lr",
	"x=1",
	"line=%3B",
	"gr=urn:x",
	"TRANSPORT=ws",
	"x5c=dGhlaXJz",
	"user=phone",
];
const TRANSPORTS = ["udp", "UDP", "tcp", "TCP", "tls", "Tls", "ws", "sctp"];

function params(random: Seeded, scheme: Scheme): string {
	const chosen = PARAMS.filter((name) => random.below(4) === 0 && !name.startsWith("TRANSPORT"));
	// Under sips a transport of UDP is refused before a Contact is shown.
	const transport = random.pick(TRANSPORTS.slice(scheme === "sips" ? 2 : 0));
	const name = random.pick(["transport", "Transport"]);
	if (random.below(2) === 0)
		chosen.splice(random.below(chosen.length + 1), 0, `${name}=${transport}`);
	return chosen.map((param) => `;${param}`).join("");
}

export function randomUri(random: Seeded, scheme: Scheme): string {
	const headers = random.pick(["", "", "?h=1", "?Replaces=1%40h%3Bto-tag%3D2&x=;y"]);
	const start = `${random.pick(SPELLINGS[scheme])}:${random.pick(USERS)}${random.pick(HOSTS)}`;
	return `${start}${params(random, scheme)}${headers}`;
}

export function randomAddress(random: Seeded): string {
	const other = ["<tel:+1;x=y>", "<urn:service:sos>", "<mailto:a@h>"];
	if (random.below(8) === 0) return random.pick(other);
	const uri = randomUri(random, random.pick(SCHEMES));
	const display = random.pick(["", '"7789"', '"Doe, \\"J\\" <sip:x@y>" ', "Ann  ", '"" \t']);
	return `${display}<${uri}>${random.pick(["", " ", ";x", ' ;q="<sips:a>"'])}`;
}

/** A Request-URI has no headers (RFC 3261 §19.1.1), so a peer would drop those of a Contact. */
export function randomTarget(random: Seeded, scheme: Scheme): string {
	return randomUri(random, scheme).replace(/\?.*/, "");
}
