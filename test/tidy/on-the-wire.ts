/** Writes docs/reference/on-the-wire.md from the engine itself: `node test/tidy/on-the-wire.ts`. */
import { writeFileSync } from "node:fs";
import type { Config } from "../../core/config/config.ts";
import { LEG_RULES } from "../../core/leg/lint-rules.ts";
import type { WireMessage } from "../support/wire-message.ts";
import {
	CALLEES,
	CALLERS,
	type Call,
	type Callee,
	type Caller,
	call,
	configOf,
} from "./wire-calls.ts";

export const PAGE = "docs/reference/on-the-wire.md";

export async function onTheWire(): Promise<string> {
	const [policies, anchors] = [await configured(POLICIES), await configured(ANCHORS)];
	return [
		"# On the wire",
		INTRODUCTION,
		...policies.map(([one, config]) => overview(one, config)),
		...policies.map(([one, config]) => inFull(one, config, CALLERS, CALLEES)),
		...anchors.map(([one, config]) => inFull(one, config, SOME_CALLERS, SOME_CALLEES)),
		RULES,
		rules(),
	].join("\n\n");
}

const INTRODUCTION = `<!-- Made by test/tidy/on-the-wire.ts: every call here is made on the engine. -->

A call has two legs. Each has one scheme, \`sip\` or \`sips\`, for its whole life, and a transport of its
own; \`sips\` goes over TLS or secure WebSocket only. The tables show a call for every pair of callers
and devices: the proxy is 10.0.0.1, the caller \`a\` is at 10.0.0.2, the devices 1 to 8 are at 10.0.0.3.
4 and 5 register themselves over TLS, 4 with a \`sip\` Contact and 5 with a \`sips\` Contact. \`C\` stands
for our signed cookie, \`E\` for a signed entry in a Contact.`;

async function configured(sections: readonly Section[]) {
	return Promise.all(sections.map(async (one) => [one, await configOf(one.settings)] as const));
}

type Section = { readonly settings: string; readonly says: string };

const POLICIES: readonly Section[] = [
	{
		settings: "policy: genesys",
		says: `The default. Request-URI, From, To, Contact and our Record-Route take the scheme of the leg that a
message is sent to; the way back restores them. Any caller reaches any device.`,
	},
	{
		settings: "policy: rfc5630",
		says: `RFC 5630 §5.3 to the letter. Nothing is rewritten: both legs have the scheme of the Request-URI, a
\`sip\` call to a \`sips\` device is \`sip\` over TLS, and a \`sips\` call to a \`sip\` device is refused.`,
	},
];

const ANCHORS: readonly Section[] = [
	{
		settings: "contact: anchor",
		says: `Our own address stands in the place of the other side's Contact, which rides in it signed. Some of
the calls above.`,
	},
	{
		settings: "contact: anchor, record-route: no",
		says: "As above, and no Record-Route of ours: the Contact alone brings later requests here.",
	},
];

const SOME_CALLERS = CALLERS.filter(({ name }) => /^sip over UDP|^sips/.test(name));
const SOME_CALLEES = CALLEES.filter(({ number }) => ["1", "5", "6"].includes(number));

/** Scheme and transport of the callee's leg, or the status. */
function overview({ settings, says }: Section, config: Config): string {
	const rows = CALLERS.map((caller) => {
		const cells = CALLEES.map((callee) => outcome(call(config, caller, callee)));
		return row(caller.name, ...cells);
	});
	return [
		`## ${settings}`,
		says,
		[...table("The caller speaks ↓, the device is →", ...CALLEES.map(nameOf)), ...rows].join("\n"),
	].join("\n\n");
}

function outcome(made: Call): string {
	if (made.kind === "refused") return refusal(made.answer);
	const scheme = made.invite.uri.split(":")[0];
	return `${scheme} over ${protocolOf(made.invite)}`;
}

