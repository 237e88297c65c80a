/**
 * Configurations that load and cannot do what they say: a device by itself, beside the sockets, and
 * beside other devices. Warnings, each with the sentence that says so (RFC 5630, Secure SIP Signaling).
 */

import { behindTls, type TransportName } from "../base/flow.ts";
import { canonicalAddress } from "../base/ip-address.ts";
import type { Scheme } from "../base/scheme.ts";
import type { Device, DeviceContact } from "../leg/device.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";
import type { ListenConfig } from "./config.ts";
import type { ConfigCode, Findings } from "./finding.ts";
import { isWildcard } from "./host.ts";
import { quote } from "./section.ts";
import { type Block, child, type Node } from "./source.ts";

/** What devices are held against. */
export type Around = {
	readonly listen: readonly ListenConfig[];
	readonly devices: ReadonlyMap<string, Device>;
};

/** `node` is the block of devices. */
export function checkConsistency(node: Block, around: Around, found: Findings): void {
	for (const device of around.devices.values()) {
		const entry = node.entries.get(device.name)?.value;
		if (entry === undefined) continue;
		const warn: Warn = (word, code, message, fix) =>
			found.about(device.name).warn((placeOf(entry, word) ?? entry).at, { code, message, fix });
		for (const contact of contactsOf(device)) {
			const word = contact === device.contact ? "contact" : "contact-backup";
			checkReachable(word, contact, around.listen, warn);
			checkPort(word, contact, warn);
		}
		checkRegisters(device, entry, warn);
		checkFollowConfig(device, warn);
		checkEffects(device, entry, warn);
		checkRewriting(device, entry, warn);
	}
	checkSameContact(node, around.devices, found);
	checkApart(node, around.devices, found);
}

type Warn = (word: string, code: ConfigCode, message: string, fix: string) => void;

function placeOf(entry: Node, word: string): Node | undefined {
	return child(entry, word) ?? child(child(entry, "secure-signaling"), word);
}

function contactsOf({ contact, contactBackup }: Device): readonly DeviceContact[] {
	return contact === "*" ? [] : [contact, ...contactBackup];
}

type Transport = "udp" | "tcp" | "tls";

/** Undefined where the name servers say it (RFC 3263 §4.1). */
function transportOf({ scheme, transport, host, port }: DeviceContact): Transport | undefined {
	if (scheme === "sips") return "tls";
	if (transport !== undefined) return transport;
	return port !== undefined || canonicalAddress(host) !== undefined ? "udp" : undefined;
}

function portOf(contact: DeviceContact): number {
	return contact.port ?? (transportOf(contact) === "tls" ? 5061 : 5060);
}

/** A socket of ours sends there, and it is not the one that would receive it. */
function checkReachable(
	word: string,
	contact: DeviceContact,
	listen: readonly ListenConfig[],
	warn: Warn,
): void {
	const transport = transportOf(contact);
	const address = canonicalAddress(contact.host);
	if (listen.length === 0 || transport === undefined) return;
	const speaking = listen.filter(
		(one) =>
			one.transport === transport &&
			// Nothing leaves from behind a TLS balancer.
			one.balancer?.tlsTerminated !== true &&
			(address === undefined || one.address.includes(":") === address.includes(":")),
	);
	const written = `${word}: ${quote(contact.text)}`;
	if (speaking.length === 0) {
		const family = address === undefined ? "" : ` for IPv${address.includes(":") ? 6 : 4}`;
		const why =
			contact.scheme === "sips"
				? `sips goes over TLS (${SECURE_TLS})`
				: `it goes over ${transport.toUpperCase()}`;
		warn(
			word,
			"CONFIG_UNREACHABLE",
			`${written} cannot be called: ${why}, and listen has no ${transport} socket${family}`,
			`write - ${transport}:ADDRESS:PORT under listen`,
		);
		return;
	}
	if (listen.some((socket) => spokenAt(socket) === transport && isAt(contact, address, socket)))
		warn(
			word,
			"CONFIG_UNREACHABLE",
			`${written} is a socket of this proxy: a call to it comes back, and ends with 482`,
			'write the address of the device, or "*" if it registers itself',
		);
}

