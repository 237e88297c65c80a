/** The block `devices:`: who is called and who calls. */
import type { Device, DeviceContact } from "../leg/device.ts";
import { type DeviceContactReading, parseDeviceContact } from "../leg/device-contact.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";
import type { ListenConfig } from "./config.ts";
import { checkConsistency } from "./consistency.ts";
import {
	checkCombinations,
	checkName,
	checkOutboundProxy,
	checkSips,
	requireKey,
	warnUnused,
} from "./device-checks.ts";
import { CHALLENGED, deviceShape } from "./device-shape.ts";
import type { Findings, Place } from "./finding.ts";
import { isHost } from "./host.ts";
import { quote, readSection, type Values } from "./section.ts";
import { readSecureSignaling } from "./secure-signaling.ts";
import { child, inside, type Node } from "./source.ts";

type Given = Values<typeof deviceShape>;

export function readDevices(
	node: Node,
	defaults: SecureSignaling,
	listen: readonly ListenConfig[],
	found: Findings,
): ReadonlyMap<string, Device> {
	if (node.kind !== "block") {
		found.error(node.at, {
			code: "CONFIG_TYPE",
			message: "devices must be a block with one key for each device",
			fix: 'write "1001": { type: Extension, contact: "*" }',
		});
		return new Map();
	}
	const devices = new Map<string, Device>();
	for (const [name, { key, value }] of node.entries) {
		const about = found.about(name);
		checkName(name, key, about);
		const device = readDevice(name, key, value, defaults, about);
		if (device !== undefined) devices.set(name, device);
	}
	warnUnused(node, found);
	checkOutboundProxy(devices, node, found);
	checkConsistency(node, { listen, devices }, found);
	return devices;
}

function readDevice(
	name: string,
	at: Place,
	node: Node,
	defaults: SecureSignaling,
	found: Findings,
): Device | undefined {
	const given = readSection("the entry", node, deviceShape, found);
	const own = child(node, "secure-signaling");
	const secureSignaling = readSecureSignaling(own, defaults, found);
	const contact = readContact(given, at, node, found);
	checkCombinations(given, node, found);
	const contactBackup = readBackups(given["contact-backup"], node, found);
	for (const one of contactBackup) checkSips(given, "contact-backup", one, node, found);
	checkSips(given, "contact", contact, node, found);
	if (given.type === undefined) requireKey("type", "Extension", at, node, found);
	if (given.type === undefined || contact === undefined) return undefined;
	const challenged = given["authenticate-requests"] ?? CHALLENGED;
	return {
		name,
		type: given.type,
		contact,
		contactBackup,
		serviceType: given["service-type"],
		prefix: given.prefix,
		replacePrefix: given["replace-prefix"],
		priority: given.priority,
		capacity: given.capacity,
		oosCheck: given["oos-check"],
		oosForce: given["oos-force"],
		recoveryTimeout: given["recovery-timeout"],
		password: given.password,
		authenticateRequests: given.password === undefined ? [] : challenged,
		secureSignaling,
		line: at.line,
	};
}

function readContact(
	given: Given,
	at: Place,
	node: Node,
	found: Findings,
): Device["contact"] | undefined {
	const written = given.contact;
	if (written === undefined) {
		if (given.type === "Routing Point") return "*";
		requireKey("contact", '"*" if it registers itself, or "sip:HOST"', at, node, found);
		return undefined;
	}
	if (written === "*") return "*";

	return readAddress("contact", written, node, found);
}

/** In the order in which they are tried. */
function readBackups(
	written: string | undefined,
	node: Node,
	found: Findings,
): readonly DeviceContact[] {
	const parts = written?.split(",").map((part) => part.trim()) ?? [];
	// An empty one is the documented way to have none.
	if (written === undefined || written.trim() === "") return [];
	if (parts.length > BACKUPS_MAX) {
		found.error((child(node, "contact-backup") ?? node).at, {
			code: "CONFIG_VALUE",
			message: `contact-backup: ${parts.length} addresses are too many`,
			fix: `write at most ${BACKUPS_MAX}`,
		});
		return [];
	}
	return parts.flatMap((part) => readAddress("contact-backup", part, node, found) ?? []);
}

/** A caller waits for each of them in turn. */
const BACKUPS_MAX = 8;

function readAddress(
	word: "contact" | "contact-backup",
	written: string,
	node: Node,
	found: Findings,
): DeviceContact | undefined {
	const place = child(node, word) ?? node;
	const reading = strict(written.trim());
	if (reading.kind === "problem") {
		const offset = Math.max(written.search(/;\s*transport\s*=/i), 0);
		const { reason, fix } = reading;
		const where = /udp|transport/i.test(reason) ? offset : 0;
		const message = `${word}: ${quote(written)}: ${reason}`;
		found.error(inside(place, where), { code: "CONFIG_CONTACT", message, fix });
		return undefined;
	}
	for (const { level, message: text } of reading.remarks) {
		const message = `${word}: ${quote(written)}: ${text}`;
		const remark = { code: "CONFIG_CONTACT", message, fix: undefined } as const;
		if (level === "warning") found.warn(place.at, remark);
		else found.note(place.at, remark);
	}
	return reading.contact;
}

/** The grammar of core/leg, and what must not reach the wire: control characters, and hosts that are none. */
function strict(written: string): DeviceContactReading {
	if (/[^\x21-\x7e]/.test(written))
		return {
			kind: "problem",
			reason: "has a space or a character outside ASCII",
			fix: "write it without",
		};
	const reading = parseDeviceContact(written);
	if (reading.kind === "problem" || isHost(reading.contact.host)) return reading;
	const reason = `"${reading.contact.host}" is neither a name nor an address`;
	return { kind: "problem", reason, fix: "write a domain name or an IP address" };
}
