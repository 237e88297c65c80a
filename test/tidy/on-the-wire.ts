/** Writes docs/reference/on-the-wire.md from the engine itself: `node test/tidy/on-the-wire.ts`. */
import { writeFileSync } from "node:fs";
import { LEG_RULES } from "../../core/leg/lint-rules.ts";

export const PAGE = "docs/reference/on-the-wire.md";

export function onTheWire(): string {
	return ["# On the wire", INTRODUCTION, RULES, rules()].join("\n\n");
}

const INTRODUCTION = `<!-- Made by test/tidy/on-the-wire.ts. -->

A call has two legs, and each has one scheme, \`sip\` or \`sips\`, for its whole life.`;

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
	const rows = Object.entries(LEG_RULES).map(
		([name, { says, source }]) => `| \`${name}\` | ${says} | ${source} |`,
	);
	return ["| Rule | Says | Source |", "|---|---|---|", ...rows].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, `${onTheWire()}\n`);
