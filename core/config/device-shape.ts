/** The keys of one device; their names are the documented ones. */

import { z } from "zod";
import { DEVICE_TYPES } from "../leg/device.ts";
import { choice, integer, list, scalar, text, valueDocs, wrong } from "./fields.ts";
import { nearest } from "./nearest.ts";
import { key } from "./section.ts";

/** What a UAS may challenge: ACK and CANCEL cannot be sent again with credentials (RFC 3261 §22.1). */
const METHODS = [
	...["REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "REFER", "PUBLISH", "OPTIONS", "NOTIFY"],
	...["INFO", "UPDATE", "PRACK", "BYE"],
];

const SERVICE_TYPES = ["softswitch", "msml", "sip-outbound-proxy"];

const method = scalar<string>({ values: "method", example: "REGISTER" }, (written) => {
	if (METHODS.includes(written)) return { value: written };
	if (written === "ACK" || written === "CANCEL")
		return wrong("cannot be challenged", "the methods to challenge without it");
	const meant = nearest(written, METHODS);
	return meant === undefined && /^[A-Z]+$/.test(written)
		? { value: written }
		: wrong("is no method", meant ?? "REGISTER, INVITE, … in capitals");
});

/** An open list: other words name services that the proxy treats alike. */
const serviceType = scalar<string>(
	{ values: "`softswitch`, `msml`, `sip-outbound-proxy`, …", example: "softswitch" },
	(written) => {
		const meant = nearest(written, SERVICE_TYPES);
		if (/^[a-z][a-z0-9-]*$/.test(written) && (meant === undefined || meant === written))
			return { value: written };
		return wrong("is not known", meant ?? "softswitch");
	},
);

const digits = (example: string) =>
	scalar<string>({ values: "digits", example }, (written) =>
		/^[+]?[0-9*#]*$/.test(written) ? { value: written } : wrong("are no digits", example),
	);

export const deviceShape = {
	type: key(choice(DEVICE_TYPES).optional(), "what it is; always needed"),
	contact: key(
		text('`"*"`, or `[sip:/sips:][number@]host[:port][;transport=udp/tcp/tls]`', '"*"').optional(),
		'where it is called; `"*"`: it registers itself. A `sips` contact is for Trunk, Extension, ACD Position and the softswitch. Needed but for a Routing Point',
	),
	"contact-backup": key(
		scalar<string>(
			{ values: "addresses as in `contact`, separated by commas", example: '"sip:HOST"' },
			(written) => ({ value: written }),
		).optional(),
		"further addresses of the device, tried in this order when nobody can be reached at its contact; each has its own scheme",
	),
	"service-type": key(serviceType.optional(), "Voice over IP Service only"),
	prefix: key(
		digits('"9"').optional(),
		"Trunk only: the leading digits that lead to it; the longest prefix wins",
	),
	"replace-prefix": key(
		digits('""').optional(),
		"Trunk only: what the prefix is replaced by; without it the number stays as dialled",
	),
	priority: key(
		integer({ min: 0, max: 1000 }).default(0),
		"among trunks with the same prefix the smallest is tried first",
	),
	capacity: key(
		integer({ min: 0, max: 1_000_000 }).default(0),
		"calls at a time, to it and from it, before no more are sent to it; 0 is unlimited",
	),
	"max-bindings": key(
		integer({ min: 1, max: 100 }).optional(),
		"Contacts that it may have at a time; without it those of the block `registrar`",
	),
	"oos-check": key(
		integer({ min: 0, max: 300 }).default(0),
		"seconds between OPTIONS pings, to the contact and its backups, or to every place that the device registered from; 0 is off",
	),
	"oos-force": key(
		integer({ min: 0, max: 30 }).default(0),
		"seconds that a ping waits for an answer before the device is out of service; 0: until the ping times out, after 32. Only with `oos-check`",
	),
	"recovery-timeout": key(
		integer({ min: 0, max: 3600 }).default(0),
		"seconds that a device which cannot be reached is left alone before it is pinged again, or called where `oos-check` is off; 0: pinged at its usual interval, and without `oos-check` never out of service",
	),
	password: key(
		text("text", '"…"').optional(),
		"with one, or with a user in `users`, the device is challenged; without, it is accepted from `trusted` networks only",
	),
	"authenticate-requests": key(
		list(method).optional(),
		"the methods that are challenged; without it every method that starts something",
	),
	"secure-signaling": key(
		z
			.unknown()
			.register(valueDocs, { values: "block", example: "{ register: strict }" })
			.optional(),
		"what differs for this device from the block `secure-signaling`",
	),
	"refer-enabled": key(unused(), "understood, and of no use to a proxy"),
	"dual-dialog-enabled": key(unused(), "understood, and of no use to a proxy"),
	"make-call-rfc3725-flow": key(unused(), "understood, and of no use to a proxy"),
};

export const UNUSED_KEYS = ["refer-enabled", "dual-dialog-enabled", "make-call-rfc3725-flow"];

/** Challenged where `authenticate-requests` does not say otherwise: what opens a dialog or stands alone. */
export const CHALLENGED = METHODS.slice(0, 8);

function unused() {
	return text("any", "true").optional();
}
