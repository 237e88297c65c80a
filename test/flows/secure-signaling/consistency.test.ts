/** Traffic that does not match its configuration: with `mismatch: follow-message` and with `reject` (RFC 5630 §5.1.2, §5.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	assertCrossed,
	assertNothingLeft,
	exchange,
	routesOf,
	schemeOf,
} from "../../support/crossing.ts";
import {
	call,
	DEVICES,
	type SecureBed,
	type SecureRig,
	secureBed,
	secureYaml,
} from "../../support/secure-bed.ts";
import type { PhonePlace, VirtualPhone } from "../../support/virtual-phone.ts";

/** Trunks that are known by their address, beside the devices of the test bed. */
const TRUNKS = `
  in-sip:  { type: Trunk, prefix: "6", contact: "sip:172.21.83.80:5060" }
  in-sips: { type: Trunk, prefix: "7", contact: "sips:172.21.83.81:5061" }
`;
const NOT_ALLOWED = '380 172.21.83.50:5314 "SIPS Not Allowed"';
const REQUIRED = '381 172.21.83.50:5314 "SIPS Required"';

const followed = await secureBed(secureYaml("", DEVICES + TRUNKS));
const rejected = await secureBed(
	secureYaml("secure-signaling: { mismatch: reject }", DEVICES + TRUNKS),
);

const IN_SIPS = (host: string): PhonePlace => ({
	...{ transport: "tls", host, contact: `<sips:x@${host}:5061>` },
});
const IN_SIP: PhonePlace = {
	transport: "tls",
	host: "172.21.83.81",
	contact: "<sip:x@172.21.83.81:5061>",
};

type Told = Readonly<
	Partial<Record<"event" | "mismatch" | "device" | "seen" | "configured", string>>
> & {
	readonly level: string;
};

/** The log's entries of what did not match. */
function told({ rig }: SecureRig): Told[] {
	return rig.log
		.map(({ level, fields }) => ({ level, ...fields }) as Told)
		.filter(({ event }) => event === "sips.mismatch");
}

/** The call is connected in the caller's own scheme, to a sip device, and ends. */
function assertServed(all: SecureRig, caller: VirtualPhone, invite: () => unknown): void {
	const { rig, d2 } = all;
	invite();
	const came = d2.take("INVITE");
	assert.equal(came.uri, "sip:5000@172.21.83.60:5060");
	const ok = assertCrossed(d2.answer(came, "200 OK"), caller.take(200));
	assert.deepEqual(ok.values("Warning"), []);
	const scheme = schemeOf(caller);
	assert.equal(ok.value("Contact"), `<${scheme}:5000@172.21.83.60:5060>`);
	if (scheme === "sips" && caller.transport === "tls")
		assert.match(routesOf(ok)[0] ?? "", /^<sips:172\.21\.83\.50:5314;/);
	const side = caller.caller(ok);
	assertCrossed(side.send("ACK"), d2.take("ACK"));
	exchange(side, [caller, d2], "BYE");
	assertNothingLeft(rig);
}

function assertRefused(
	all: SecureRig,
	caller: VirtualPhone,
	status: number,
	warning: string,
): void {
	const refused = caller.take(status);
	assert.equal(refused.value("Warning"), warning);
	assert.deepEqual(all.d2.received, []);
	assert.deepEqual(all.rig.nowhere, []);
}

/** One row: the same call where it is followed and where it is refused. */
function row(
	place: PhonePlace,
	mismatch: string,
	[status, warning]: readonly [number, string],
	invite: (caller: VirtualPhone) => unknown,
): void {
	for (const bed of [followed, rejected] as readonly SecureBed[]) {
		const all = bed.open();
		const caller = all.rig.phone("x", place);
		if (bed === followed) assertServed(all, caller, () => invite(caller));
		else {
			invite(caller);
			assertRefused(all, caller, status, warning);
		}
		assert.deepEqual(
			told(all).map((one) => [one.level, one.mismatch]),
			[["warn", mismatch]],
		);
	}
}

test("RFC 5630 §5.1.2, secure-signaling M1 G20x: sips from a trunk configured as sip is answered in sips, and the trunk is called in sip all the same", () => {
	const host = "172.21.83.80";
	row(IN_SIPS(host), "sips-from-sip-device", [480, NOT_ALLOWED], (caller) => call(caller, "5000"));
	const all = followed.open();
	const caller = all.rig.phone("x", IN_SIPS(host));
	const plain = all.rig.phone("trunk", { host });
	call(caller, "5000");
	all.d2.take("INVITE");
	const came = assertCrossed(call(all.ann, "6123"), plain.take("INVITE"));
	assert.equal(came.uri, "sip:6123@172.21.83.80:5060");
	const [entry] = told(all);
	assert.equal(entry?.device, "in-sip");
	assert.deepEqual([entry?.seen, entry?.configured], ["sips", "sip"]);
});

test("RFC 5630 §5.1.2, secure-signaling M2: sip from a trunk configured as sips is a sip call", () => {
	row(IN_SIP, "sip-from-sips-device", [480, REQUIRED], (caller) => call(caller, "5000"));
});

test("secure-signaling M3: sips from somebody nobody configured is served where it is trusted, challenged where it is not, or refused with 403", () => {
	row(IN_SIPS("172.21.83.99"), "sips-from-unknown-peer", [403, ""], (caller) =>
		call(caller, "5000"),
	);
	const { rig, d2 } = followed.open();
	const stranger = rig.phone("x", IN_SIPS("198.51.100.7"));
	call(stranger, "5000");
	stranger.take(407);
	assert.deepEqual(d2.received, []);
});

test("RFC 5630 §5.1.2, secure-signaling M5: a sip Contact under a sips Request-URI: the leg is sips and the Contact forced, or 400", () => {
	const place = IN_SIPS("172.21.83.99");
	row(place, "sip-contact-under-sips", [400, ""], (caller) =>
		call(caller, "5000", { contact: "<sip:x@172.21.83.99:5061>" }),
	);
});

test("RFC 3261 §16.6 step 4, secure-signaling M6: sips that arrives in clear is record-routed and served, or refused with 400", () => {
	for (const transport of ["udp", "tcp"] as const) {
		const place = { ...IN_SIPS("172.21.83.99"), transport, port: 5060 };
		row(place, "sips-in-clear", [400, ""], (caller) => call(caller, "5000"));
		const { rig, d2 } = followed.open();
		const [clear, secured] = [rig.phone("x", place), rig.phone("x", IN_SIPS("172.21.83.99"))];
		call(clear, "5000");
		const came = d2.take("INVITE");
		const ok = assertCrossed(d2.answer(came, "200 OK"), clear.take(200));
		assert.match(routesOf(ok)[0] ?? "", /^<sips:172\.21\.83\.50:5314;lr;/, "where TLS is spoken");
		const bye = assertCrossed(d2.callee(came).send("BYE"), secured.take("BYE"));
		assert.equal(bye.uri, "sips:x@172.21.83.99:5061", "what is sips never leaves in clear");
	}
});
