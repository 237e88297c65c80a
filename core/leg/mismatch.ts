/** Traffic that does not match the device's entry: RFC 5630 §5.1.2 and §5.3, as `mismatch` is set. */
import type { Scheme } from "../base/scheme.ts";
import type { Device } from "./device.ts";
import type { SecureSignaling } from "./secure-signaling.ts";

/** A new request, as seen. */
export type Arrival = {
	/** `incomingScheme` of the request. */
	readonly seen: Scheme;
	readonly requestUri: Scheme | undefined;
	readonly contact: Scheme | undefined;
	/** It came over TLS or WSS. */
	readonly secure: boolean;
	/** Where it came from; undefined: a peer that is not configured. */
	readonly device: Pick<Device, "contact"> | undefined;
	/** The scheme of the device's live binding. */
	readonly binding: Scheme | undefined;
	/** The device's settings, or the defaults. */
	readonly policy: SecureSignaling;
};

export type Verdict = {
	/** The scheme of the leg for the life of the dialog. */
	readonly scheme: Scheme;
	/** What does not match: worth an event in the log. */
	readonly mismatch: Mismatch | undefined;
	/** The answer, where the settings refuse it. */
	readonly refused: Refusal | undefined;
};

export type Mismatch =
	| "sips-from-sip-device"
	| "sip-from-sips-device"
	| "sips-from-unknown-peer"
	| "sip-contact-under-sips"
	| "sips-in-clear";

export type Refusal = { readonly status: 400 | 403 | 480; readonly warning?: 380 | 381 };

export function judge(arrival: Arrival): Verdict {
	const { seen, policy } = arrival;
	const strict = policy.mismatch === "reject" || policy.policy === "rfc5630";
	const mismatch = mismatchOf(arrival);
	switch (mismatch) {
		case undefined:
			return { scheme: seen, mismatch, refused: undefined };
		case "sip-contact-under-sips":
		case "sips-in-clear":
			return { scheme: seen, mismatch, refused: strict ? { status: 400 } : undefined };
		default:
			return {
				scheme: policy.mismatch === "follow-config" ? (configured(arrival) ?? seen) : seen,
				mismatch,
				refused: policy.mismatch === "reject" ? REFUSALS[mismatch] : undefined,
			};
	}
}

type DeviceMismatch = Exclude<Mismatch, "sip-contact-under-sips" | "sips-in-clear">;

const REFUSALS: Readonly<Record<DeviceMismatch, Refusal>> = {
	"sips-from-sip-device": { status: 480, warning: 380 },
	"sip-from-sips-device": { status: 480, warning: 381 },
	"sips-from-unknown-peer": { status: 403 },
};

/** What makes a message wrong in itself comes before what makes it wrong for a device. */
function mismatchOf(arrival: Arrival): Mismatch | undefined {
	const { seen, requestUri, contact, secure, device, binding } = arrival;
	if (requestUri === "sips" && contact === "sip") return "sip-contact-under-sips";
	if (seen === "sips" && !secure) return "sips-in-clear";
	if (device === undefined) return seen === "sips" ? "sips-from-unknown-peer" : undefined;
	const expected = configured(arrival) ?? binding;
	if (expected === undefined || expected === seen) return undefined;
	return seen === "sips" ? "sips-from-sip-device" : "sip-from-sips-device";
}

/** What the configuration says; a device that registers says it itself. */
function configured({ device }: Arrival): Scheme | undefined {
	return device === undefined || device.contact === "*" ? undefined : device.contact.scheme;
}
