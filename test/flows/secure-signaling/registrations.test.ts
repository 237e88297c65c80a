/** What a registration makes of the calls to its device: RFC 5630 §5.1.1.1, §5.2, RFC 3261 §10.3. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertCrossed, four } from "../../support/crossing.ts";
import { call, register, secureBed, secureYaml } from "../../support/secure-bed.ts";

const bed = await secureBed();
const strict = await secureBed(secureYaml("secure-signaling: { register: strict }"));

test("RFC 5630 §5.1.1.1, secure-signaling G16b: a phone that registers again with sip is called with sip, on its newest connection", () => {
	const { rig, ann, d1 } = bed.open();
	register(d1, { callId: "r" });
	d1.take(200);
	assert.equal(
		assertCrossed(call(ann, "7789"), d1.take("INVITE")).uri,
		"sips:7789@172.21.83.24:5061",
	);
	const contact = "<sip:7789@172.21.83.24:5061>";
	const aor = "sip:7789@172.21.83.50";
	d1.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor, callId: "r", cseq: 2, contact });
	assert.deepEqual(
		d1.take(200, "REGISTER").values("Contact").length,
		1,
		"it takes the other's place",
	);
	rig.wait(1_000);
	const came = assertCrossed(call(ann, "7789"), d1.take("INVITE"));
	assert.deepEqual(four(came), {
		uri: "sip:7789@172.21.83.24:5061",
		from: "<sip:6000@172.21.83.70>",
		to: "<sip:7789@172.21.83.50>",
		contact: "<sip:6000@172.21.83.70:5060>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
});

test("RFC 5630 §5.2, secure-signaling G16c: a sips Contact in a REGISTER for a sip URI is 400 under register: strict, and 200 otherwise", () => {
	for (const [which, status] of [
		[strict, 400],
		[bed, 200],
	] as const) {
		const { rig, d1 } = which.open();
		const aor = "sip:7789@172.21.83.50";
		d1.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor });
		assert.equal(d1.take(status).status, status);
		const [binding, ...more] = rig.store.bindings("7789", rig.now);
		assert.deepEqual([binding?.scheme, more], [status === 200 ? "sips" : undefined, []]);
	}
});

test("RFC 3261 §26.2.2, secure-signaling G16d: a sips Contact that comes over UDP or TCP is 400, and binds nothing", () => {
	for (const transport of ["udp", "tcp"] as const) {
		const { rig, d1, ann } = bed.open({}, { d1: { transport, port: 5060 } });
		register(d1);
		assert.equal(d1.take(400).status, 400);
		assert.deepEqual(rig.store.bindings("7789", rig.now), []);
		call(ann, "7789");
		assert.equal(ann.take(480).status, 480);
	}
});

const INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-00908f567540>"';

/** What a phone registers, what is stored of it and called, and what it sees in the 200. */
const CONTACTS = {
	"secure-signaling G17a: a transport among other parameters": {
		sent: `"A, B" <sips:7789@172.21.83.24:5061;transport=TCP;line=x7>;expires=600;q=0.5;${INSTANCE}`,
		called: ["sips:7789@172.21.83.24:5061;line=x7"],
		shown: ["sips:7789@172.21.83.24:5061;transport=TCP;line=x7"],
	},
	"secure-signaling G17b: a transport without angle brackets": {
		sent: "sips:7789@172.21.83.24:5061;transport=tcp;expires=600",
		called: ["sips:7789@172.21.83.24:5061"],
		shown: ["sips:7789@172.21.83.24:5061;transport=tcp"],
	},
	"secure-signaling G17c: a sip Contact beside it": {
		sent: "<sips:7789@172.21.83.24:5061;transport=tls>, <sip:7789@172.21.83.24:5071;transport=tls>",
		called: ["sips:7789@172.21.83.24:5061", "sip:7789@172.21.83.24:5071;transport=tls"],
		shown: [
			"sips:7789@172.21.83.24:5061;transport=tls",
			"sip:7789@172.21.83.24:5071;transport=tls",
		],
	},
};

for (const [title, { sent, called, shown }] of Object.entries(CONTACTS))
	test(title, () => {
		const { rig, ann, d1 } = bed.open();
		const given = {
			from: "sips:7789@172.21.83.50:5314;transport=tcp",
			to: "sips:7789@172.21.83.50:5314",
			contact: sent,
		};
		d1.request("REGISTER", "sips:172.21.83.50:5314;transport=TCP", given);
		const ok = d1.take(200);
		const uris = ok
			.values("Contact")
			.join(", ")
			.matchAll(/<(sips?:[^>]*)>/g);
		assert.deepEqual([...uris].map(([, uri]) => uri).toSorted(), shown.toSorted());
		assert.equal(
			ok.values("Contact").every((value) => /;expires=\d+/.test(value)),
			true,
		);

		const invite = call(ann, "7789");
		const came = called.map(() => assertCrossed(invite, d1.take("INVITE")));
		assert.deepEqual(came.map(({ uri }) => uri).toSorted(), called.toSorted());
		for (const one of came)
			assert.equal(one.value("From"), `<${one.uri.split(":")[0]}:6000@172.21.83.70>;tag=6000`);
		assert.deepEqual(rig.questions, []);
	});

test("RFC 3261 §10.3 step 6, secure-signaling G17d: Contact: * ends every binding, of either scheme", () => {
	const { rig, ann, d1 } = bed.open();
	const two = { contact: CONTACTS["secure-signaling G17c: a sip Contact beside it"].sent };
	register(d1, { callId: "r", ...two });
	d1.take(200);
	assert.equal(rig.store.bindings("7789", rig.now).length, 2);
	register(d1, { callId: "r", cseq: 2, contact: "*", headers: ["Expires: 0"] });
	assert.deepEqual(d1.take(200).values("Contact"), []);
	assert.deepEqual(rig.store.bindings("7789", rig.now), []);
	call(ann, "7789");
	assert.equal(ann.take(480).status, 480);
});
