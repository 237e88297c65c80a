/** Random edits, made by a Patch and on a list of lines side by side: RFC 3261 §16.6. What no edit names has to stay. */
import { addContentLength } from "../../core/message/content-length.ts";
import { decrementMaxForwards } from "../../core/message/max-forwards.ts";
import type { Message } from "../../core/message/message.ts";
import { ParseError } from "../../core/message/parse-error.ts";
import { Patch, spell } from "../../core/message/patch.ts";
import { popRoute, pushRecordRoute, pushRoute } from "../../core/message/route.ts";
import { popVia, pushVia } from "../../core/message/via-stack.ts";
import { EditedLines } from "./edited-lines.ts";
import { once } from "./grammar.ts";
import type { Chance } from "./target.ts";

/** `at` counts lines, and from the first again behind the last. */
export type Edit = {
	readonly op: keyof typeof OPS;
	readonly at: number;
	readonly name: string;
	readonly value: string;
};

type Step = {
	readonly patch: Patch;
	readonly lines: EditedLines;
	readonly edit: Edit;
};

/** False: the edit does not fit this message, and neither side made it. */
type Op = (step: Step) => boolean;

export function randomEdits(chance: Chance): Edit[] {
	const names = Object.keys(OPS) as Edit["op"][];
	return Array.from({ length: chance.below(5) }, () => ({
		op: chance.pick(names),
		at: chance.below(40),
		name: chance.pick(NAMES),
		value: once(chance, 6) ? '\xc3\xa9\xff, "x"' : chance.pick(VALUES),
	}));
}

/** The text that a Patch makes, and the check that it is the one that it should be. */
export function edited(
	message: Message,
	edits: readonly Edit[],
): { text: string; readable: boolean; check(): void } {
	const patch = new Patch(message);
	const lines = new EditedLines(message.text);
	const made = edits.filter((edit) => OPS[edit.op]({ patch, lines, edit }));
	const text = patch.text();
	// Below the top Via, which goes, may stand anything.
	const readable = !made.some(({ op }) => op === "popVia");
	return { text, readable, check: () => lines.check(text) };
}

