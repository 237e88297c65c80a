import { configured, equal } from "sipwright/test";

const test = configured({
	routes: "./emergency.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"psap-east": { type: "Trunk", contact: "sip:192.0.2.95" },
		"psap-west": { type: "Trunk", contact: "sip:192.0.2.96" },
	},
});

test("anybody reaches the gateway, without a challenge", ({ phone }) => {
	for (const name of ["5000", "a stranger"]) {
		const call = phone(name).invite("112");
		const invite = phone("psap-east").receive("INVITE");
		equal(invite.value("Priority"), "emergency");
		invite.reply(200);
		call.expect(200);
	}
	phone("a stranger").invite("5000").expect(407);
});

test("a gateway that says nothing for four seconds is left for the other", ({ phone, wait }) => {
	const call = phone("5000").invite("112");
	phone("psap-east").receive("INVITE");
	wait(4.5);
	phone("psap-west").receive("INVITE").reply(200);
	call.expect(200);
});

test("both gateways ring out: the caller is told so", ({ phone }) => {
	const call = phone("5000").invite("911");
	phone("psap-east").receive("INVITE").reply(503);
	phone("psap-west").receive("INVITE").reply(503);
	call.expect(500);
});