function spokenAt({ transport, balancer }: ListenConfig): TransportName {
	return balancer?.tlsTerminated ? behindTls(transport) : transport;
}

function isAt(
	contact: DeviceContact,
	address: string | undefined,
	{ address: bound, port, advertise }: ListenConfig,
): boolean {
	const host = address ?? contact.host.toLowerCase();
	const shown = advertise && (canonicalAddress(advertise.host) ?? advertise.host.toLowerCase());
	if (host === shown && portOf(contact) === advertise?.port) return true;
	if (portOf(contact) !== port) return false;
	const loopback = host === "::1" || host.startsWith("127.");
	return isWildcard(bound) ? loopback : host === canonicalAddress(bound);
}

/** 5061 is the port of TLS, and no port turns TLS on. */
function checkPort(word: string, contact: DeviceContact, warn: Warn): void {
	if (contact.port !== 5061 || transportOf(contact) === "tls") return;
	const transport = transportOf(contact)?.toUpperCase();
	warn(
		word,
		"CONFIG_INCONSISTENT",
		`${word}: ${quote(contact.text)} goes over ${transport} to 5061, the port of TLS`,
		`write sips:${contact.host}:5061;transport=tls, or sip:${contact.host}:5061;transport=tls for TLS without sips`,
	);
}

/** G20: whoever registers is called where it registered only with `*`. */
function checkRegisters({ contact }: Device, entry: Node, warn: Warn): void {
	const methods = child(entry, "authenticate-requests");
	if (contact === "*" || methods?.kind !== "list") return;
	if (!methods.items.some((item) => item.kind === "scalar" && item.text === "REGISTER")) return;
	warn(
		"authenticate-requests",
		"CONFIG_INCONSISTENT",
		`it may register and is called at ${quote(contact.text)} all the same: "the self-registered DN must have the option contact=* configured"`,
		'write contact: "*" if it registers itself, or leave REGISTER out',
	);
}

/** M1 with `follow-config`: RFC 3261 §12.1.1 asks for sips where the caller wrote sips. */
function checkFollowConfig({ contact, secureSignaling }: Device, warn: Warn): void {
	if (contact === "*" || contact.scheme !== "sip" || secureSignaling.mismatch !== "follow-config")
		return;
	warn(
		"mismatch",
		"CONFIG_INCONSISTENT",
		'mismatch: follow-config answers a sips call from here with a sip Contact, and "the trunk through which an INVITE request containing sips arrives must have the sips schema configured"',
		"write mismatch: follow-message, or give it a sips contact",
	);
}

/** Keys written under a device that nothing will ever ask for. */
function checkEffects(device: Device, entry: Node, warn: Warn): void {
	const own = child(entry, "secure-signaling");
	for (const [word, why] of Object.entries(EFFECTLESS)) {
		const reason = child(own, word) === undefined ? undefined : why(contactsOf(device));
		if (reason === undefined) continue;
		warn(word, "CONFIG_NO_EFFECT", `${word} has no effect here: ${reason}`, "remove it");
	}
}

/** Keys about what is written into messages, under a device whose calls are left as they are. */
function checkRewriting({ secureSignaling }: Device, entry: Node, warn: Warn): void {
	if (secureSignaling.policy !== "rfc5630") return;
	const own = child(entry, "secure-signaling");
	for (const word of REWRITING)
		if (child(own, word) !== undefined)
			warn(
				word,
				"CONFIG_NO_EFFECT",
				`${word} has no effect here: under policy: rfc5630 nothing is rewritten`,
				"remove it, or write policy: genesys",
			);
}

const REWRITING = ["contact", "contact-state", "record-route", "far-route-set", "headers"];

type Why = (contacts: readonly DeviceContact[]) => string | undefined;

