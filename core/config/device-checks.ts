/** What the keys of a device say together: combinations that cannot work, and warnings about those that may not. */
import { type Device, type DeviceContact, mayBeSips } from "../leg/device.ts";
import { type deviceShape, UNUSED_KEYS } from "./device-shape.ts";
import type { Findings, Place } from "./finding.ts";
import { quote, type Values } from "./section.ts";
import { type Block, child, type Node } from "./source.ts";

type Given = Values<typeof deviceShape>;

const NAME_MAX = 128;

/** The name is the user part of the device's address-of-record. */
export function checkName(name: string, at: Place, found: Findings): void {
	if (name.length <= NAME_MAX && /^[^\s<>"@:;?,\\]+$/.test(name) && !/\p{Cc}/u.test(name)) return;
	found.error(at, {
		code: "CONFIG_VALUE",
		message: `${quote(name)} cannot be the name of a device`,
		fix: `write a number or a name without spaces and without any of < > " @ : ; ? , at most ${NAME_MAX} characters`,
	});
}

export function requireKey(
	word: string,
	example: string,
	at: Place,
	node: Node,
	found: Findings,
): void {
	if (node.kind !== "block" || node.entries.has(word)) return;
	found.error(at, {
		code: "CONFIG_REQUIRED",
		message: `${word} is missing`,
		fix: `write ${word}: ${example}`,
	});
}

export function checkCombinations(
	given: Given,
	challenged: boolean,
	node: Node,
	found: Findings,
): void {
	const refuse = (word: string, message: string, fix: string) => {
		const at = (child(node, word) ?? node).at;
		found.error(at, { code: "CONFIG_COMBINATION", message: `${word} ${message}`, fix });
	};
	const { type, prefix } = given;
	if (type !== undefined && type !== "Trunk") {
		const misplaced = (["prefix", "replace-prefix"] as const).filter(
			(word) => given[word] !== undefined,
		);
		for (const word of misplaced)
			refuse(word, `is for a Trunk, and this is a device of type ${type}`, "remove it");
	}
	if (type === "Trunk" && prefix === undefined && given["replace-prefix"] !== undefined)
		refuse("replace-prefix", "replaces a prefix, and there is none", 'write prefix: "9" too');
	if (type !== undefined && type !== "Voice over IP Service" && given["service-type"] !== undefined)
		refuse(
			"service-type",
			`is for a Voice over IP Service, and this is a device of type ${type}`,
			"write type: Voice over IP Service, or remove it",
		);
	if (given["authenticate-requests"] !== undefined && !challenged)
		refuse(
			"authenticate-requests",
			"needs a password to check against",
			'write password: "…" too, or a user in users, or remove it',
		);
	checkService(given, refuse);
}

function checkService(
	given: Given,
	refuse: (word: string, message: string, fix: string) => void,
): void {
	if (given["contact-backup"] !== undefined && given.contact === "*")
		refuse(
			"contact-backup",
			'is for a device with a contact, and contact: "*" registers itself',
			"remove it, or write contact: sip:HOST",
		);
	if (given["oos-force"] > 0 && given["oos-check"] === 0)
		refuse(
			"oos-force",
			"says how long a ping waits, and there is none",
			"write oos-check: 30 too, or remove it",
		);
}

/** The documentation supports `sips` for four kinds of devices. `word`: where the contact stands. */
export function checkSips(
	given: Given,
	word: "contact" | "contact-backup",
	contact: Device["contact"] | undefined,
	node: Node,
	found: Findings,
): void {
	const { type, "service-type": serviceType } = given;
	if (type === undefined || contact === undefined || contact === "*" || contact.scheme === "sip")
		return;
	if (mayBeSips({ type, serviceType })) return;
	const service = type === "Voice over IP Service";
	const address = contact.text.slice("sips:".length).replace(/;transport=\w*/i, "");
	const kind = service ? `${type}, service-type ${serviceType ?? "not given"}` : type;
	found.error((child(node, word) ?? node).at, {
		code: "CONFIG_SIPS_DEVICE_TYPE",
		message: `${word}: a device of type ${kind} cannot have a sips contact`,
		fix: `write sip:${address};transport=tls${service ? ", or service-type: softswitch" : ""}`,
	});
}

/** An outbound proxy may not know `sips`: the operator has to say that it does. */
export function checkOutboundProxy(
	devices: ReadonlyMap<string, Device>,
	node: Block,
	found: Findings,
): void {
	const proxy = [...devices.values()].find((one) => one.serviceType === "sip-outbound-proxy");
	if (proxy === undefined) return;
	const place = (name: string) => node.entries.get(name)?.key ?? node.at;
	found.about(proxy.name).warn(place(proxy.name), {
		code: "CONFIG_OUTBOUND_PROXY",
		message: "nothing is sent through an outbound proxy by itself: a route relays to it",
		fix: undefined,
	});
	for (const { name, contact, contactBackup, secureSignaling } of devices.values()) {
		const say = secureSignaling.outboundProxy;
		const secure = contact !== "*" && [contact, ...contactBackup].some(isSips);
		if (!secure || say === "allow") continue;
		const code = "CONFIG_SIPS_OUTBOUND_PROXY";
		const message = `has a sips contact, and ${proxy.name} is a sip-outbound-proxy, which may not support sips`;
		const fix =
			"write secure-signaling: { outbound-proxy: allow } if it does, or give the device a sip contact";
		if (say === "reject") found.about(name).error(place(name), { code, message, fix });
		else found.about(name).warn(place(name), { code, message, fix });
	}
}

function isSips({ scheme }: DeviceContact): boolean {
	return scheme === "sips";
}

/** One warning for all options that mean nothing to a proxy. */
export function warnUnused(node: Block, found: Findings): void {
	const used = new Map<string, Place>();
	for (const { value } of node.entries.values())
		for (const word of UNUSED_KEYS) {
			const at = value.kind === "block" ? value.entries.get(word)?.key : undefined;
			if (at !== undefined && !used.has(word)) used.set(word, at);
		}
	const [first] = used.values();
	if (first === undefined) return;
	found.warn(first, {
		code: "CONFIG_UNUSED",
		message: `${[...used.keys()].join(", ")}: understood, and of no use to a proxy`,
		fix: undefined,
	});
}
