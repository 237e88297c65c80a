/** What holds for every message between two legs, tried with random ones. A failing run names its seed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scheme } from "../../core/base/scheme.ts";
import { anchorContact } from "../../core/leg/anchored-contact.ts";
import { openRequestUri, showContact } from "../../core/leg/contact-entry.ts";
import { forceScheme, forceUri, restoreToken } from "../../core/leg/force-scheme.ts";
import type { Leg, Side } from "../../core/leg/leg.ts";
import { schemeOf, schemeToken } from "../../core/leg/scheme-token.ts";
import { DEFAULTS, type SecureSignaling } from "../../core/leg/secure-signaling.ts";
import { stripTransport } from "../../core/leg/strip-transport.ts";
import { eachSeed, type Seeded } from "../support/each-seed.ts";
import { randomAddress, randomTarget, randomUri, SCHEMES } from "../support/random-uri.ts";
import { answer, pass, passInDialog } from "./call.ts";
import { flow, leg, message, signing, signingWith, values } from "./fixtures.ts";

function randomPolicy(random: Seeded): SecureSignaling {
	return {
		...DEFAULTS,
		uriTransport: random.pick(["keep", "rfc5630", "strip"]),
		contactState: random.pick(["parameter", "user"]),
	};
}

test("secure-signaling 5.9-1: a From or To that was forced regains its bytes from its token", () => {
	eachSeed(3_000, (random) => {
		const address = randomAddress(random);
		const uri = /<([^>]*)>(?!")/.exec(address.replace(/^"(?:[^"\\]|\\.)*"/, ""))?.[1] ?? "";
		const { value } = forceScheme(address, random.pick(SCHEMES), "from");
		const forced = forceUri(uri, random.pick(SCHEMES), "from").uri;
		assert.equal(restoreToken(forced, schemeToken(uri), "sip"), uri);
		assert.equal(
			value.toLowerCase().replaceAll("sips:", "sip:"),
			address.toLowerCase().replaceAll("sips:", "sip:"),
		);
	});
});

/** One pass through the proxy, in either contact mode. */
function randomPass(random: Seeded, own: Scheme, index: number) {
	const scheme = random.pick(SCHEMES);
	const policy = randomPolicy(random);
	const newFlow = random.pick([undefined, undefined, flow("tls", "10.0.0.1", 5061, 4)]);
	const dialog = { callId: "c", tag: "t" };
	const nonce = index * 77;
	const context = { dialog, nonce, signing };
	const to = leg(scheme, flow("tls", "10.0.0.2", 5061, 5), policy);
	const schemes = { caller: own, callee: scheme, from0: "sip", to0: "sip" } as const;
	const flows = { callerFlow: flow("udp", "10.0.0.1", 5060), calleeFlow: to.flow };
	const state = { cookie: { ...schemes, ...flows, nonce }, dialog, signing };
	const alone = random.below(2) === 0;
	const anchoring = {
		side: "callee",
		leg: to,
		user: "b",
		transport: undefined,
		state,
		newFlow,
		alone,
	} as const;
	const anchored = random.below(2) === 0;
	return {
		own,
		scheme,
		show: (contact: string) =>
			(anchored ? anchorContact(contact, anchoring) : undefined) ??
			showContact(contact, { own, scheme, policy, newFlow, context }),
		open: (uri: string) => openRequestUri(uri, own, context).uri,
	};
}

test("secure-signaling 5.9-2: a Contact that was shown opens to its bytes, in both contact modes, after one pass or several", () => {
	eachSeed(3_000, (random) => {
		const contact = randomUri(random, random.pick(SCHEMES));
		const passes: ReturnType<typeof randomPass>[] = [];
		for (let left = 1 + random.below(3); left > 0; left -= 1) {
			const own = passes.at(-1)?.scheme ?? schemeOf(contact) ?? "sip";
			passes.push(randomPass(random, own, passes.length));
		}
		let shown = contact;
		for (const { show, scheme } of passes) {
			shown = show(shown);
			assert.equal(schemeOf(shown), scheme);
			if (scheme === "sips") assert.doesNotMatch(shown.replace(/^[^@]*@/, ""), /transport=udp/i);
		}
		for (const { open } of passes.toReversed()) shown = open(shown);
		assert.equal(shown, contact);
	});
});

test("secure-signaling 5.9-7: forcing and stripping a second time changes nothing", () => {
	eachSeed(3_000, (random) => {
		const address = randomAddress(random);
		const { uriTransport } = randomPolicy(random);
		for (const role of ["from", "to", "contact"] as const) {
			const scheme = random.pick(SCHEMES);
			const { value } = forceScheme(address, scheme, role, uriTransport);
			const again = forceScheme(value, scheme, role, uriTransport);
			assert.deepEqual(again, { value, lost: { params: [], upperCase: 0 } });
		}
		if (/transport=udp/i.test(address)) return;
		const { stored } = stripTransport(address);
		assert.deepEqual(stripTransport(stored), { stored, echoed: stored });
	});
});

