/** What can happen to the core, each step as plain data: places in lists count from the first again behind the last. */
import { once } from "../grammar.ts";
import type { Chance, Json } from "../target.ts";
import {
	CONTACTS,
	DEVICES,
	DNS_ANSWERS,
	EDITED,
	METHODS,
	PHONES,
	REQUEST_HEADERS,
	RESPONSE_HEADERS,
	SCRIPT_BODY,
	SETTINGS,
	STATUSES,
	TARGET_URIS,
	URIS,
} from "./tables.ts";

export type Step =
	| {
			readonly do: "request";
			readonly from: number;
			readonly method: string;
			readonly uri: string;
			/** Whole lines. */
			readonly headers: readonly string[];
			/** What the script answers, and what a 3xx or a challenge of another script would. */
			readonly script: Json;
			/** Seed of changes to the text; 0 for none. */
			readonly mutate: number;
	  }
	/** A text that was sent before, once more; `from` another flow where it is not the same. */
	| { readonly do: "again"; readonly at: number; readonly elsewhere: boolean }
	/** Somebody answers a request that reached it, perhaps not for the first time. */
	| {
			readonly do: "answer";
			readonly at: number;
			readonly status: string;
			readonly headers: readonly string[];
			readonly tag: string;
			readonly mutate: number;
	  }
	/** The ACK for a final response that a caller got. */
	| { readonly do: "ack"; readonly at: number; readonly mutate: number }
	| {
			readonly do: "cancel";
			readonly at: number;
			readonly headers: readonly string[];
			readonly mutate: number;
	  }
	| {
			readonly do: "dialog";
			readonly at: number;
			readonly method: string;
			readonly mutate: number;
			readonly script: Json;
	  }
	| {
			readonly do: "register";
			readonly from: number;
			readonly contacts: readonly string[];
			readonly headers: readonly string[];
			readonly expires: string;
			readonly script: Json;
			readonly mutate: number;
	  }
	/** A challenge that somebody got is answered with the right password. */
	| { readonly do: "authorize"; readonly at: number; readonly script: Json }
	| { readonly do: "raw"; readonly from: number; readonly seed: number }
	| { readonly do: "wait"; readonly ms: number }
	| { readonly do: "dns"; readonly at: number; readonly answer: number }
	| { readonly do: "disconnect"; readonly phone: number }
	| { readonly do: "reachable"; readonly phone: number; readonly value: boolean }
	| { readonly do: "reload" };

export type History = {
	readonly seed: number;
	/** Transactions at most. */
	readonly limit: number;
	/** What answers where the script fails; null for none. */
	readonly fallback: Json;
	/** Which of `SETTINGS` in tables.ts; those of old findings have none, which is the first. */
	readonly settings?: number;
	readonly steps: readonly Step[];
};

export function anyHistory(chance: Chance): History {
	const stories = Array.from({ length: 1 + chance.below(3) }, () => chance.pick(STORIES)(chance));
	return {
		seed: chance.below(1_000),
		limit: once(chance, 10) ? 1 + chance.below(6) : 1_000,
		fallback: once(chance, 2) ? null : anyDecision(chance),
		settings: once(chance, 2) ? 0 : chance.below(SETTINGS.length),
		steps: disturbed(once(chance, 2) ? stories.flat() : interleaved(stories, chance), chance),
	};
}

/** Some steps left out, doubled, exchanged, and others in between. */
function disturbed(steps: readonly Step[], chance: Chance): Step[] {
	const odds = 3 + chance.below(20);
	return steps.flatMap((step, at) => {
		if (!once(chance, odds)) return [step];
		const other = chance.pick(MAKERS)(chance);
		return chance.pick([
			[],
			[step, step],
			[other, step],
			[step, other],
			[steps[at + 1] ?? other, step],
		]);
	});
}

function interleaved(stories: readonly Step[][], { below }: Chance): Step[] {
	const left = stories.map((steps) => [...steps]).filter((steps) => steps.length > 0);
	const all: Step[] = [];
	while (left.length > 0) {
		const at = below(left.length);
		const [steps = []] = left.slice(at);
		const next = steps.shift();
		if (next !== undefined) all.push(next);
		if (steps.length === 0) left.splice(at, 1);
	}
	return all;
}

