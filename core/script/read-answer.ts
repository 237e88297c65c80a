/** What an isolate answered becomes a Decision, or a reason why it is none. Nothing from inside is taken on trust. */
import { z } from "zod";
import { HASH_DIGITS } from "../base/user.ts";
import { parseNameAddress } from "../message/name-addr.ts";
import { parseUri } from "../message/uri.ts";
import type { Answer } from "../proxy/decision.ts";
import { headerFault, isMediaType, isOctets } from "./header-rules.ts";
import type { Answers, HookName } from "./hooks.ts";
import {
	BODY_LENGTH_MAX,
	EDITS_MAX,
	FORK_TIMEOUT_MAX_MS,
	FORK_TIMEOUT_MIN_MS,
	HOST_CALL_LENGTH_MAX,
	TARGETS_MAX,
	VALUE_LENGTH_MAX,
} from "./limits.ts";
import { readJson } from "./read-json.ts";

const scheme = z.enum(["sip", "sips"]).optional();
const text = z
	.string()
	.max(VALUE_LENGTH_MAX)
	.refine(isOneLine, "CR, LF or NUL in a value")
	.refine(isOctets, "no octets");
const uri = text.refine(isSipUri, "not a sip or sips URI");
const contact = text.refine(isAddress, "not the value of a Contact");
const edit = z
	.object({ op: z.enum(["set", "add", "remove"]), name: z.string(), value: z.string() })
	.superRefine((value, context) => {
		const message = headerFault(value);
		if (message !== undefined) context.addIssue({ code: "custom", message });
	});
/** What `reply` may add. */
const additions = z.array(edit).max(EDITS_MAX);
const body = z
	.object({
		op: z.literal("body"),
		name: z.literal("Content-Type"),
		value: text,
		body: z.string().max(BODY_LENGTH_MAX).refine(isOctets, "no octets"),
	})
	.refine(({ value }) => value === "" || isMediaType(value), "not a content type");
const edits = z.array(z.union([body, edit])).max(EDITS_MAX);
const target = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("device"),
		name: text,
		number: text.optional(),
		exact: z.literal(true).optional(),
		turns: z.literal(true).optional(),
	}),
	z.object({ kind: z.literal("uri"), uri }),
	z.object({ kind: z.literal("request-uri") }),
]);
const fork = z.object({
	order: z.enum(["q", "parallel", "serial", "failover"]),
	timeout: z.int().min(FORK_TIMEOUT_MIN_MS).max(FORK_TIMEOUT_MAX_MS).optional(),
	recurse: z.boolean(),
	late: z.boolean().optional(),
});
const ha1 = Object.entries(HASH_DIGITS).map(([name, digits]) => [
	name,
	z
		.string()
		.regex(new RegExp(`^[0-9a-f]{${digits}}$`), "no hash")
		.optional(),
]);
const login = z.object({
	realm: text.min(1).optional(),
	secret: z
		.union([
			z.object({ password: z.string().min(1).max(BODY_LENGTH_MAX).refine(isOctets, "no octets") }),
			z.object({ ha1: z.object(Object.fromEntries(ha1)) }),
		])
		.optional(),
	device: z.string().max(VALUE_LENGTH_MAX).optional(),
});
const decision = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("relay"),
		targets: z.array(target).min(1).max(TARGETS_MAX),
		fork: fork.optional(),
		callee: scheme,
		edits,
	}),
	z.object({
		kind: z.literal("reply"),
		status: z.int().min(200).max(699),
		reason: text.optional(),
		edits: additions,
	}),
	z.object({
		kind: z.literal("redirect"),
		status: z.int().min(300).max(399),
		contacts: z.array(uri).min(1).max(TARGETS_MAX),
	}),
	z.object({ kind: z.literal("save"), contacts: z.array(contact).optional() }),
	z.object({ kind: z.literal("challenge"), login: login.optional() }),
	z.object({ kind: z.literal("drop") }),
	z.object({ kind: z.literal("pass"), callee: scheme, edits }),
]);
const answer = z.object({
	decision: z.unknown().optional(),
	failure: z
		.object({
			code: z.enum(["SCRIPT_THREW", "SCRIPT_DECISION"]),
			reason: z.string(),
			stack: z.string(),
			outside: z.literal(true).optional(),
		})
		.optional(),
	log: z.unknown().optional(),
	metrics: z.unknown().optional(),
	ticket: z.int().optional(),
});
const taken = z.object({
	decided: z.array(z.object({ ticket: z.int(), answer })),
	calls: z.array(
		z.object({
			ticket: z.int(),
			index: z.int().nonnegative(),
			kind: z.string(),
			args: z.string().max(HOST_CALL_LENGTH_MAX),
		}),
	),
	log: z.unknown().optional(),
	metrics: z.unknown().optional(),
	more: z.literal(true).optional(),
});

export type ReadAnswer = z.infer<typeof answer>;
export type ReadTaken = z.infer<typeof taken>;

/** The parts of a Taken (sandbox/runtime.ts); undefined for a text that is none. */
export function readTaken(text: string): ReadTaken | undefined {
	return taken.safeParse(readJson(text)).data;
}

/** The parts of an Answer (sandbox/runtime.ts); undefined for a text that is none. */
export function readAnswer(text: string): ReadAnswer | undefined {
	return answer.safeParse(readJson(text)).data;
}

/** The decision, or what is wrong with it. */
export function readDecision(value: unknown): Answer | string {
	const read = decision.safeParse(value);
	if (!read.success) return read.error.issues.map(describe).join("; ");
	return withUndefined(read.data);
}

/** The kinds of decision that each hook may answer with. */
const KINDS: Readonly<Record<HookName, readonly Answer["kind"][]>> = {
	onRequest: ["relay", "reply", "redirect", "save", "challenge", "drop"],
	onFailure: ["relay", "reply", "redirect", "pass"],
	onBranch: ["pass"],
	onResponse: ["pass"],
	onInDialog: ["reply", "redirect", "drop", "pass"],
	onTimer: ["pass"],
	onStart: ["pass"],
};

export function mayAnswer<H extends HookName>(hook: H, answer: Answer): answer is Answers[H] {
	return KINDS[hook].includes(answer.kind);
}

/** Optional fields of the JSON become fields that are there. */
function withUndefined(data: z.infer<typeof decision>): Answer {
	switch (data.kind) {
		case "relay": {
			const targets = data.targets.map((one) =>
				one.kind === "device" ? { ...one, number: one.number } : one,
			);
			const { fork: forking, ...rest } = data;
			const relay = { ...rest, targets, callee: data.callee };
			if (forking === undefined) return relay;
			return { ...relay, fork: { ...forking, timeout: forking.timeout } };
		}
		case "reply":
			return { ...data, reason: data.reason };
		case "save":
			return { ...data, contacts: data.contacts };
		case "pass":
			return { ...data, callee: data.callee };
		default:
			return data;
	}
}

function isOneLine(value: string): boolean {
	return !/[\0\r\n]/.test(value);
}

function isAddress(value: string): boolean {
	try {
		parseNameAddress("Contact", value);
		return true;
	} catch {
		return false;
	}
}

function isSipUri(value: string): boolean {
	try {
		const parsed = parseUri(value);
		return parsed.scheme === "sip" || parsed.scheme === "sips";
	} catch {
		return false;
	}
}

function describe({ path, message }: z.core.$ZodIssue): string {
	return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}
