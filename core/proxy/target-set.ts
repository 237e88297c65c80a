/**
 * The target set: RFC 3261 §16.5. A script's decision becomes targets, one callee leg each.
 *
 * A target made from a device or a binding has the scheme of that contact (secure signaling G2, G15,
 * G16); one-scheme.ts says whether it may be called in it.
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, reliable, secure } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";
import type { Device, DeviceContact } from "../leg/device.ts";
import { deviceUri } from "../leg/device-uri.ts";
import { sameFlow } from "../leg/flow-token.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";
import { changeUri } from "../message/change-uri.ts";
import type { Request } from "../message/message.ts";
import { sameUri } from "../message/same-uri.ts";
import { parseUri, type Uri, uriParam } from "../message/uri.ts";
import type { TargetChoice } from "./decision.ts";
import { placeOf } from "./device-place.ts";
import type { Directory } from "./directory.ts";
import { instanceMeant } from "./gruu.ts";
import type { Rejection } from "./rejection.ts";

/** Where to send: one address out of RFC 3263 §4, before a listener of ours is chosen; or a flow (RFC 5626 §5.3). */
export type Hop = Pick<Flow, "transport" | "host" | "port" | "serverName"> & {
	readonly listener?: number;
	readonly connection?: number;
};

export type Target = {
	/** The Request-URI, before the leg's scheme is applied. */
	readonly uri: string;
	readonly scheme: Scheme;
	/** The flow that a device registered on: the request goes back along it (RFC 5626 §5.3). */
	readonly flow: Flow | undefined;
	/** It goes along that flow and nowhere else: a proxy has asked for it, or the phone for outbound (RFC 5626 §5.3.1, §7). */
	readonly alongFlow?: true | undefined;
	/**
	 * In a dialog: where its peer was. What its Contact resolves to anywhere else is nobody that we
	 * are in a dialog with, and whoever has a Route of ours could send us there.
	 */
	readonly host?: string | undefined;
	/** Path values of the binding, put ahead as Route (RFC 3327 §5.4). */
	readonly path: readonly string[];
	readonly policy: SecureSignaling;
	readonly device: string | undefined;
	/** It goes over TLS although its scheme is `sip` (RFC 5630 §5.3). */
	readonly overTls?: boolean;
	/** Both legs have its scheme, whatever the caller's Contact says (RFC 5630 §5.3). */
	readonly oneScheme?: boolean;
	/** What a script calls there, whatever number its contact or binding has. */
	readonly number?: string | undefined;
	/** In a dialog: the peer has cut off what its Contact carried, and the URI is the next best. */
	readonly lost?: true;
	/** Preference in thousandths; absent: 1000 (§16.6). */
	readonly q?: number;
	/** The instance-id that it registered with: one device of several of this name (RFC 5626 §7). */
	readonly instance?: string | undefined;
	/**
	 * Another address of the same device, or another flow of the same instance: it is called in place of
	 * this one when nobody can be reached here.
	 */
	readonly next?: Target | undefined;
	/** It is the `next` of another: whether its device may be called was asked there. */
	readonly backup?: true | undefined;
	/** A trunk that takes turns with those of its kind next to it (turns.ts). */
	readonly turns?: true | undefined;
};

/** The hops that lead to where the peer of a dialog is. */
export function reachable(hops: readonly Hop[], { host }: Target): readonly Hop[] {
	return host === undefined ? hops : hops.filter((hop) => hop.host === host);
}

/**
 * The status for a target that nothing can be sent to. Of a phone on a flow, or behind a proxy that holds
 * it, the flow has failed (RFC 5626 §5.3.1); anywhere else it is a 503 (RFC 3261 §16.9).
 */
export function brokenStatus({ alongFlow, device, path }: Target): 430 | 503 {
	return alongFlow || (device !== undefined && path.length > 0) ? 430 : 503;
}

/** The targets of a decision, in the order chosen, none twice, or why there is none. */
export function targetSet(
	choices: readonly TargetChoice[],
	request: Request,
	directory: Directory,
	now: Milliseconds,
): readonly Target[] | Rejection {
	const found: Target[] = [];
	for (const choice of choices) {
		const targets = targetsOf(choice, request, directory, now);
		if ("status" in targets) return targets;
		found.push(...targets);
	}
	if (found.length === 0) return { status: 480 };
	return found.length === 1 ? found : distinct(found);
}

/** The targets in the order chosen, none twice. */
export function distinct(targets: readonly Target[], known: readonly Target[] = []): Target[] {
	const found: Target[] = [];
	for (const target of targets)
		if (!includes(known, target) && !includes(found, target)) found.push(target);
	return found;
}

