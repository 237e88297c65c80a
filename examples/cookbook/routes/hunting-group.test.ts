import { configured, ok } from "sipwright/test";

const test = configured({
	routes: "./hunting-group.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"5001": { type: "Extension", contact: "*" },
		"5002": { type: "Extension", contact: "*" },
		"6000": { type: "Extension", contact: "*" },
	},
});

test("those with the highest q ring together, the others fifteen seconds later", ({
	phone,
	wait,
}) => {
	phone("5002").register({ q: 0.3 }).expect(200);
	const call = phone("6000").invite("7000");
	const first = [phone("5000").receive("INVITE"), phone("5001").receive("INVITE")];
	for (const one of first) one.reply(180);
	wait(14);
	phone("5002").receiveNothing();
	wait(2);
	ok(first.every(({ cancelled }) => cancelled));
	phone("5002").receive("INVITE").reply(200);
	call.expect(200);
});

test("busy is no reason to stop, and the first to answer has the call", ({ phone }) => {
	const call = phone("6000").invite("7000");
	phone("5000").receive("INVITE").reply(486);
	const other = phone("5002").receive("INVITE");
	other.reply(180);
	phone("5001").receive("INVITE").reply(200);
	call.expect(200);
	ok(other.cancelled);
});