type Maker = (chance: Chance) => Step;

const request: Maker = (chance) => ({
	do: "request",
	from: chance.below(PHONES),
	method: chance.pick(METHODS),
	uri: chance.pick(URIS),
	headers: [
		...times(chance, once(chance, 3) ? 3 : 0, ({ pick }) => pick(REQUEST_HEADERS)),
		// Near the sizes from which a message is treated otherwise.
		...(once(chance, 10) ? [`Subject: ${"x".repeat(chance.below(1_400))}`] : []),
	],
	script: anyDecision(chance),
	mutate: mutation(chance, 5),
});

const answer: Maker = (chance) => ({
	do: "answer",
	at: chance.below(6),
	status: chance.pick(STATUSES),
	headers: once(chance, 3) ? [chance.pick(RESPONSE_HEADERS)] : [],
	tag: chance.pick(["b", "b", "c", ""]),
	mutate: mutation(chance, 8),
});

const ack: Maker = (chance) => ({ do: "ack", at: chance.below(4), mutate: mutation(chance, 12) });

const wait: Maker = (chance) => ({
	do: "wait",
	ms: chance.pick([0, 10, 100, 300, 600, 1_500, 5_000, 33_000, 200_000, 4_000_000]),
});

const again: Maker = (chance) => ({ do: "again", at: chance.below(8), elsewhere: once(chance, 8) });

const dialog: Maker = (chance) => ({
	do: "dialog",
	at: chance.below(4),
	method: chance.pick(["BYE", "INVITE", "UPDATE", "INFO", "ACK", "CANCEL", "NOTIFY", "PRACK"]),
	mutate: mutation(chance, 6),
	script: anyDecision(chance),
});

const register: Maker = (chance) => ({
	do: "register",
	headers: times(chance, once(chance, 4) ? 2 : 0, ({ pick }) => pick(REQUEST_HEADERS)),
	from: chance.below(PHONES),
	contacts: Array.from({ length: chance.below(3) }, () => chance.pick(CONTACTS)),
	expires: chance.pick(["3600", "60", "0", "1", "x", ""]),
	script: chance.pick<Json>([
		{ kind: "save" },
		{ kind: "save" },
		{ kind: "challenge" },
		anyDecision(chance),
	]),
	mutate: mutation(chance, 6),
});

const cancel: Maker = (chance) => ({
	do: "cancel",
	at: chance.below(3),
	headers: once(chance, 3)
		? [chance.pick(["Reason: SIP;cause=200", "Reason: a\0b", "Reason:", "Require: x"])]
		: [],
	mutate: mutation(chance, 10),
});

type Story = (chance: Chance) => Step[];

/** A call as calls go, each part with its chance to go otherwise. */
const call: Story = (chance) => [
	...(once(chance, 4) ? [register(chance)] : []),
	{
		...request(chance),
		method: "INVITE",
		script: relay(chance),
		mutate: mutation(chance, 20),
	} as Step,
	...resolved(chance),
	...times(chance, 3, (one) =>
		answered(one, chance.pick(["100 Trying", "180 Ringing", "183 Progress"])),
	),
	...(once(chance, 4) ? [cancel(chance)] : []),
	...(once(chance, 4) ? [wait(chance)] : []),
	...times(chance, 4, (one) => answered(one, chance.pick(STATUSES))),
	ack(chance),
	...times(chance, 3, (one) => [dialog(one), answered(one, "200 OK"), ack(one)]).flat(),
];

const other: Story = (chance) => [
	{ ...request(chance), script: relay(chance), mutate: mutation(chance, 20) } as Step,
	...resolved(chance),
	...times(chance, 4, (one) => (once(one, 4) ? wait(one) : answered(one, chance.pick(STATUSES)))),
	...times(chance, 2, again),
];

const registration: Story = (chance) => [
	...times(chance, 3, register),
	...(once(chance, 2)
		? [{ do: "authorize", at: chance.below(2), script: { kind: "save" } } as const]
		: []),
	...times(chance, 2, (one) => (once(one, 3) ? wait(one) : register(one))),
];

const noise: Story = (chance) => times(chance, 25, (one) => one.pick(MAKERS)(one));

const STORIES: readonly Story[] = [call, call, call, call, other, other, registration, noise];