/** A call between random legs: an INVITE, its 200, and a request from each side. */
function randomCall(random: Seeded) {
	const caller = randomLeg(random, "10.0.0.1");
	const callee = randomLeg(random, "10.0.0.2");
	const invite = message(
		"INVITE sip:b@172.21.83.50 SIP/2.0",
		"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1",
		`From: ${randomAddress(random)};tag=A1`,
		`To: ${randomAddress(random)}`,
		`Call-ID: ${random.hex(8)}`,
		"CSeq: 1 INVITE",
		`Contact: <${randomTarget(random, caller.scheme)}>`,
	);
	return { caller, callee, invite, answered: `<${randomTarget(random, callee.scheme)}>` };
}

function randomLeg(
	random: Seeded,
	host: string,
): Leg & { readonly flow: NonNullable<Leg["flow"]> } {
	const scheme = random.pick(SCHEMES);
	const transport = scheme === "sips" ? "tls" : random.pick(["udp", "tcp", "tls"] as const);
	return leg(scheme, flow(transport, host, 5_000 + random.below(1_000), 3), randomPolicy(random));
}

const uriIn = (header: string | undefined) => /^[^<]*<(.*?)>/.exec(header ?? "")?.[1] ?? "";

test("secure-signaling 5.9-1 5.9-2 5.9-8: both sides see their own bytes for the whole call, also after a restart", () => {
	eachSeed(1_000, (random) => {
		const { caller, callee, invite, answered } = randomCall(random);
		const legOn = (side: Side): Leg => (side === "caller" ? caller : callee);
		const sent = pass(invite, caller, callee, `${callee.scheme}:b@10.0.0.2`, random.below(65_536));
		const ok = answer(sent, 200, "B2", `Contact: ${answered}`);
		assert.equal(ok.head.text1("from"), sent.received.head.text1("from"));
		assert.equal(ok.head.text1("to"), `${sent.received.head.text1("to")};tag=B2`);

		const bye = (from: string, to: string, routes: readonly string[], uri: string) =>
			message(
				`BYE ${uri} SIP/2.0`,
				"Via: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK2",
				...routes.map((route) => `Route: ${route}`),
				`From: ${from}`,
				`To: ${to}`,
				`Call-ID: ${sent.received.head.callId}`,
				"CSeq: 2 BYE",
			);
		const byCaller = passInDialog(
			bye(
				values(ok.text, "From")[0] ?? "",
				values(ok.text, "To")[0] ?? "",
				values(ok.text, "Record-Route").toReversed(),
				uriIn(values(ok.text, "Contact")[0]),
			),
			legOn,
			signingWith([3], random.below(2 ** 31)),
		);
		assert.equal(byCaller.message.uri, uriIn(answered));
		assert.equal(byCaller.message.head.text1("from"), sent.message.head.text1("from"));
		assert.equal(byCaller.message.head.text1("to"), `${sent.message.head.text1("to")};tag=B2`);
		assert.equal(byCaller.message.head.routes.length, 0);

		const byCallee = passInDialog(
			bye(
				`${sent.message.head.text1("to")};tag=B2`,
				sent.message.head.text1("from") ?? "",
				values(sent.text, "Record-Route"),
				uriIn(values(sent.text, "Contact")[0]),
			),
			legOn,
		);
		assert.equal(byCallee.message.uri, uriIn(values(invite, "Contact")[0]));
		assert.equal(byCallee.message.head.text1("to"), sent.received.head.text1("from"));
		assert.equal(byCallee.message.head.text1("from"), `${sent.received.head.text1("to")};tag=B2`);
	});
});

test("secure-signaling 5.9-3: no leg sees the other scheme in From, To, Contact or our Record-Route", () => {
	eachSeed(1_000, (random) => {
		const { caller, callee, invite, answered } = randomCall(random);
		const sent = pass(invite, caller, callee, `${callee.scheme}:b@10.0.0.2`);
		const ok = answer(sent, 200, "B2", `Contact: ${answered}`);
		const seen = ["From", "To", "Contact", "Record-Route"];
		for (const name of seen)
			for (const value of values(sent.text, name)) {
				const scheme = schemeOf(uriIn(value.replace(/^"(?:[^"\\]|\\.)*"/, "")));
				assert.ok(scheme === undefined || scheme === callee.scheme, value);
			}
		for (const name of ["Contact", "Record-Route"])
			for (const value of values(ok.text, name))
				assert.equal(schemeOf(uriIn(value)), caller.scheme);
	});
});
