import { configured, equal, match } from "sipwright/test";

const test = configured({
	routes: "./privacy.ts",
	domains: ["example.com"],
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"5001": { type: "Extension", contact: "*" },
		carrier: { type: "Trunk", prefix: "9", contact: "sip:192.0.2.91" },
	},
});

const headers = { "User-Agent": "Desk 3.1", "X-Room": "204", Subject: "the merger" };

test("a call that leaves says nothing of the house", ({ phone }) => {
	phone("5000").invite("9123", { headers });
	const invite = phone("carrier").receive("INVITE");
	for (const name of Object.keys(headers)) equal(invite.values(name), []);
	equal(invite.value("P-Asserted-Identity"), "<sip:+49301000@example.com>");
});

test("a call within the house is left as it is", ({ phone }) => {
	phone("5000").invite("5001", { headers });
	const invite = phone("5001").receive("INVITE");
	equal(invite.value("X-Room"), "204");
	match(invite.value("Subject"), /merger/);
});