function protocolOf({ vias }: WireMessage): string {
	return /^SIP\/2\.0\/(\w+)/.exec(vias[0] ?? "")?.[1] ?? "";
}

function refusal(answer: WireMessage): string {
	const warning = answer.value("Warning");
	return `${answer.status}${warning === "" ? "" : `, ${code(`Warning: ${warning}`)}`}`;
}

function inFull(
	{ settings, says }: Section,
	config: Config,
	callers: readonly Caller[],
	callees: readonly Callee[],
): string {
	const parts = callers.map((caller) => {
		const rows = callees.map((callee) => wholeRow(callee, call(config, caller, callee)));
		return [`### ${settings}: ${caller.name}`, said(caller), [...HEADS, ...rows].join("\n")];
	});
	const intro = POLICIES.some((one) => one.settings === settings) ? WHAT : says;
	return [`## Every header, ${settings}`, intro, ...parts.flat()].join("\n\n");
}

const WHAT = `The INVITE as the device gets it, and the 200 as the caller gets it. From and To of the 200 are those
of the INVITE that the caller sent. Of the Via lines only the top one is shown, without parameters.`;

function said({ scheme, contact }: Caller): string {
	return `From ${code(`<${scheme}:a@10.0.0.1>`)}, To ${code(`<${scheme}:N@10.0.0.1>`)}, Contact ${code(contact)}.`;
}

const HEADS = table(
	...["Device", "Request-URI", "From", "To", "Contact", "Via", "Record-Route"],
	...["200: Contact", "200: Record-Route"],
);

function wholeRow(callee: Callee, made: Call): string {
	const name = nameOf(callee);
	if (made.kind === "refused") return row(name, refusal(made.answer), ...Array(7).fill(""));
	const { invite, ok } = made;
	return row(
		name,
		code(invite.uri),
		address(invite, "From"),
		address(invite, "To"),
		address(invite, "Contact"),
		code((invite.vias[0] ?? "").replace(/;.*/, "")),
		routes(invite),
		address(ok, "Contact"),
		routes(ok),
	);
}

function address(message: WireMessage, name: string): string {
	return code(message.value(name).replace(/;tag=.*/, ""));
}

function routes({ recordRoutes }: WireMessage): string {
	return recordRoutes.map(code).join("<br>");
}

function nameOf({ number, contact, registers }: Callee): string {
	return registers === undefined
		? `${number} ${code(contact)}`
		: `${number} ${code("*")} ${registers.startsWith("<sips:") ? "sips" : "sip"}`;
}

function code(text: string): string {
	return `\`${text.replace(/x5=[\w-]+/, "x5=C").replace(/x5c=[\w-]+/, "x5c=E")}\``;
}

function table(...heads: readonly string[]): string[] {
	return [row(...heads), `|${"---|".repeat(heads.length)}`];
}

function row(...cells: readonly string[]): string {
	return `| ${cells.join(" | ")} |`;
}

const RULES = `## Rules

What every message of a call keeps to on the leg that it goes out on. With \`lint: on\` in
[\`secure-signaling\`](config.md#secure-signaling), for all or for one device, each such message is read
again before it leaves. \`sipwright status\` then shows \`legMessagesChecked\`, and what broke a rule as
\`legViolations\` and \`legViolations.RULE\`; the log has each at debug as \`leg.violation\`, with rule,
header, value, peer, device and Call-ID. Nothing is held back. The tests run with it, and fail on any.

It looks at what is forwarded. CANCEL, and the ACK for a failure, are made of the INVITE that was looked
at, and our own answers of what the caller sent. Where \`policy\` is \`rfc5630\` nothing is rewritten:
From, To and Contact are then the peers' own.`;

function rules(): string {
	const rows = Object.entries(LEG_RULES).map(([name, { says, source }]) =>
		row(`\`${name}\``, says, source),
	);
	return [...table("Rule", "Says", "Source"), ...rows].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, `${await onTheWire()}\n`);
