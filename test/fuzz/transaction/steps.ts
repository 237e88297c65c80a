/** What can happen to a transaction table, each step as plain data: places in lists count from the first again behind the last. */
import { once } from "../grammar.ts";
import type { Chance } from "../target.ts";

export type Step =
	/** A request comes. Few branches, so that many of them meet. */
	| {
			readonly do: "request";
			readonly method: string;
			readonly branch: number;
			readonly transport: "udp" | "tcp";
			readonly toTag: number;
			readonly call: number;
	  }
	/** A response comes to a request that was sent. */
	| {
			readonly do: "answer";
			readonly at: number;
			readonly status: number;
			readonly toTag: number;
			readonly method: string;
	  }
	/** The user answers, drops, redirects or abandons what it was told of. */
	| { readonly do: "respond"; readonly at: number; readonly status: number }
	| {
			readonly do: "drop" | "redirect" | "abandon" | "abandonClient" | "cancel";
			readonly at: number;
	  }
	/** The user sends a request of its own. */
	| { readonly do: "send"; readonly method: string; readonly transport: "udp" | "tcp" }
	/** Something that was sent could not be. */
	| { readonly do: "fail"; readonly at: number }
	| { readonly do: "wait"; readonly ms: number };

export type History = {
	readonly limit: number;
	/** What the user does from within what it is told, one after the other. */
	readonly reactions: readonly Step[];
	readonly steps: readonly Step[];
};

export function anyHistory(chance: Chance): History {
	return {
		limit: once(chance, 8) ? chance.below(4) : 100,
		reactions: list(chance, once(chance, 2) ? 10 : 0, () => chance.pick(REACTIONS)(chance)),
		steps: list(chance, 40, () => chance.pick(MAKERS)(chance)),
	};
}

type Maker = (chance: Chance) => Step;

const request: Maker = (chance) => ({
	do: "request",
	method: chance.pick([
		"INVITE",
		"INVITE",
		"INVITE",
		"ACK",
		"ACK",
		"CANCEL",
		"BYE",
		"OPTIONS",
		"x",
	]),
	branch: chance.below(4),
	transport: once(chance, 3) ? "tcp" : "udp",
	toTag: chance.below(3),
	call: once(chance, 6) ? chance.below(2) : 0,
});

const answer: Maker = (chance) => ({
	do: "answer",
	at: chance.below(3),
	status: chance.pick(STATUSES),
	toTag: chance.below(3),
	method: once(chance, 10) ? chance.pick(["INVITE", "CANCEL", "BYE", "ACK"]) : "",
});

const respond: Maker = (chance) => ({
	do: "respond",
	at: chance.below(3),
	status: chance.pick(STATUSES),
});
const send: Maker = (chance) => ({
	do: "send",
	method: chance.pick(["INVITE", "INVITE", "INVITE", "BYE", "x"]),
	transport: once(chance, 3) ? "tcp" : "udp",
});
const wait: Maker = (chance) => ({
	do: "wait",
	ms: chance.pick([0, 10, 100, 200, 500, 1_500, 4_000, 5_000, 32_000, 33_000]),
});
const act =
	(what: "drop" | "redirect" | "abandon" | "abandonClient" | "cancel" | "fail"): Maker =>
	(chance) => ({ do: what, at: chance.below(3) });

const REACTIONS: readonly Maker[] = [
	...[respond, respond, respond, send, send, act("cancel"), act("drop"), act("redirect"), act("abandon"), act("abandonClient")],
]; // biome-ignore format: a table
const MAKERS: readonly Maker[] = [
	...[request, request, request, request, answer, answer, answer, respond, respond, respond, send, send, wait, wait],
	...[act("cancel"), act("fail"), act("fail"), act("drop"), act("redirect"), act("abandon"), act("abandonClient")],
]; // biome-ignore format: a table
const STATUSES = [100, 180, 183, 200, 200, 202, 302, 404, 487, 503, 603];

function list<V>({ below }: Chance, most: number, make: () => V): V[] {
	return Array.from({ length: below(most + 1) }, make);
}
