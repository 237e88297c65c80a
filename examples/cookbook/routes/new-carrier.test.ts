import { configured, equal, ok } from "sipwright/test";

const test = configured({
	routes: "./new-carrier.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"old-carrier": { type: "Trunk", contact: "sip:192.0.2.91" },
		"new-carrier": { type: "Trunk", contact: "sip:192.0.2.92" },
	},
});

test("some calls go to the new carrier first, most to the old one", ({ phone, decisions }) => {
	const caller = phone("5000");
	for (let call = 0; call < 400; call += 1) caller.invite("9123").cancel();
	const young = decisions.filter(({ targets }) => targets[0] === "new-carrier").length;
	ok(young > 4 && young < 60, `${young} of 400`);
});

test("when the new one fails the old one gets the call", ({ phone, decisions }) => {
	phone("new-carrier").reachable = false;
	const caller = phone("5000");
	for (let call = 0; call < 60; call += 1) caller.invite("9123");
	ok(decisions.some(({ targets }) => targets[0] === "new-carrier"));
	equal(phone("old-carrier").received.filter(({ method }) => method === "INVITE").length, 60);
});
