/** Who can be called: configured devices and their live bindings. What RFC 3261 §16.5 calls the location service. */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Device } from "../leg/device.ts";
import { sameFlow } from "../leg/flow-token.ts";
import { readable } from "../leg/readable.ts";
import { schemeToken, tokenLength } from "../leg/scheme-token.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";
import type { Head } from "../message/head.ts";
import type { NameAddress } from "../message/name-addr.ts";
import { type Uri, unescapeUser } from "../message/uri.ts";

export type Directory = {
	device(name: string): Device | undefined;
	/** The device whose configured contact is where this flow comes from: its address, or the name that its certificate proves (RFC 5922 §7.4). */
	deviceAt(flow: Flow): Device | undefined;
	bindings(device: string, now: Milliseconds): readonly Binding[];
	/** Whether SRV `_sips._tls` is asked for this host too: as the device says whose contact names it, else as the defaults say. */
	srvSipsTls(host: string): boolean;
	/** The devices whose service is watched, or whose calls are counted. */
	readonly watched: readonly Device[];
	/** Whether requests from this address are accepted as they are. */
	trusted(host: string): boolean;
	/** The settings of a leg to a peer that is not configured. */
	readonly policy: SecureSignaling;
	/** Whether any leg is set to keep to one scheme (RFC 5630 §5.3): else nobody has to look. */
	readonly keepsSchemes: boolean;
};

/** The device that a URI names, if it is one of ours by its user part. */
export function deviceOf(uri: Uri, directory: Directory): Device | undefined {
	return uri.user === undefined ? undefined : directory.device(unescapeUser(uri.user));
}

/** As `deviceOf`, of a URI in text: for its user alone it need not be taken apart. */
export function deviceNamed(uri: string, directory: Directory): Device | undefined {
	const start = tokenLength(uri, 0) + 1;
	const end = start === 1 ? -1 : uri.indexOf("@", start);
	if (end === -1) return undefined;
	const colon = uri.indexOf(":", start);
	const user = uri.slice(start, colon === -1 || colon > end ? end : colon);
	return directory.device(unescapeUser(user));
}

/**
 * The settings of the leg to a peer: those of the trunk at the flow's end, of the device that an address
 * names, or that is there, or that its Contact names: who withholds its number has one all the same.
 * `contact`: the URI, or the head of a message of that peer.
 */
export function policyOf(
	address: NameAddress,
	flow: Flow | undefined,
	directory: Directory,
	contact: string | Head,
): SecureSignaling {
	const there = flow === undefined ? undefined : directory.deviceAt(flow);
	// A trunk brings callers with numbers of ours.
	const device = there?.type === "Trunk" ? there : (deviceNamed(address.uri, directory) ?? there);
	if (device !== undefined) return device.secureSignaling;
	const uri = typeof contact === "string" ? contact : firstContact(contact);
	const named = uri === undefined ? undefined : deviceNamed(uri, directory);
	return named?.secureSignaling ?? directory.policy;
}

function firstContact(head: Head): string | undefined {
	return head.has("contact") ? readable(() => head.contacts)[0]?.uri : undefined;
}

/**
 * The device that a request came from, as far as its path shows it: it claims a number in From and
 * comes along the flow that this number registered on, or from the address of a configured contact.
 * What comes from a trunk is the trunk's, whatever caller id it brings.
 */
export function deviceOnFlow(
	from: Uri,
	flow: Flow,
	directory: Directory,
	now: Milliseconds,
): Device | undefined {
	const claimed = deviceOf(from, directory);
	if (claimed?.contact === "*") {
		for (const binding of directory.bindings(claimed.name, now))
			if (sameFlow(binding.flow, flow)) return claimed;
	}
	const configured = directory.deviceAt(flow);
	if (configured?.type === "Trunk" && claimed?.type !== "Trunk") return configured;
	return claimed && configured && sameHost(claimed, configured) ? claimed : configured;
}

/** Whether the configuration says who is there: an address it trusts, or a device's contact. */
export function knows(directory: Directory, flow: Flow): boolean {
	return directory.trusted(flow.host) || directory.deviceAt(flow) !== undefined;
}

/** The live binding that a Contact URI stands for: same address and user, whatever scheme and transport (§19.1.4 is stricter). */
export function bindingOf(uri: Uri, directory: Directory, now: Milliseconds): Binding | undefined {
	const device = deviceOf(uri, directory);
	if (device === undefined) return undefined;
	const address = addressOf(uri.text);
	return directory
		.bindings(device.name, now)
		.find((binding) => addressOf(binding.contact) === address);
}

/** A URI without its scheme and parameters. */
function addressOf(uri: string): string {
	const rest = uri.slice(schemeToken(uri).length);
	const semicolon = rest.indexOf(";", rest.indexOf("@") + 1);
	return (semicolon === -1 ? rest : rest.slice(0, semicolon)).toLowerCase();
}

function sameHost(a: Device, b: Device): boolean {
	return a.contact !== "*" && b.contact !== "*" && a.contact.host === b.contact.host;
}