const OPS = {
	append({ patch, lines, edit }) {
		patch.append(edit.name, edit.value);
		lines.below(lines.count, headerOf(edit));
		return true;
	},
	prepend({ patch, lines, edit }) {
		patch.prependLine(edit.name, edit.value);
		lines.above(0, headerOf(edit));
		return true;
	},
	before({ patch, lines, edit }) {
		const at = edit.at % lines.count;
		patch.insertBefore(at, edit.name, edit.value);
		lines.above(at, headerOf(edit));
		return true;
	},
	after({ patch, lines, edit }) {
		const at = edit.at % lines.count;
		patch.insertAfter(at, edit.name, edit.value);
		lines.above(at + 1, headerOf(edit));
		return true;
	},
	set({ patch, lines, edit }) {
		const at = lines.named(edit.name);
		if (lines.isTouched(edit.name)) return false;
		patch.set(edit.name, edit.value);
		const [first, ...others] = at;
		if (first === undefined) {
			lines.below(lines.count, `${spell(edit.name)}: ${edit.value}\r\n`);
			lines.touch(edit.name);
		} else lines.setValue(first, edit.value);
		for (const other of others) lines.remove(other);
		return true;
	},
	remove({ patch, lines, edit }) {
		if (lines.isTouched(edit.name)) return false;
		patch.remove(edit.name);
		for (const at of lines.named(edit.name)) lines.remove(at);
		return true;
	},
	removeLine({ patch, lines, edit }) {
		const at = edit.at % lines.count;
		const name = lines.nameAt(at);
		if (REQUIRED.includes(name) || lines.isTouched(name)) return false;
		patch.removeLine(at);
		lines.remove(at);
		return true;
	},
	element({ patch, lines, edit }) {
		const name = LISTS[edit.at % LISTS.length] ?? "";
		const { head } = patch.message;
		const elements = readOr([], () => head.elements(name));
		const element = elements[edit.value.length % Math.max(1, elements.length)];
		if (element === undefined || lines.isTouched(name, "elements")) return false;
		patch.removeElement(element);
		const before = elements.filter(
			({ line, start }) => line === element.line && start < element.start,
		);
		lines.removeElement(element.line, before.length, head.text.slice(element.start, element.end));
		return true;
	},
	pushVia({ patch, lines }) {
		const [first] = lines.named("via");
		if (first === undefined) return false;
		pushVia(patch, VIA);
		lines.above(first, `Via: ${VIA}\r\n`);
		return true;
	},
	popVia({ patch, lines }) {
		const elements = readOr([], () => patch.message.head.elements("via"));
		const [first, second] = elements;
		if (first === undefined || second === undefined || lines.isTouched("via")) return false;
		popVia(patch);
		if (second.line === first.line) lines.removeElement(first.line, 0, patch.message.head.via.text);
		else lines.remove(first.line);
		return true;
	},
	pushRoute: (step) => pushed(step, "route", "Route", pushRoute),
	pushRecordRoute: (step) => pushed(step, "record-route", "Record-Route", pushRecordRoute),
	popRoute({ patch, lines }) {
		const [first] = readOr([], () => patch.message.head.elements("route"));
		if (first === undefined || lines.isTouched("route")) return false;
		popRoute(patch);
		lines.removeElement(first.line, 0, patch.message.text.slice(first.start, first.end));
		return true;
	},
	maxForwards({ patch, lines }) {
		const { message } = patch;
		if (message.kind !== "request" || lines.isTouched("max-forwards")) return false;
		decrementMaxForwards(patch);
		const value = message.head.maxForwards;
		const [at] = lines.named("max-forwards");
		if (at === undefined || value === undefined) lines.below(lines.count, "Max-Forwards: 70\r\n");
		else lines.setValue(at, String(value === 0 ? 0 : value - 1));
		lines.touch("max-forwards");
		return true;
	},
	contentLength({ patch, lines }) {
		if (lines.isTouched("content-length")) return false;
		addContentLength(patch);
		if (lines.named("content-length").length === 0)
			lines.below(lines.count, `Content-Length: ${lines.body.length}\r\n`);
		lines.touch("content-length");
		return true;
	},
	body({ patch, lines, edit }) {
		if (lines.isTouched("content-length")) return false;
		patch.body(edit.value);
		lines.body = edit.value;
		const [at] = lines.named("content-length");
		if (at === undefined) lines.below(lines.count, `Content-Length: ${edit.value.length}\r\n`);
		else lines.setValue(at, String(edit.value.length));
		lines.touch("content-length");
		return true;
	},
	requestUri({ patch, lines }) {
		if (patch.message.kind !== "request") return false;
		patch.requestUri(URI);
		lines.startLine = `${patch.message.method} ${URI} SIP/2.0`.replace(
			"SIP/2.0",
			patch.message.text.slice(patch.message.uriEnd + 1, patch.message.text.indexOf("\r\n")),
		);
		return true;
	},
} satisfies Record<string, Op>;

function pushed(
	{ patch, lines }: Step,
	name: string,
	spelling: string,
	push: (patch: Patch, value: string) => Patch,
): boolean {
	push(patch, ROUTE);
	const [first] = lines.named(name);
	if (first !== undefined) lines.above(first, `${spelling}: ${ROUTE}\r\n`);
	else lines.above((lines.named("via")[0] ?? -1) + 1, `${spelling}: ${ROUTE}\r\n`);
	return true;
}

function headerOf({ name, value }: Edit): string {
	return `${name}: ${value}\r\n`;
}

function readOr<Result>(otherwise: Result, read: () => Result): Result {
	try {
		return read();
	} catch (error) {
		if (error instanceof ParseError) return otherwise;
		throw error;
	}
}

/** A message is none without them. */
const REQUIRED = ["via", "from", "to", "call-id", "cseq", "content-length", "max-forwards"];
/** Optional everywhere, in lower case: the spelling is that of `set`. */
const NAMES = ["subject", "user-agent", "x-unknown", "supported", "warning", "reason", "identity", "expires", "www-authenticate", "x-new", "p-asserted-identity"]; // biome-ignore format: a table
const VALUES = ["", "1", "a, b", "<sip:a@h>", '"q, \\" "', "x y"];
const LISTS = ["contact", "route", "record-route", "supported", "allow", "path", "require", "warning", "reason", "p-asserted-identity"]; // biome-ignore format: a table
const VIA = "SIP/2.0/UDP proxy.example.com:5060;branch=z9hG4bKours";
const ROUTE = "<sip:proxy.example.com;lr>";
const URI = "sips:new@example.com;transport=tcp";
