/**
 * The messages of a test as a ladder: one column for each party, one line for each message, and what
 * the script decided between them.
 *
 *      ms   1001          sipwright     berlin
 *       0   │────────────>│             │            INVITE sip:9123@127.0.0.1:5060
 *           │             ·             │            onRequest: relay berlin
 *       0   │             │────────────>│            INVITE sip:9123@192.0.2.9
 */

export type Step =
	| {
			readonly kind: "message";
			readonly at: number;
			readonly from: string;
			readonly to: string;
			readonly text: string;
	  }
	/** Something that the proxy did. */
	| { readonly kind: "note"; readonly at: number; readonly text: string };

/** The proxy's column. */
export const PROXY = "sipwright";

const COLUMN_MIN = 13;
const TIME_WIDTH = 8;
/** Beyond this many the middle is left out: a test that failed shows how it began and how it ended. */
const STEPS_MAX = 120;

export function drawLadder(steps: readonly Step[]): string {
	if (steps.length === 0) return "nothing was sent";
	const parties = partiesOf(steps);
	const width = Math.max(COLUMN_MIN, ...parties.map((name) => name.length + 2));
	const head = `${"ms".padStart(TIME_WIDTH)}   ${parties.map((name) => name.padEnd(width)).join("")}`;
	return [head.trimEnd(), ...shown(steps, (step) => line(step, parties, width))].join("\n");
}

function shown(steps: readonly Step[], draw: (step: Step) => string): readonly string[] {
	const left = steps.length - STEPS_MAX;
	if (left <= 0) return steps.map(draw);
	const half = STEPS_MAX / 2;
	const between = `${"".padStart(TIME_WIDTH)}   … ${left} more …`;
	return [...steps.slice(0, half).map(draw), between, ...steps.slice(-half).map(draw)];
}

/** In the order in which they appear; the proxy stands second. */
function partiesOf(steps: readonly Step[]): readonly string[] {
	const names = new Set<string>();
	for (const step of steps)
		if (step.kind === "message")
			for (const name of [step.from, step.to]) if (name !== PROXY) names.add(name);
	const [first = [], ...others] = names;
	return [first, PROXY, ...others].flat();
}

function line(step: Step, parties: readonly string[], width: number): string {
	const own = parties.indexOf(PROXY);
	const ends =
		step.kind === "note" ? [own, own] : [step.from, step.to].map((name) => parties.indexOf(name));
	const [from = own, to = own] = ends;
	const [left, right] = [Math.min(from, to), Math.max(from, to)];
	const columns = parties.map((_, index) => {
		const mark = step.kind === "note" && index === own ? "·" : "│";
		return `${mark}${fill(index, { left, right, toRight: to > from }, width - 1)}`;
	});
	const time = step.kind === "note" ? "" : String(Math.round(step.at));
	return `${time.padStart(TIME_WIDTH)}   ${columns.join("")}${step.text}`;
}

type Arrow = { readonly left: number; readonly right: number; readonly toRight: boolean };

/** What stands between a column and the next. */
function fill(index: number, { left, right, toRight }: Arrow, width: number): string {
	if (index < left || index >= right) return " ".repeat(width);
	const head = toRight ? index === right - 1 : index === left;
	if (!head) return "─".repeat(width);
	return toRight ? `${"─".repeat(width - 1)}>` : `<${"─".repeat(width - 1)}`;
}