/** A flow in clear cannot carry `sips` (§26.2.2): then the address has to take a connection of ours. */
export function inScheme(target: Target, scheme: Scheme): Target {
	const { flow, next } = target;
	const fits = scheme === "sip" || flow === undefined || secure(flow.transport);
	const forced = fits ? { ...target, scheme } : { ...target, scheme, flow: undefined };
	return next === undefined ? forced : { ...forced, next: inScheme(next, scheme) };
}

/** Of one instance; or equal as URIs are (§19.1.4), and at the same flow: behind two NATs a Contact may say the same twice. */
function includes(targets: readonly Target[], target: Target): boolean {
	const { uri, flow, path } = target;
	const same = (other: Target) =>
		atSameFlow(other.flow, flow) && alongSamePath(other.path, path) && equal(other.uri, uri);
	return targets.some((other) => ofOneInstance(other, target) || same(other));
}

/** Of a GRUU only those of its instance are meant; undefined: all (RFC 5627 §6.1). */
export function ofInstance(
	meant: string | undefined,
	targets: readonly Target[],
): readonly Target[] {
	return meant === undefined ? targets : targets.filter(({ instance }) => instance === meant);
}

/** RFC 5626 §7: of these, one is called at a time. */
export function ofOneInstance(a: Target, b: Target): boolean {
	return a.instance !== undefined && a.instance === b.instance && a.device === b.device;
}

function alongSamePath(a: readonly string[], b: readonly string[]): boolean {
	return a === b || (a.length === b.length && a.every((value, at) => value === b[at]));
}

function atSameFlow(a: Flow | undefined, b: Flow | undefined): boolean {
	return a === b || (a !== undefined && b !== undefined && sameFlow(a, b));
}

function equal(a: string, b: string): boolean {
	return a === b || sameUri(parseUri(a), parseUri(b));
}

/** What one choice of a script, or a Contact that means one of our devices, stands for. */
export function targetsOf(
	choice: TargetChoice,
	request: Request,
	directory: Directory,
	now: Milliseconds,
): readonly Target[] | Rejection {
	if (choice.kind === "uri") return targetsAt(choice.uri, directory);
	if (choice.kind === "request-uri") {
		const known = placeTarget(request.parsedUri, directory, now);
		return known === undefined ? targetsAt(request.uri, directory) : [known];
	}
	const device = directory.device(choice.name);
	if (device === undefined) return { status: 404 };
	const exact = choice.exact ? choice.number : undefined;
	if (device.contact === "*") {
		const instance = instanceMeant(request.parsedUri, device);
		if (instance === "") return { status: 404 };
		return ofInstance(instance, bindingTargets(device, directory, now, exact));
	}
	// A number that the script chose is the one to dial: its prefix was replaced there.
	const dialled = choice.number ?? dialledUser(device, request.parsedUri.user);
	const { contact } = device;
	const target =
		exact === undefined
			? contactTarget(device, contact, dialled)
			: contactTarget(withoutNumbers(device), { ...contact, user: undefined }, exact);
	return [choice.turns ? { ...target, turns: true } : target];
}

/** So that the number that is dialled stands in its backups, too. */
function withoutNumbers(device: Device): Device {
	const contactBackup = device.contactBackup.map((backup) => ({ ...backup, user: undefined }));
	return { ...device, contactBackup };
}

function targetsAt(uri: string, { policy }: Directory): readonly Target[] | Rejection {
	// A `tel` URI is a script's to translate; nothing can be sent to it (§16.3 step 2).
	return schemeOf(uri) === undefined ? { status: 416 } : [uriTarget(uri, policy)];
}

/** A target that is only a URI: it stands for itself (§16.5). */
export function uriTarget(uri: string, policy: SecureSignaling): Target {
	const parsed = parseUri(uri);
	return {
		uri: asRequestUri(parsed),
		scheme: parsed.scheme === "sips" ? "sips" : "sip",
		flow: undefined,
		path: [],
		policy,
		device: undefined,
	};
}

/** The contact of a device, which leads to its backups in the order in which they are written. */
export function contactTarget(
	device: Device,
	contact: DeviceContact,
	dialled: string | undefined,
): Target {
	const first = deviceTarget(device, contact, dialled);
	if (device.contactBackup.length === 0) return first;
	const backups = device.contactBackup.map((backup) => deviceTarget(device, backup, dialled));
	return chained(first, backups);
}

