/** Writes docs/reference/devices.md from the schema: `node test/tidy/devices-reference.ts`. */
import { writeFileSync } from "node:fs";
import { deviceShape } from "../../core/config/device-shape.ts";
import { secureSignalingShape } from "../../core/config/secure-signaling.ts";
import { DEVICE_TYPES, type Device, mayBeSips } from "../../core/leg/device.ts";
import { DEFAULTS } from "../../core/leg/secure-signaling.ts";
import { keysOf } from "./config-reference.ts";

export const PAGE = "docs/reference/devices.md";

/** What the schema does not say of a key. */
type More = {
	/** The devices, or the legs, that it is for. */
	readonly for: string;
	readonly source: string;
	/** What is the first to go by a changed value, after a reload. */
	readonly from: string;
};

const more = (subject: string, source: string, from: string): More => ({
	...{ for: subject, source, from },
});

const OURS = "ours";
const PAGE_OF_SIPS = "Secure SIP Signaling";
const MANUAL = "Integration Reference Manual";
const BY_NAME = "documented by name only; what it means is ours";
const CALL = "next call";
const REQUEST = "next request";
const MESSAGE = "next message";

const DEVICE: Readonly<Record<keyof typeof deviceShape, More>> = {
	type: more("all", PAGE_OF_SIPS, CALL),
	contact: more("all but a Routing Point", `${PAGE_OF_SIPS}; ${MANUAL}`, CALL),
	"contact-backup": more("a fixed contact", `${MANUAL}, CUCM`, CALL),
	"service-type": more("Voice over IP Service", PAGE_OF_SIPS, CALL),
	prefix: more("Trunk", `${MANUAL}, Cisco gateway`, CALL),
	"replace-prefix": more("Trunk", BY_NAME, CALL),
	priority: more("Trunk", `${MANUAL}, Cisco gateway`, CALL),
	capacity: more("all", BY_NAME, CALL),
	"max-bindings": more("contact `*`", OURS, "next REGISTER"),
	"oos-check": more("all", `${MANUAL}, Cisco gateway and CUCM`, "next check"),
	"oos-force": more("with `oos-check`", `${MANUAL}, Cisco gateway and CUCM`, "next check"),
	"recovery-timeout": more("all", BY_NAME, "next check"),
	password: more("all", BY_NAME, REQUEST),
	"authenticate-requests": more("with a `password`", BY_NAME, REQUEST),
	"secure-signaling": more("all", OURS, "by key, below"),
	"refer-enabled": more("all", `${MANUAL}, Cisco gateway and CUCM`, "–"),
	"dual-dialog-enabled": more("all", `${MANUAL}, CUCM`, "–"),
	"make-call-rfc3725-flow": more("all", `${MANUAL}, CUCM`, "–"),
};

const SIPS: Readonly<Record<keyof typeof secureSignalingShape, More>> = {
	policy: more("both legs of a call have to agree", `${PAGE_OF_SIPS}; RFC 5630 §5.3`, CALL),
	mismatch: more(
		"calls from the device",
		`${PAGE_OF_SIPS} (left open there), RFC 5630 §5.1.2`,
		CALL,
	),
	register: more("contact `*`", `${PAGE_OF_SIPS}; RFC 5630 §5.2`, "next REGISTER"),
	contact: more("all", `${PAGE_OF_SIPS} (its example answers with its own address)`, MESSAGE),
	"uri-transport": more(
		"`sips` legs",
		`${PAGE_OF_SIPS}; RFC 5630 §5.1.1, RFC 3261 §26.2.2`,
		MESSAGE,
	),
	"contact-state": more("all", `${OURS}; RFC 3261 §19.1.4`, MESSAGE),
	"record-route": more("with `contact: anchor`", `${PAGE_OF_SIPS} (its example has none)`, CALL),
	"far-route-set": more("all", OURS, CALL),
	"tls-marker": more("`sip` legs over TLS", `${OURS}; against RFC 5658 §6.2`, CALL),
	"outbound-proxy": more(
		"a `sips` contact",
		`${PAGE_OF_SIPS} (its first limitation)`,
		"the reload",
	),
	"srv-sips-tls": more(
		"a name without a port, over TLS",
		"SIP Proxy Deployment, TLS; against RFC 3263 §4.1",
		"next look-up",
	),
	"name-check": more(
		"a fixed contact over TLS",
		"RFC 5922 §7.2; RFC 6125 for `https`",
		"next connection",
	),
	headers: more("all", OURS, MESSAGE),
	tel: more("all", `${OURS}; RFC 3261 §19.1.6`, MESSAGE),
	identity: more("all", `${OURS}; RFC 8224 §8.5`, MESSAGE),
	"sdes-downgrade": more("all", `${OURS}; RFC 4568 §8`, MESSAGE),
	lint: more("all", OURS, MESSAGE),
};

