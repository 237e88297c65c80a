/**
 * The calls of devices that may have only so many at a time: secure signaling §2.2, `capacity`.
 *
 * A call counts from its INVITE to its failure, or to a BYE from either side: both pass here, since
 * we are in the route set. Only such a device has anything kept for its calls. Calls to it and calls
 * from it count alike; only those to it are refused, for one that it makes has its channel already.
 */
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";
import { own } from "../base/own-text.ts";
import type { Device } from "../leg/device.ts";
import type { Head } from "../message/head.ts";

/** Dialogs whose calls are counted: beyond, the oldest are counted no more. */
const DIALOGS_MAX = 100_000;
/** A call whose BYE never came is counted no longer than this: 12 hours. */
const CALL_MS = 43_200_000;

/** One call of one device. */
export class Call {
	readonly device: string;
	/** Call-ID and tag of the caller. */
	readonly dialog: string;
	readonly since: Milliseconds;
	/** Of whoever answered. */
	calleeTag: string | undefined;
	/** Branches of its INVITE without an outcome: a device that registered twice rings at both places. */
	branches = 1;
	readonly #calls: Calls;

	constructor(calls: Calls, device: string, dialog: string, since: Milliseconds) {
		this.#calls = calls;
		this.device = device;
		this.dialog = dialog;
		this.since = since;
	}

	/** A 2xx: it is up until it is hung up. The first one counts. */
	answered({ toTag = "" }: Head): void {
		this.calleeTag ??= own(toTag);
	}

	/** A branch of its INVITE has an outcome. When all have, and there is no answer, the call is over. */
	settle(): void {
		this.branches -= 1;
		if (this.branches === 0 && this.calleeTag === undefined) this.#calls.remove(this);
	}
}

export class Calls {
	/** Capacity and calls of each device that is counted. */
	readonly #devices = new Map<string, { readonly capacity: number; now: number }>();
	/** In the order in which they began. */
	readonly #dialogs = new BoundedMap<string, Call[]>("counted dialogs", DIALOGS_MAX);

	/** 0: no call is counted. */
	get size(): number {
		return this.#devices.size;
	}

	/** What is up stays counted, for devices that still have a capacity. */
	configure(devices: Iterable<Device>): void {
		const before = new Map(this.#devices);
		this.#devices.clear();
		for (const { name, capacity } of devices)
			if (capacity > 0) this.#devices.set(name, { capacity, now: before.get(name)?.now ?? 0 });
		if (this.#dialogs.size > 0) this.#recount();
	}

	/** Whether the device has as many calls as it may have. */
	full(device: string, now: Milliseconds): boolean {
		const counted = this.#devices.get(device);
		if (counted === undefined || counted.now < counted.capacity) return false;
		this.#forgetOld(now);
		return counted.now >= counted.capacity;
	}

	/** Counts the call of an INVITE; undefined for a device without a capacity. */
	begin(device: string, head: Head, now: Milliseconds): Call | undefined {
		const counted = this.#devices.get(device);
		if (counted === undefined) return undefined;
		this.#forgetOld(now);
		const dialog = own(dialogOf(head.callId, head.fromTag));
		const call = new Call(this, device, dialog, now);
		const dropped = this.#dialogs.push(dialog, [...(this.#dialogs.get(dialog) ?? []), call]);
		for (const { device: name } of dropped?.[1] ?? []) this.#count(name, -1);
		counted.now += 1;
		return call;
	}

	/** A BYE passes, from either side. */
	hungUp(head: Head): void {
		if (this.#dialogs.size === 0) return;
		const { callId, fromTag = "", toTag = "" } = head;
		this.#end(dialogOf(callId, fromTag), toTag);
		this.#end(dialogOf(callId, toTag), fromTag);
	}

	remove(call: Call): void {
		const { dialog, device } = call;
		const calls = this.#dialogs.get(dialog);
		if (calls === undefined || !calls.includes(call)) return;
		const rest = calls.filter((one) => one !== call);
		if (rest.length === 0) this.#dialogs.delete(dialog);
		else this.#dialogs.set(dialog, rest);
		this.#count(device, -1);
	}

	/** How many calls a device has; undefined for one without a capacity. */
	of(device: string): number | undefined {
		return this.#devices.get(device)?.now;
	}

	#end(dialog: string, calleeTag: string): void {
		for (const call of this.#dialogs.get(dialog) ?? [])
			if (call.calleeTag === calleeTag) this.remove(call);
	}

	#forgetOld(now: Milliseconds): void {
		for (const calls of this.#dialogs.values()) {
			const [oldest] = calls;
			if (oldest !== undefined && now - oldest.since < CALL_MS) return;
			for (const call of calls) if (now - call.since >= CALL_MS) this.remove(call);
		}
	}

	#count(device: string, by: number): void {
		const counted = this.#devices.get(device);
		if (counted !== undefined) counted.now += by;
	}

	/** A device that has a capacity again has the calls that are still kept. */
	#recount(): void {
		for (const counted of this.#devices.values()) counted.now = 0;
		for (const calls of this.#dialogs.values())
			for (const { device } of calls) this.#count(device, 1);
	}
}

function dialogOf(callId: string, callerTag = ""): string {
	return `${callId}\n${callerTag}`;
}