const overTls = (contact: DeviceContact) => {
	const transport = transportOf(contact);
	return transport === undefined || transport === "tls";
};

/** Why a key can do nothing for a device; no contact: it registers itself. */
const EFFECTLESS: Readonly<Record<string, Why>> = {
	register: (contacts) =>
		contacts.length > 0 ? "the device is called at its contact, not where it registers" : undefined,
	"tls-marker": (contacts) => {
		if (contacts.length === 0) return undefined;
		if (contacts.every(({ scheme }) => scheme === "sips"))
			return "a sips entry never says transport=tls (RFC 5630 §5.3)";
		return contacts.some(overTls) ? undefined : "the leg does not run over TLS";
	},
	"name-check": (contacts) => {
		if (contacts.length === 0) return "the device connects to us, and shows no server certificate";
		return contacts.some(overTls) ? undefined : "the leg does not run over TLS";
	},
	"srv-sips-tls": (contacts) => {
		if (contacts.length === 0) return "the device is called where it registered";
		const asks = ({ host, port }: DeviceContact) =>
			port === undefined && canonicalAddress(host) === undefined;
		return contacts.some((contact) => asks(contact) && overTls(contact))
			? undefined
			: "only a name without a port, reached over TLS, is looked up by SRV (RFC 3263 §4.2)";
	},
	"outbound-proxy": (contacts) =>
		contacts.some(({ scheme }) => scheme === "sips") ? undefined : "it is for a sips contact",
};

/** Numbers at one address are told apart by From; what comes from a trunk or a service is that device's. */
function checkSameContact(
	node: Block,
	devices: ReadonlyMap<string, Device>,
	found: Findings,
): void {
	const first = new Map<string, Device>();
	for (const device of devices.values()) {
		const { contact } = device;
		if (contact === "*") continue;
		const host = canonicalAddress(contact.host) ?? contact.host.toLowerCase();
		const address = `${host}:${portOf(contact)}`;
		const known = first.get(address);
		if (known === undefined) first.set(address, device);
		else if ((isTrunk(known) || isTrunk(device)) && !agree(known, device))
			found.about(device.name).warn(node.entries.get(device.name)?.key ?? node.at, {
				code: "CONFIG_INCONSISTENT",
				message: `has the address of ${known.name}, ${address}, and another scheme or other secure-signaling settings: what comes from there is taken for one of them`,
				fix: "give both the same scheme and settings, or each an address or port of its own",
			});
	}
}

function isTrunk({ type }: Device): boolean {
	return type === "Trunk" || type === "Voice over IP Service";
}

function agree(one: Device, two: Device): boolean {
	return schemeOf(one) === schemeOf(two) && sameSettings(one.secureSignaling, two.secureSignaling);
}

function schemeOf({ contact }: Device): Scheme | undefined {
	return contact === "*" ? undefined : contact.scheme;
}

function sameSettings(one: SecureSignaling, two: SecureSignaling): boolean {
	return JSON.stringify(one) === JSON.stringify(two);
}

/** RFC 5630 §5.3: what is called by sips goes on to sips only. Said once: it may be just what is wanted. */
function checkApart(node: Block, devices: ReadonlyMap<string, Device>, found: Findings): void {
	const all = [...devices.values()];
	const strict = ({ secureSignaling }: Device) => secureSignaling.policy === "rfc5630";
	for (const callee of all) {
		if (schemeOf(callee) !== "sip") continue;
		const caller = all.find((one) => schemeOf(one) === "sips" && (strict(one) || strict(callee)));
		if (caller === undefined) continue;
		found.about(callee.name).note(node.entries.get(callee.name)?.key ?? node.at, {
			code: "CONFIG_SCHEMES_APART",
			message: `policy: rfc5630 keeps sips callers such as ${caller.name} from this sip device: they get 480 with Warning 380`,
			fix: "write policy: genesys for both where they are to be connected",
		});
		return;
	}
}

const SECURE_TLS = '"communication will be established in secure TLS over TCP"';
