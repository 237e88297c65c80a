import { configured, equal } from "sipwright/test";

const test = configured({
	routes: "./numbers.ts",
	devices: {
		"+49305000": { type: "Extension", contact: "*" },
		"+49305001": { type: "Extension", contact: "*" },
		carrier: { type: "Trunk", prefix: "+", contact: "sip:192.0.2.91" },
	},
});

test("5001, 030 5001 and +49305001 are one phone", ({ phone, decisions }) => {
	for (const dialled of ["5001", "0305001", "0049305001", "+49305001", "(030) 50-01"])
		phone("+49305000").invite(dialled);
	equal(
		decisions.map(({ text }) => text),
		Array(5).fill("relay +49305001"),
	);
});

test("the carrier gets E.164", ({ phone }) => {
	phone("+49305000").invite("0043 1 23 45");
	equal(phone("carrier").receive("INVITE").uri, "sip:+4312345@192.0.2.91");
});

test("a name is no number", ({ phone }) => {
	phone("+49305000").invite("alice").expect(404);
});
