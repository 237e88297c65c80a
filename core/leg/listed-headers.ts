/** Further headers that a leg is configured to see in its scheme: secure signaling §3.6, `headers`. */
import type { Scheme } from "../base/scheme.ts";
import type { Head } from "../message/head.ts";
import { type Element, splitList } from "../message/list.ts";
import { type NameAddress, parseNameAddress } from "../message/name-addr.ts";
import type { Patch } from "../message/patch.ts";
import { type Legs, legOf, type Side } from "./leg.ts";
import { readable } from "./readable.ts";
import { replaceToken, schemeAt, tokenLength } from "./scheme-token.ts";

/** Edits what the message brings. */
export function forceListed(patch: Patch, head: Head, legs: Legs, side: Side): void {
	const { scheme, policy } = legOf(legs, side);
	for (const name of policy.headers) {
		for (const address of readable(() => addressesOf(head, name))) {
			const current = schemeAt(head.text, address.uriStart);
			if (current !== undefined && current !== scheme) replaceToken(patch, address, scheme);
		}
	}
}

/** A value that a script gives such a header. One that is no address stays as it is. */
export function forcedValue(name: string, value: string, scheme: Scheme): string {
	let text = "";
	let from = 0;
	for (const { uriStart } of readable(() => addressesIn(name, value))) {
		const current = schemeAt(value, uriStart);
		if (current === undefined || current === scheme) continue;
		text += value.slice(from, uriStart) + scheme;
		from = uriStart + tokenLength(value, uriStart);
	}
	return text + value.slice(from);
}

function addressesIn(name: string, value: string): readonly NameAddress[] {
	const elements: Element[] = [];
	splitList(value, 0, 0, value.length, elements);
	return elements.map(({ start, end }) => parseNameAddress(name, value, start, end));
}

function addressesOf(head: Head, name: string): readonly NameAddress[] {
	return head
		.elements(name.toLowerCase())
		.map(({ start, end }) => parseNameAddress(name, head.text, start, end));
}
