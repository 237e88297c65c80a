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
	/** The scheme that the device registered in: `seen`, if any of its live bindings has it. */
	readonly binding: Scheme | undefined;
	/** The device's settings, or the defaults. */
	readonly policy: SecureSignaling;
};

export type Verdict = {
	/** `incomingScheme` of the request. */
	readonly seen: Scheme;
	/** The scheme of the leg for the life of the dialog. */
	readonly scheme: Scheme;
	/** What does not match: worth an event in the log. */
	readonly mismatch: Mismatch | undefined;
	/** The scheme that the device's entry or its registration says. */
	readonly configured: Scheme | undefined;
	/** The answer, where the settings refuse it. */
	readonly refused: Refusal | undefined;
};

export type Mismatch =
	| "sips-from-sip-device"
	| "sip-from-sips-device"
	| "sips-from-unknown-peer"
	| "sip-contact-under-sips"
	| "sips-in-clear"
	| "sips-register-with-contact";

export type Refusal = {
	readonly status: 400 | 403 | 480;
	readonly reason?: string;
	readonly warning?: 380 | 381;
};

export function judge(arrival: Arrival): Verdict {
	const { seen, policy } = arrival;
	const mismatch = mismatchOf(arrival);
	const configured = configuredScheme(arrival);
	if (mismatch === undefined)
		return { seen, scheme: seen, mismatch, configured, refused: undefined };
	const scheme = policy.mismatch === "follow-config" ? (configured ?? seen) : seen;
	const refused = refuses(mismatch, policy) ? REFUSALS[mismatch] : undefined;
	return { seen, scheme, mismatch, configured, refused };
}

/** A request in a dialog, whose leg is `sips`, has come in clear: as a new one would be (G20, M6). */
export function judgeInClear(policy: SecureSignaling): Verdict {
	return sipsVerdict("sips-in-clear", undefined, policy);
}

/** A REGISTER with a `sips` Contact for a device that is called at its configured contact (G20, M4). */
export function judgeRegister({ contact, secureSignaling }: Device): Verdict {
	const configured = contact === "*" ? undefined : contact.scheme;
	return sipsVerdict("sips-register-with-contact", configured, secureSignaling);
}

function sipsVerdict(
	mismatch: Mismatch,
	configured: Scheme | undefined,
	policy: SecureSignaling,
): Verdict {
	const refused = refuses(mismatch, policy) ? REFUSALS[mismatch] : undefined;
	return { seen: "sips", scheme: "sips", mismatch, configured, refused };
}

/** What is wrong in itself, and not only for a device, is refused under RFC 5630 too (§5.1.2, §5.3). */
function refuses(mismatch: Mismatch, { mismatch: setting, policy }: SecureSignaling): boolean {
	if (setting === "reject") return true;
	const inconsistent = mismatch === "sip-contact-under-sips" || mismatch === "sips-in-clear";
	return inconsistent && policy === "rfc5630";
}

const REFUSALS: Readonly<Record<Mismatch, Refusal>> = {
	"sips-from-sip-device": { status: 480, warning: 380 },
	"sip-from-sips-device": { status: 480, warning: 381 },
	"sips-from-unknown-peer": { status: 403 },
	"sip-contact-under-sips": { status: 400, reason: "SIP Contact under SIPS" },
	"sips-in-clear": { status: 400, reason: "SIPS over Insecure Transport" },
	"sips-register-with-contact": { status: 403 },
};

/** What makes a message wrong in itself comes before what makes it wrong for a device. */
function mismatchOf(arrival: Arrival): Mismatch | undefined {
	const { seen, requestUri, contact, secure, device } = arrival;
	if (requestUri === "sips" && contact === "sip") return "sip-contact-under-sips";
	if (seen === "sips" && !secure) return "sips-in-clear";
	if (device === undefined) return seen === "sips" ? "sips-from-unknown-peer" : undefined;
	const expected = configuredScheme(arrival);
	if (expected === undefined || expected === seen) return undefined;
	return seen === "sips" ? "sips-from-sip-device" : "sip-from-sips-device";
}

/** A device that registers says by its registration what one with a contact says by its entry. */
function configuredScheme({ device, binding }: Arrival): Scheme | undefined {
	if (device === undefined) return undefined;
	return device.contact === "*" ? binding : device.contact.scheme;
}
