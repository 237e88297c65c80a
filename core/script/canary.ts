/**
 * Scripts that serve a part of the new requests before they serve all of them: which part, and for how
 * long. A request that is repeated with a password has the Call-ID it had, and so meets the same scripts.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Request } from "../message/message.ts";
import { problemAt } from "./code-frame.ts";
import type { Generation } from "./generation.ts";
import { LoadError } from "./load-error.ts";

/** Whose requests: those that any of the four names. */
export type CanarySettings = {
	/** Percent of all requests, chosen by Call-ID. */
	readonly share: number;
	/** Names of the devices that call. */
	readonly devices: readonly string[];
	/** Where they come from. */
	readonly networks: { readonly texts: readonly string[]; contains(address: string): boolean };
	/** What the user of the Request-URI begins with. */
	readonly prefixes: readonly string[];
	/** Then everything; Infinity: when it is said. */
	readonly seconds: number;
};

/** Scripts that serve a part of the new requests: those that any of the four names. */
export type CanaryStatus = {
	readonly generation: number;
	readonly hash: string;
	/** Percent of all. */
	readonly share: number;
	readonly devices: readonly string[];
	readonly networks: readonly string[];
	/** Of the called number. */
	readonly prefixes: readonly string[];
	/** Milliseconds of the epoch. */
	readonly since: Milliseconds;
	/** When it gets everything; left out where that is for `promote` to say. */
	readonly until?: Milliseconds;
	readonly asked: number;
	readonly failed: number;
	/** Of those: for want of an answer from outside. */
	readonly outside: number;
	/** Requests with a final response, and how many of them were 5xx. */
	readonly answered: number;
	readonly serverErrors: number;
};

const PERCENT = 100;
/** Call-IDs are told apart to a thousandth of a percent. */
const STEPS = 100_000;

export class Canary {
	readonly generation: Generation;
	readonly since: Milliseconds;
	settings: CanarySettings;
	#stopped = false;

	constructor(generation: Generation, settings: CanarySettings, now: Milliseconds) {
		this.generation = generation;
		this.settings = settings;
		this.since = now;
	}

	/** Whether the candidate is asked about this request. */
	takes(request: Request, device: string | undefined, address: string): boolean {
		if (this.#stopped) return false;
		const { share, devices, networks, prefixes } = this.settings;
		if (share > 0 && isChosen(request.head.callId, share)) return true;
		if (device !== undefined && devices.includes(device)) return true;
		if (prefixes.length > 0) {
			const called = request.parsedUri.user ?? "";
			if (prefixes.some((one) => called.startsWith(one))) return true;
		}
		return networks.texts.length > 0 && networks.contains(address);
	}

	/** It is given nothing more. */
	stop(): void {
		this.#stopped = true;
	}

	get stopped(): boolean {
		return this.#stopped;
	}

	get until(): Milliseconds | undefined {
		const { seconds } = this.settings;
		return seconds === Infinity ? undefined : this.since + seconds * 1_000;
	}

	get status(): CanaryStatus {
		const { generation, settings, since, until } = this;
		const { share, devices, networks, prefixes } = settings;
		return {
			generation: generation.id,
			hash: generation.hash,
			share,
			devices,
			networks: networks.texts,
			prefixes,
			since,
			...(until !== undefined && { until }),
			...generation.counts,
		};
	}
}

/** `10 % of new requests, those of 1001 and those from 10.0.0.0/8`. */
export function audience({ share, devices, networks, prefixes }: CanarySettings): string {
	const parts = [
		...(share > 0 ? [`${share} % of new requests`] : []),
		...(devices.length > 0 ? [`those of ${devices.join(", ")}`] : []),
		...(networks.texts.length > 0 ? [`those from ${networks.texts.join(", ")}`] : []),
		...(prefixes.length > 0 ? [`those to ${prefixes.map((one) => `${one}…`).join(", ")}`] : []),
	];
	return parts.join(", ");
}

export function sameSettings(one: CanarySettings, other: CanarySettings): boolean {
	return one.seconds === other.seconds && audience(one) === audience(other);
}

/** For whoever promotes where there is nothing to promote. */
export function noCandidate(file: string): LoadError {
	const message = "no scripts are being tried: what is on disk serves, or was rolled back";
	return new LoadError("LOAD_PROMOTE", "promote", [problemAt(undefined, file, message)]);
}

/** The same for a Call-ID each time: FNV-1a, and its bits spread once more (MurmurHash3's finaliser). */
function isChosen(callId: string, share: number): boolean {
	let hash = 0x811c9dc5;
	for (let at = 0; at < callId.length; at += 1)
		hash = Math.imul(hash ^ callId.charCodeAt(at), 0x01000193);
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return ((hash ^ (hash >>> 16)) >>> 0) % STEPS < (share * STEPS) / PERCENT;
}
