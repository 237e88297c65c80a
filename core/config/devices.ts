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
import { addDevicePassword, type Users } from "./users.ts";

type Given = Values<typeof deviceShape>;

/** What devices are read beside. */
export type Around = {
	readonly secureSignaling: SecureSignaling;
	readonly listen: readonly ListenConfig[];
	/** Those of `users`; devices with a password of their own are added. */
	readonly users: Users;
};

export function readDevices(
	node: Node | undefined,
	{ secureSignaling, listen, users }: Around,
	found: Findings,
): ReadonlyMap<string, Device> {
	if (node === undefined || node.kind === "empty") return new Map();
	if (node.kind !== "block") {
		found.error(node.at, {
			code: "CONFIG_TYPE",
			message: "devices must be a block with one key for each device",
			fix: 'write "1001": { type: Extension, contact: "*" }',
		});
		return new Map();
	}
	const challenged = new Set(Array.from(users.values(), ({ user }) => user.device));
	const devices = new Map<string, Device>();
	for (const [name, { key, value }] of node.entries) {
		const about = found.about(name);
		checkName(name, key, about);
		const password = child(value, "password");
		if (password?.kind === "scalar" && password.text !== "") {
			challenged.add(name);
			addDevicePassword(users, name, { password: password.text, at: password.at }, about);
		}
		const how = { defaults: secureSignaling, challenged: challenged.has(name) };
		const device = readDevice(name, key, value, how, about);
		if (device !== undefined) devices.set(name, device);
	}
	warnUnused(node, found);
	checkOutboundProxy(devices, node, found);
	checkConsistency(node, { listen, devices }, found);
	return devices;
}

type How = { readonly defaults: SecureSignaling; readonly challenged: boolean };

function readDevice(
	name: string,
	at: Place,
	node: Node,
	{ defaults, challenged }: How,
	found: Findings,
): Device | undefined {
	const given = readSection("the entry", node, deviceShape, found);
	const own = child(node, "secure-signaling");
	const secureSignaling = readSecureSignaling(own, defaults, found);
	const contact = readContact(given, at, node, found);
	checkCombinations(given, challenged, node, found);
	const contactBackup = readBackups(given["contact-backup"], node, found);
	for (const one of contactBackup) checkSips(given, "contact-backup", one, node, found);
	checkSips(given, "contact", contact, node, found);
	if (given.type === undefined) requireKey("type", "Extension", at, node, found);
	if (given.type === undefined || contact === undefined) return undefined;
	const methods = given["authenticate-requests"] ?? CHALLENGED;
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
		maxBindings: given["max-bindings"],
		oosCheck: given["oos-check"],
		oosForce: given["oos-force"],
		recoveryTimeout: given["recovery-timeout"],
		authenticateRequests: challenged ? [...new Set(["REGISTER", ...methods])] : [],
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
