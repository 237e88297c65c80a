/** Legs: RFC 3261 §12.1.1, §8.1.1.8. What is written in the scheme of another leg comes back as it was. */
import type { Scheme } from "../../../core/base/scheme.ts";
import { anchorContact } from "../../../core/leg/anchored-contact.ts";
import { openRequestUri, showContact } from "../../../core/leg/contact-entry.ts";
import { forceScheme, forceUri, restoreToken, restoreUri } from "../../../core/leg/force-scheme.ts";
import { LegError } from "../../../core/leg/leg-error.ts";
import { schemeOf, schemeToken } from "../../../core/leg/scheme-token.ts";
import { DEFAULTS, type SecureSignaling } from "../../../core/leg/secure-signaling.ts";
import { stripTransport } from "../../../core/leg/strip-transport.ts";
import { MAX_URI } from "../../../core/message/limits.ts";
import { parseNameAddress } from "../../../core/message/name-addr.ts";
import { ParseError } from "../../../core/message/parse-error.ts";
import { parseUri } from "../../../core/message/uri.ts";
import { flow, leg as legOver, signing } from "../../leg/fixtures.ts";
import { damaged, nameAddress, once, uri } from "../grammar.ts";
import { demand, same, target } from "../target.ts";

type Pass = {
	readonly scheme: Scheme;
	readonly uriTransport: SecureSignaling["uriTransport"];
	readonly contactState: SecureSignaling["contactState"];
	readonly newFlow: boolean;
	readonly anchor: boolean;
	readonly nonce: number;
};

type Input = {
	/** A URI, and the value of an address header. */
	readonly contact: string;
	readonly address: string;
	readonly passes: readonly Pass[];
};

export const leg = target<Input>({
	name: "leg",
	share: 40,
	words: ["scheme", "uriTransport", "contactState"],
	make: (chance) => ({
		contact: damaged(uri(chance), chance),
		address: damaged(nameAddress(chance), chance),
		passes: Array.from({ length: 1 + chance.below(4) }, (_, pass) => ({
			scheme: chance.pick(["sip", "sips"] as const),
			uriTransport: chance.pick(["keep", "rfc5630", "strip"] as const),
			contactState: chance.pick(["parameter", "user"] as const),
			newFlow: once(chance, 3),
			anchor: once(chance, 3),
			// Passes of one dialog are told apart by it: 16 bits drawn at random differ nearly always.
			nonce: 4 * chance.below(16_384) + pass,
		})),
	}),
	check({ contact, address, passes }) {
		for (const pass of passes) {
			checkUri(contact, pass);
			checkToken(contact, pass);
			checkAddress(address, pass);
		}
		checkStripped(address);
		if (isUri(contact)) checkShown(contact, passes);
	},
});

function checkUri(text: string, { scheme, uriTransport }: Pass): void {
	const own = schemeOf(text);
	if (own === undefined || !isUri(text)) return;
	const { uri: forced, lost } = forceUri(text, scheme, "contact", uriTransport);
	same(schemeOf(forced), scheme, "force: the scheme");
	same(restoreUri(forced, own, lost), text, "force: restored");
	same(
		forceUri(forced, scheme, "contact", uriTransport).uri,
		forced,
		"force: a second time changes nothing",
	);
	demand(isUri(forced), "force: still a URI", () => forced);
}

function checkToken(text: string, { scheme }: Pass): void {
	const forced = forceUri(text, scheme, "from").uri;
	same(restoreToken(forced, schemeToken(text), schemeOf(text) ?? "sip"), text, "token: restored");
	same(
		forced.slice(schemeToken(forced).length),
		text.slice(schemeToken(text).length),
		"token: nothing else changes",
	);
}

function checkAddress(value: string, { scheme, uriTransport }: Pass): void {
	if (!isAddress(value)) return;
	for (const role of ["from", "to", "contact"] as const) {
		const forced = forceScheme(value, scheme, role, uriTransport).value;
		same(
			forceScheme(forced, scheme, role, uriTransport).value,
			forced,
			"address: a second time changes nothing",
		);
		const [before, after] = [parseNameAddress("X", value), parseNameAddress("X", forced)];
		same(after.display, before.display, "address: the display name");
		same(forced.slice(after.uriEnd), value.slice(before.uriEnd), "address: all behind the URI");
	}
}

function checkStripped(value: string): void {
	if (!isAddress(value)) return;
	try {
		const { stored, echoed } = stripTransport(value);
		same(echoed, value, "strip: the phone is shown what it sent");
		same(stripTransport(stored).stored, stored, "strip: a second time changes nothing");
	} catch (error) {
		if (!(error instanceof LegError)) throw error;
	}
}

/** Through one proxy pass or several, and all the way back. */
function checkShown(contact: string, passes: readonly Pass[]): void {
	const first = schemeOf(contact);
	// Under sips a transport of UDP is refused before a Contact is shown, and a Request-URI has no headers.
	// An empty value of our own parameter, which the grammar does not know, comes back as none.
	if (first === undefined || /\?|;transport=udp|;x5c=(;|$)/i.test(contact)) return;
	let own: Scheme = first;
	let shown = contact;
	const back: { own: Scheme; nonce: number }[] = [];
	for (const pass of passes) {
		shown = anchored(shown, pass) ?? showContact(shown, showing(own, pass));
		same(schemeOf(shown), pass.scheme, "shown: in the scheme of the leg");
		demand(isUri(shown), "shown: a URI", () => shown);
		back.push({ own, nonce: pass.nonce });
		own = pass.scheme;
	}
	if (shown.length > MAX_URI) return;
	for (const { own: scheme, nonce } of back.toReversed())
		shown = openRequestUri(shown, scheme, contextOf(nonce)).uri;
	same(shown, contact, "shown: opened again");
}

/** Undefined where it is not to be, or would be too long. */
function anchored(contact: string, { anchor, scheme, newFlow, contactState, nonce }: Pass) {
	if (!anchor) return undefined;
	const over = flow(scheme === "sips" ? "tls" : "udp", "10.0.0.2", 5062, 5);
	const { dialog } = contextOf(nonce);
	const cookie = {
		...{ caller: scheme, callee: scheme, from0: scheme, to0: scheme, nonce },
		...{ callerFlow: over, calleeFlow: over },
	};
	return anchorContact(contact, {
		...{ side: "caller", user: "5000", transport: undefined },
		leg: legOver(scheme, over, { contactState }),
		state: { cookie, dialog, signing },
		newFlow: newFlow ? over : undefined,
		alone: false,
	});
}

function showing(own: Scheme, { scheme, uriTransport, contactState, newFlow, nonce }: Pass) {
	return {
		own,
		scheme,
		policy: { ...DEFAULTS, uriTransport, contactState },
		newFlow: newFlow ? flow("tls", "10.0.0.1", 5061, 4) : undefined,
		context: contextOf(nonce),
	};
}

function contextOf(nonce: number) {
	return { dialog: { callId: "c", tag: "t" }, nonce, signing };
}

function isUri(text: string): boolean {
	return reads(() => parseUri(text));
}

function isAddress(text: string): boolean {
	return reads(() => parseNameAddress("X", text));
}

function reads(read: () => unknown): boolean {
	try {
		read();
		return true;
	} catch (error) {
		if (error instanceof ParseError) return false;
		throw error;
	}
}