export function devicesReference(): string {
	return [
		"# Devices",
		INTRODUCTION,
		`## Types\n\n${TYPES}\n\n${types()}`,
		`## Options\n\n${table(deviceShape, DEVICE)}`,
		`## secure-signaling\n\n${SECURE_SIGNALING}\n\n${table(secureSignalingShape, SIPS, DEFAULTS)}`,
	].join("\n\n");
}

const INTRODUCTION = `<!-- Made from the schema in core/config/ by test/tidy/devices-reference.ts. -->

One entry of \`devices:\` for each number or name that is called or that calls. Options with a documented
name mean what the Genesys documentation of SIP Server says; its *Secure SIP Signaling* page is the one
that this proxy follows. Everything here changes with \`sipwright reload\`, nothing needs a restart; the
last column says what is the first to go by the new value. A call that is up keeps the schemes of its legs,
whatever becomes of its devices. The codes of what \`sipwright check\` says are in [errors.md](errors.md).`;

const TYPES = `Which types may have a \`sips\` contact is the page's list. Where a device registers itself, the scheme
of the Contact that it registers decides.`;

const SECURE_SIGNALING = `At the top level the defaults, under a device what differs for the leg to it.
[On the wire](on-the-wire.md) shows what \`policy\` does, header by header.`;

type Kind = Pick<Device, "type" | "serviceType">;

function types(): string {
	const services = ["softswitch", "msml", "sip-outbound-proxy"];
	const rows = DEVICE_TYPES.flatMap((type): readonly Kind[] =>
		type === "Voice over IP Service"
			? services.map((serviceType) => ({ type, serviceType }))
			: [{ type, serviceType: undefined }],
	);
	return [
		"| Type | `sips` contact | Is |",
		"|---|---|---|",
		...rows.map(({ type, serviceType }) => {
			const name = serviceType === undefined ? type : `${type}, \`service-type: ${serviceType}\``;
			const may = mayBeSips({ type, serviceType }) ? "yes" : "no";
			return `| ${name} | ${may} | ${IS[serviceType ?? type]} |`;
		}),
	].join("\n");
}

const IS: Readonly<Record<string, string>> = {
	Trunk:
		"a gateway or carrier: called by `prefix`, and whatever caller id a call from it has, the call is the trunk's",
	Extension: "a phone, called by its number",
	"ACD Position": "an agent's phone, called by its number",
	"Routing Point": "a number without a phone: a route decides about its calls",
	softswitch: "another call server",
	msml: "a media server; over TLS it stays `sip`: `sip:…;transport=tls`",
	"sip-outbound-proxy": "a proxy that routes relay to; nothing goes through it by itself",
};

function table<Word extends string>(
	shape: Parameters<typeof keysOf>[0] & Readonly<Record<Word, unknown>>,
	facts: Readonly<Record<Word, More>>,
	defaults?: object,
): string {
	const rows = keysOf(shape, defaults).map(({ word, values, initial, about }) => {
		const { for: subject, source, from } = facts[word as Word];
		return `| \`${word}\` | ${values} | ${initial} | ${subject} | ${about} | ${source} | ${from} |`;
	});
	return [
		"| Key | Values | Default | For | Meaning | Source | Live from |",
		"|---|---|---|---|---|---|---|",
		...rows,
	].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, `${devicesReference()}\n`);