/** The target, which leads to the others one by one. */
export function chained(first: Target, others: readonly Target[]): Target {
	let next: Target | undefined;
	for (const other of others.toReversed()) next = { ...other, next, backup: true };
	return { ...first, next, backup: undefined };
}

/** A target and those that it leads to. */
export function addressesOf(target: Target): readonly Target[] {
	return target.next === undefined ? [target] : [target, ...addressesOf(target.next)];
}

function deviceTarget(device: Device, contact: DeviceContact, dialled: string | undefined): Target {
	const { scheme } = contact;
	const policy = device.secureSignaling;
	const uri = deviceUri(contact, dialled, { scheme, policy });
	return { uri, scheme, flow: undefined, path: [], policy, device: device.name };
}

/**
 * One target for each place that the device registered from, the most wanted first; flows of one
 * instance are one. `number` stands in place of the one that it registered with.
 */
export function bindingTargets(
	device: Device,
	directory: Directory,
	now: Milliseconds,
	number?: string,
): readonly Target[] {
	const bindings = directory.bindings(device.name, now);
	const ordered = bindings.length > 1 ? bindings.toSorted((a, b) => b.q - a.q) : bindings;
	const targets = ordered.map((binding) => {
		const target = bindingTarget(binding, device);
		if (number === undefined) return target;
		const uri = changeUri(parseUri(target.uri), { user: number });
		return { ...target, uri, number };
	});
	return targets.length > 1 ? inTurn(targets) : targets;
}

/** Flows of one instance, each called when the one before has failed: of equal ones the newest first (RFC 5626 §7). */
function inTurn(targets: readonly Target[]): readonly Target[] {
	const found: Target[] = [];
	for (const target of targets) {
		if (found.some((one) => ofOneInstance(one, target))) continue;
		const flows = targets.filter((one) => one === target || ofOneInstance(one, target));
		const [first = target, ...others] = flows.reverse().sort((a, b) => qOf(b) - qOf(a));
		found.push(others.length === 0 ? first : chained(first, others));
	}
	return found;
}

/** Of a target that says none, the highest (§16.6). */
export function qOf({ q = 1000 }: Target): number {
	return q;
}

/**
 * Somebody was shown a device's Contact, in the scheme of its own leg, or was referred to it: the URI
 * need not say how to get there. What came along the Path of a binding has been there already.
 */
function placeTarget(uri: Uri, directory: Directory, now: Milliseconds): Target | undefined {
	const place = placeOf(uri, directory, now);
	if (place === undefined) return undefined;
	const { device } = place;
	if ("contact" in place) return deviceTarget(device, place.contact, uri.user);
	const { binding } = place;
	return binding.path.length > 0 && binding.node === undefined
		? undefined
		: bindingTarget(binding, device);
}

/** With a Path the next hop is its first proxy, and what came with the REGISTER is no flow of the device (RFC 3327 §5.4). */
export function bindingTarget(binding: Binding, device: Device): Target {
	const { path } = binding;
	const outbound = binding.regId !== undefined && path.length === 0;
	return {
		uri: asRequestUri(parseUri(binding.contact)),
		scheme: binding.scheme,
		flow: path.length > 0 || isGone(binding.flow) ? undefined : binding.flow,
		alongFlow: outbound || undefined,
		path,
		policy: device.secureSignaling,
		device: device.name,
		q: binding.q,
		instance: binding.instance,
	};
}

/** A stream that an earlier run had open: the port it came from leads nowhere, but its Contact may. */
export function isGone({ transport, connection }: Flow): boolean {
	return reliable(transport) && connection === 0;
}

/** A trunk is dialled by its prefix: `replace-prefix` says what stands there on the wire (G14). */
function dialledUser(device: Device, dialled: string | undefined): string | undefined {
	if (dialled === undefined || device.type !== "Trunk") return dialled;
	const { prefix, replacePrefix } = device;
	if (prefix === undefined || replacePrefix === undefined) return dialled;
	return dialled.startsWith(prefix) ? replacePrefix + dialled.slice(prefix.length) : dialled;
}

/** Neither headers nor a method belong in a Request-URI (§16.6 step 2, §19.1.1 Table 1). */
function asRequestUri(uri: Uri): string {
	const { text, headers } = uri;
	const bare = headers === undefined ? text : text.slice(0, text.length - headers.length - 1);
	const method = uri.params.length === 0 ? undefined : uriParam(uri, "method");
	if (method === undefined) return bare;
	return bare.slice(0, method.start) + bare.slice(method.start + 1 + method.text.length);
}
