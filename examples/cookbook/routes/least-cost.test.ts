import { configured, equal } from "sipwright/test";

const test = configured({
	routes: "./least-cost.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		berlin: { type: "Trunk", contact: "sip:192.0.2.91" },
		vienna: { type: "Trunk", contact: "sip:192.0.2.92" },
		world: { type: "Trunk", contact: "sip:192.0.2.93" },
	},
});

test("the longest prefix says who is cheapest", ({ phone, decisions }) => {
	for (const number of ["+4930123", "+431234", "+43660123", "+1555"]) phone("5000").invite(number);
	equal(
		decisions.map(({ targets }) => targets.join(" ")),
		["berlin vienna", "vienna berlin", "berlin", "world berlin"],
	);
});

test("503 and silence lead to the next, and a busy callee is busy", ({ phone, wait }) => {
	const call = phone("5000").invite("+431234");
	phone("vienna").receive("INVITE").reply(503);
	phone("berlin").receive("INVITE").reply(486);
	call.expect(486);

	const silent = phone("5000").invite("+4930123");
	phone("berlin").receive("INVITE");
	wait(7);
	phone("vienna").receive("INVITE").reply(200);
	silent.expect(200);
});

test("numbers of the house stay in the house", ({ phone }) => {
	phone("5000").invite("5000");
	phone("5000").receive("INVITE");
});