function answered(chance: Chance, status: string): Step {
	return { ...answer(chance), at: chance.below(once(chance, 2) ? 1 : 4), status } as Step;
}

/** Mostly an answer that leads somewhere. */
function resolved(chance: Chance): Step[] {
	return times(chance, 3, (one) => ({
		do: "dns",
		at: 0,
		answer: once(one, 2) ? 0 : one.below(DNS_ANSWERS),
	}));
}

function times<V>(chance: Chance, most: number, make: (chance: Chance) => V): V[] {
	return Array.from({ length: chance.below(most + 1) }, () => make(chance));
}

const MAKERS: readonly Maker[] = [
	...[request, request, request, request, answer, answer, answer, answer, answer, answer, answer],
	...[ack, ack, wait, wait, wait, again, again, dialog, dialog, dialog, register, register, cancel],
	(chance) => ({ do: "authorize", at: chance.below(3), script: anyDecision(chance) }),
	(chance) => ({ do: "raw", from: chance.below(PHONES), seed: chance.below(2 ** 31) }),
	(chance) => ({ do: "dns", at: chance.below(4), answer: chance.below(DNS_ANSWERS) }),
	(chance) => ({ do: "dns", at: chance.below(4), answer: chance.below(DNS_ANSWERS) }),
	(chance) => ({ do: "disconnect", phone: chance.below(PHONES) }),
	(chance) => ({ do: "reachable", phone: chance.below(PHONES), value: once(chance, 2) }),
	(chance) => (once(chance, 4) ? { do: "reload" } : wait(chance)),
]; // biome-ignore format: a table

/** What an isolate might answer; null stands for a script that failed. */
function anyDecision(chance: Chance): Json {
	switch (chance.below(12)) {
		case 0:
			return chance.pick<Json>([
				null,
				{ kind: "drop" },
				{ kind: "challenge" },
				{ kind: "save" },
				{ kind: "nonsense" },
			]);
		case 1:
			return {
				kind: "reply",
				status: chance.pick([200, 302, 401, 404, 480, 486, 603]),
				edits: edits(chance),
				...(once(chance, 2) ? { reason: "So Be It" } : {}),
			};
		case 2:
			return {
				kind: "redirect",
				status: 302,
				contacts: [chance.pick(TARGET_URIS), chance.pick(TARGET_URIS)],
			};
		default:
			return relay(chance);
	}
}

function relay(chance: Chance): Json {
	const targets = Array.from({ length: 1 + (once(chance, 2) ? chance.below(4) : 0) }, () =>
		choice(chance),
	);
	const fork = { order: chance.pick(["q", "parallel", "serial"]), recurse: once(chance, 2) };
	const timeout = once(chance, 3) ? { timeout: chance.pick([1_000, 20_000, 3_600_000]) } : {};
	return {
		kind: "relay",
		targets,
		edits: [...edits(chance), ...bodies(chance)],
		...(once(chance, 2) ? { fork: { ...fork, ...timeout } } : {}),
		...(once(chance, 5) ? { callee: chance.pick(["sip", "sips"]) } : {}),
	};
}

function choice(chance: Chance): Json {
	if (once(chance, 8)) return { kind: "request-uri" };
	if (once(chance, 4)) return { kind: "uri", uri: chance.pick(TARGET_URIS) };
	return {
		kind: "device",
		name: chance.pick(DEVICES),
		...(once(chance, 4) ? { number: "8123", ...(once(chance, 2) ? { exact: true } : {}) } : {}),
	};
}

function edits(chance: Chance): Json[] {
	if (!once(chance, 4)) return [];
	return Array.from({ length: 1 + chance.below(3) }, () => ({
		op: chance.pick(["set", "add", "remove"]),
		name: chance.pick(EDITED),
		value: chance.pick(["a", "", "90", "1800", "b, c", "\xc3\xa9", '"x', "<sip:a@h>"]),
	}));
}

function bodies(chance: Chance): Json[] {
	if (!once(chance, 8)) return [];
	const [value, body] = chance.pick([["", ""] as const, ["text/plain", SCRIPT_BODY] as const]);
	return [{ op: "body", name: "Content-Type", value, body }];
}

function mutation(chance: Chance, odds: number): number {
	return once(chance, odds) ? 1 + chance.below(2 ** 31) : 0;
}
