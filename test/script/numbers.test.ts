/** Numbers in scripts: what was dialled becomes E.164, prefixes come and go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "./evaluate.ts";

/** Dialled, and what it is. */
type Dialled = Readonly<Record<string, string>>;

const BERLIN: Dialled = {
	"+49301234": "+49301234",
	"0049301234": "+49301234",
	"0301234": "+49301234",
	"1234": "+49301234",
	"(030) 12-34": "+49301234",
	"030.12 34": "+49301234",
	"+49 (0) 30 1234": "+49301234",
	"tel:+49-30-1234": "+49301234",
	"TEL:+1-201-555-0123;isub=12": "+12015550123",
	"0171 1234567": "+491711234567",
	"+43 1 2345": "+4312345",
};

const NO_NUMBERS = [
	...["alice", "", "+", "00", "+0301234", "*21#", "12a4", "+49 30 1234 5678 9012 34"],
	...["1234;phone-context=+4930", "tel:1234;phone-context=example.com", "++4930", "4+9"],
];

test("RFC 3966 §5.1.1, §5.1.4: whatever way a number is dialled or written it has one E.164 form", async (t) => {
	const plan = JSON.stringify({ country: "49", area: "30" });
	const numbers = JSON.stringify([...Object.keys(BERLIN), ...NO_NUMBERS]);
	const found = await evaluate(t, `${numbers}.map((one) => e164(one, ${plan}) ?? null)`);
	assert.deepEqual(found, [...Object.values(BERLIN), ...NO_NUMBERS.map(() => null)]);
});

test("numbers: prefixes are those of the plan, and without an area code a local number is none", async (t) => {
	const cases = [
		['"12125550123"', '{ country: "+1", international: "011", national: "1", area: "" }'],
		['"2125550123"', '{ country: "1", international: "011", national: "1", area: "" }'],
		['"011493012"', '{ country: "1", international: "011", national: "1" }'],
		['"0612345678"', '{ country: "39", national: "" }'],
		['"301234"', '{ country: "49" }'],
		["undefined", '{ country: "49" }'],
	];
	const calls = cases.map(([number, plan]) => `e164(${number}, ${plan}) ?? null`);
	assert.deepEqual(await evaluate(t, `[${calls.join(", ")}]`), [
		...["+12125550123", "+12125550123", "+493012", "+390612345678"],
		...[null, null],
	]);
});

test("numbers: a plan that is none throws where it stands", async (t) => {
	for (const [plan, message] of [
		["{}", "TypeError: e164(): undefined is no country code"],
		['{ country: "049" }', "TypeError: e164(): 049 is no country code"],
		['{ country: "49", national: "O" }', "TypeError: e164(): national is digits, not O"],
		["undefined", "TypeError: e164() takes a number and a plan"],
	])
		assert.match(String(await evaluate(t, `e164("1", ${plan})`)), starting(message ?? ""));
});

test("numbers: prefixes are stripped, added and replaced as texts", async (t) => {
	const calls = [
		...['stripPrefix("9123", "9")', 'stripPrefix("8123", "9")', 'stripPrefix("+49", "+")'],
		...['addPrefix("123", "9")', 'addPrefix("9123", "9")'],
		...['replacePrefix("+49301", "+49", "0")', 'replacePrefix("+43301", "+49", "0")'],
	];
	const expected = ["123", "8123", "49", "9123", "99123", "0301", "+43301"];
	assert.deepEqual(await evaluate(t, `[${calls.join(", ")}]`), expected);
	const zeros = await evaluate(t, "stripPrefix(9123, 9)");
	assert.equal(zeros, 'TypeError: a number is a text, "0123", not 9123');
});

function starting(text: string): RegExp {
	return new RegExp(`^${text.replaceAll(/[()]/g, "\\$&")}`);
}
